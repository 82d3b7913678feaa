"""The workflow's view of Anchore: one dialect over one transport, under one deadline."""

from dataclasses import dataclass, replace
from datetime import datetime

from rescan.anchore.dialect import Dialect
from rescan.anchore.transport import Transport
from rescan.gate.evaluation import Evaluation
from rescan.gate.model import ImageRecord, VulnerabilityList
from rescan.kernel.deadline import Deadline
from rescan.kernel.image_tag import Digest, ImageTag


@dataclass(frozen=True)
class AnchoreClient:
    """Implements `workflow.Anchore`; each request but the last may use half of the time left."""

    transport: Transport
    dialect: Dialect
    deadline: Deadline

    def active_images(self, tag: ImageTag) -> list[ImageRecord]:
        """The active images that Anchore lists for the tag."""
        return self.transport.ask(
            self.dialect.images(tag), self.dialect.read_images, self.deadline.half()
        )

    def tag_history(self, tag: ImageTag) -> list[ImageRecord]:
        """The active images that bear the tag or ever bore it."""
        query = self.dialect.images(tag, history=True)
        return self.transport.ask(query, self.dialect.read_images, self.deadline.half())

    def share(self, number: int) -> "AnchoreClient":
        """The same, with the time of the first of so many that share what is left."""
        return replace(self, deadline=self.deadline.share(number))

    def refreshed_vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        """The list after a forced scan, which is requested only once."""
        return self._vulnerabilities(digest, vtype, forced=True)

    def vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        """The list as it stands."""
        return self._vulnerabilities(digest, vtype, forced=False)

    def evaluate(self, digest: Digest, tag: ImageTag, policy_id: str | None) -> Evaluation | None:
        """A new evaluation of the policy."""
        query = self.dialect.check(digest, tag, policy_id)
        return self.transport.ask(query, self.dialect.read_check, self.deadline)

    def submit(
        self, tag: ImageTag, digest: Digest | None = None, since: datetime | None = None
    ) -> None:
        """Submit an image that Anchore does not know; by its digest, with when it was there."""
        query = self.dialect.submission(tag, digest, since)
        self.transport.ask(query, lambda body: None, self.deadline)

    def _vulnerabilities(self, digest: Digest, vtype: str, *, forced: bool) -> VulnerabilityList:
        return self.transport.ask(
            self.dialect.vulnerabilities(digest, vtype, forced=forced),
            lambda body: self.dialect.read_vulnerabilities(body, digest),
            self.deadline.half(),
        )
