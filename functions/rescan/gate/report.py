"""What one run of the workflow came to, and what follows from the answer alone."""

from datetime import datetime
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.allowlist_expiry import AllowlistExpiry, SuppressedFindings
from rescan.gate.blocking_findings import BlockingFinding, blocking_findings, told_once
from rescan.gate.evaluation import Evaluation
from rescan.gate.model import Outcome, Step, Trigger, VulnerabilityList
from rescan.gate.vulnerability_index import VulnerabilityIndex
from rescan.kernel.errors import AnchoreError
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.team import UNROUTED


class Scan(Struct, frozen=True):
    """A scan of Anchore's that listed vulnerabilities: when, and the full name of the tag."""

    at: datetime
    tag: str


class Report(Struct, frozen=True, dict=True):
    """The result of the workflow for one image.

    `image_digest`, `vulnerabilities` and `final_action` are the workflow's three outputs;
    `final_action` is set only when it is a verdict. `reason` is one sentence for a person;
    `notes` are further ones (a superseded push, an unverified tag). `team` owns the image. `cause`
    is why there is no verdict, `failed_step` where; both are None when there is one. `vtype` is the
    kind of vulnerabilities that were asked for. `feeds` is the version of the feeds behind a forced
    refresh that was answered; None: there was none, or the version is not known. `plainly_read`: no
    refresh was forced; `scanned`: one was, and was answered. `scans` are the last ones, of
    whatever image, that listed any; None: not known, or not asked for. `parent_digest` is that of
    the index that the image was found through. `current_digest` is what the tag is on, when it has
    moved on from this image.

    An image of several platforms has a report for each in `platforms`, that of the newest record
    first. Each of those has its `platform`; `error` is what ended it, and `needed` says whether the
    image has no verdict without it.
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
    scanned: bool = False
    scans: tuple[Scan, ...] | None = None
    parent_digest: Digest | None = None
    current_digest: Digest | None = None
    platform: str | None = None
    error: AnchoreError | None = None
    needed: bool = True
    platforms: "tuple[Report, ...]" = ()

    @property
    def each(self) -> "tuple[Report, ...]":
        """The report on each platform; of an image that has one, this report."""
        return self.platforms or (self,)

    @property
    def digests(self) -> tuple[Digest, ...]:
        """Those by which an inventory or a push may call the image: its index's, its platforms'.

        None when no image was found.
        """
        every = (self.parent_digest, *(one.image_digest for one in self.each))
        return tuple(dict.fromkeys(digest for digest in every if digest))

    @property
    def unevaluated(self) -> "tuple[Report, ...]":
        """The platforms whose verdict is missing."""
        return tuple(p for p in self.platforms if p.needed and not p.outcome.is_verdict)

    @property
    def first_error(self) -> AnchoreError | None:
        """What ended one of several platforms; None when nothing did."""
        return next((each.error for each in self.platforms if each.error is not None), None)

    @property
    def unfinished(self) -> bool:
        """Whether that passes by itself for one of them: the work is worth repeating."""
        return any(
            each.outcome is Outcome.PENDING or (each.error is not None and each.error.fate.passes)
            for each in self.unevaluated
        )

    def condensed(self) -> "Report":
        """The same, without the rows of the list: what follows from them is kept."""
        if self.vulnerabilities is None:
            return self
        kept = self.blocking, self.suppressed
        short = replace(self, vulnerabilities=self.vulnerabilities.counted())
        short.__dict__["blocking"], short.__dict__["suppressed"] = kept
        return short

    @property
    def lists_nothing(self) -> bool:
        """Whether the list was read and is empty; it also is after a scan that failed."""
        return self.vulnerabilities is not None and not self.vulnerabilities.rows

    @property
    def lists_some(self) -> bool:
        """Whether the list was read and has rows."""
        return self.vulnerabilities is not None and not self.lists_nothing

    @property
    def shows_a_scan(self) -> bool:
        """Whether a scan listed vulnerabilities of a platform: Anchore's scanner works."""
        return any(each.scanned and each.lists_some for each in self.each)

    @cached_property
    def blocking(self) -> tuple[BlockingFinding, ...]:
        """The findings that stop the image, worst first; one of several platforms is told once."""
        if self.platforms:
            stops = (each for each in self.platforms if each.outcome is Outcome.STOP)
            return told_once((each.platform or "", each.blocking) for each in stops)
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
        return self.suppressed.as_of(now)

    @cached_property
    def _index(self) -> VulnerabilityIndex:
        return VulnerabilityIndex(self.vulnerabilities.rows if self.vulnerabilities else ())

    @cached_property
    def suppressed(self) -> SuppressedFindings:
        """The findings that allowlists hold back for a while."""
        if self.platforms:
            each = ((p.platform or "", p.suppressed) for p in self.platforms)
            return SuppressedFindings.together(each)
        evaluation = self.evaluation
        if evaluation is None or evaluation.is_allowlisted or not self.outcome.is_verdict:
            return SuppressedFindings()
        return SuppressedFindings.of(evaluation.allowlisted, self._index)
