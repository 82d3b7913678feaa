"""What one run of the workflow came to, and what follows from the answer alone."""

from datetime import datetime
from functools import cached_property

from msgspec import Struct

from rescan.gate.allowlist_expiry import AllowlistExpiry, SuppressedFindings
from rescan.gate.blocking_findings import BlockingFinding, blocking_findings
from rescan.gate.evaluation import Evaluation
from rescan.gate.model import Outcome, Step, Trigger, VulnerabilityList
from rescan.gate.vulnerability_index import VulnerabilityIndex
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.team import UNROUTED


class Report(Struct, frozen=True, dict=True):
    """The result of the workflow for one image.

    `image_digest`, `vulnerabilities` and `final_action` are the workflow's three outputs;
    `final_action` is set only when it is a verdict. `reason` is one sentence for a person;
    `notes` are further ones (a superseded push, an unverified tag). `team` owns the image. `cause`
    is why there is no verdict, `failed_step` where; both are None when there is one. `vtype` is the
    kind of vulnerabilities that were asked for. `feeds` is the version of the feeds behind a forced
    refresh that was answered; None: there was none, or the version is not known. `plainly_read`: no
    refresh was forced. `parent_digest` is that of the index that the image is one platform of.
    `current_digest` is what the tag is on, when it has moved on from this image.
    """

    tag: ImageTag
    trigger: Trigger
    outcome: Outcome
    reason: str
    image_digest: Digest | None = None
    vulnerabilities: VulnerabilityList | None = None
    vulnerabilities_problem: str | None = None
    final_action: str | None = None
    policy_id: str | None = None
    evaluation: Evaluation | None = None
    notes: tuple[str, ...] = ()
    team: str = UNROUTED
    cause: FailureCause | None = None
    failed_step: Step | None = None
    vtype: str = "all"
    feeds: str | None = None
    plainly_read: bool = False
    parent_digest: Digest | None = None
    current_digest: Digest | None = None

    @property
    def digests(self) -> tuple[Digest, ...]:
        """Those by which an inventory may call the image; none when no image was found."""
        every = (self.image_digest, self.parent_digest)
        return tuple(dict.fromkeys(digest for digest in every if digest))

    @property
    def lists_nothing(self) -> bool:
        """Whether the list was read and is empty; it also is after a scan that failed."""
        return self.vulnerabilities is not None and not self.vulnerabilities.rows

    @cached_property
    def blocking(self) -> tuple[BlockingFinding, ...]:
        """The findings that stop the image, worst first."""
        if (evaluation := self.evaluation) is None:
            return ()
        return blocking_findings(evaluation.findings, self._index, evaluation.rule_sets)

    @property
    def policy_name(self) -> str | None:
        """What people call the policy; None when the answer does not say."""
        return self.evaluation.policy_name if self.evaluation else None

    def expiry(self, now: datetime) -> AllowlistExpiry:
        """What will stop the image once items of allowlists end, as of `now`.

        Empty without a verdict, and for an image that is itself allowlisted: that has no end.
        """
        return self._suppressed.as_of(now)

    @cached_property
    def _index(self) -> VulnerabilityIndex:
        return VulnerabilityIndex(self.vulnerabilities.rows if self.vulnerabilities else ())

    @cached_property
    def _suppressed(self) -> SuppressedFindings:
        evaluation = self.evaluation
        if evaluation is None or evaluation.is_allowlisted or not self.outcome.is_verdict:
            return SuppressedFindings()
        return SuppressedFindings.of(evaluation.allowlisted, self._index)
