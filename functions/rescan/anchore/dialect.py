"""What a dialect of the API decides: the requests, and how their answers are read.

The `read_*` methods take a body, and raise one of `json_decoding.MALFORMED` when it is another.
"""

from datetime import datetime
from typing import Protocol

from rescan.anchore.transport import Query
from rescan.gate.evaluation import Evaluation
from rescan.gate.model import ImageRecord, VulnerabilityList
from rescan.kernel.image_tag import Digest, ImageTag


class Dialect(Protocol):
    """The operations of the workflow, and submitting an image, as one server speaks them."""

    def images(self, tag: ImageTag, *, history: bool = False) -> Query: ...
    def read_images(self, body: bytearray) -> list[ImageRecord]: ...
    def vulnerabilities(self, digest: Digest, vtype: str, *, forced: bool) -> Query: ...
    def read_vulnerabilities(self, body: bytearray, digest: Digest) -> VulnerabilityList: ...
    def check(self, digest: Digest, tag: ImageTag, policy_id: str | None) -> Query: ...
    def submission(
        self, tag: ImageTag, digest: Digest | None = None, since: datetime | None = None
    ) -> Query: ...
    def read_check(self, body: bytearray) -> Evaluation | None: ...
