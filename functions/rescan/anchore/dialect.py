"""What a dialect of the API decides: where to ask, and how to read what comes back.

The `read_*` methods take a body and raise one of `malformed.MALFORMED` when it is not theirs.
"""

from typing import Protocol

from rescan.anchore.transport import Query
from rescan.evaluation import Evaluation
from rescan.image_tag import Digest, ImageTag
from rescan.model import ImageRecord, VulnerabilityList

__all__ = ["Dialect"]


class Dialect(Protocol):
    """The operations of the workflow, and submitting an image, as one server speaks them."""

    def images(self, tag: ImageTag) -> Query: ...
    def read_images(self, body: bytearray) -> list[ImageRecord]: ...
    def vulnerabilities(self, digest: Digest, vtype: str, *, forced: bool) -> Query: ...
    def read_vulnerabilities(self, body: bytearray, digest: Digest) -> VulnerabilityList: ...
    def check(self, digest: Digest, tag: ImageTag, policy_id: str | None) -> Query: ...
    def submission(self, tag: ImageTag) -> Query: ...
    def read_check(self, body: bytearray) -> Evaluation | None: ...
