"""One image at Anchore, which answers as it is told to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Raw, json

from rescan.gate.evaluation import Evaluation
from rescan.gate.model import DetectedTag, ImageRecord, Severity, Vulnerability, VulnerabilityList
from rescan.kernel import errors
from rescan.kernel.clock import Clock
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.notice.times import rfc3339
from tests.support.anchore_answers import WHERE
from tests.support.entries import NEW, OLD, finding
from tests.support.one_platform import OnePlatform

STATUSES = ("analyzing", "analysis_failed")
ERRORS = {
    "down": errors.AnchoreUnreachable("no connection", **WHERE),
    "forbidden": errors.AnchoreForbidden("HTTP 403", **WHERE),
}


@dataclass(frozen=True)
class Evaluated:
    """An evaluation; `findings` are CVEs with the severity that the list says, None: no row.

    A row says whether its CVE is known to be exploited when `exploited` has it.
    """

    action: str
    findings: Mapping[str, str | None] = field(default_factory=dict)
    moved: bool = False
    policy: str = "policy-1"
    findings_unread: bool = False
    rows_unread: bool = False
    exploited: Mapping[str, bool] = field(default_factory=dict)

    @property
    def is_real(self) -> bool:
        """A go or a warn counts on fresh vulnerabilities only."""
        return self.action == "stop" or not self.rows_unread

    def severities(self) -> dict[str, Severity | None]:
        """What there is to say."""
        return {
            cve: None if word is None or self.rows_unread else Severity.parse(word)
            for cve, word in self.findings.items()
        }


# An evaluation, "unknown", one of STATUSES, or one of ERRORS.
Answer = Evaluated | str


class OneImage(OnePlatform):
    """Implements `worker.AnalyzingAnchore`; `cleared` are the moments of every real go and warn."""

    def __init__(self, clock: Clock) -> None:
        self.answer: Answer = "unknown"
        self.asked = 0
        self.cleared: list[str] = []
        self._clock = clock

    def active_images(self, tag: ImageTag) -> list[ImageRecord]:
        self.asked += 1
        if isinstance(self.answer, Evaluated):
            digest = NEW if self.answer.moved else OLD
            return [ImageRecord(digest, (DetectedTag(str(tag)),), analysis_status="analyzed")]
        if self.answer in ERRORS:
            raise ERRORS[self.answer]
        if self.answer == "unknown":
            return []
        return [ImageRecord(OLD, (DetectedTag(str(tag)),), analysis_status=self.answer)]

    def refreshed_vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        said = self._evaluated()
        if said.rows_unread:
            raise errors.AnchoreAnswerUnreadable("HTML", **WHERE)
        rows = [
            Vulnerability(
                vuln=cve,
                severity=severity,
                package_name="lib",
                is_kev=Raw(json.encode(said.exploited.get(cve))),
            )
            for cve, severity in said.findings.items()
            if severity is not None
        ]
        return VulnerabilityList(rows, Raw(b"[]"))

    def vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        raise NotImplementedError

    def evaluate(self, digest: Digest, tag: ImageTag, policy_id: str | None) -> Evaluation:
        said = self._evaluated()
        if said.action != "stop" and said.is_real:
            self.cleared.append(rfc3339(self._clock()))
        return Evaluation(
            image_digest=digest,
            evaluated_tag=str(tag),
            policy_id="p",
            final_action=said.action,
            policy_digest=said.policy,
            mapped_to_rule=True,
            problems=(),
            findings=tuple(map(finding, said.findings)),
            findings_problem="1 finding is not readable" if said.findings_unread else None,
        )

    def submit(
        self, tag: ImageTag, digest: Digest | None = None, since: datetime | None = None
    ) -> None:
        raise NotImplementedError

    def _evaluated(self) -> Evaluated:
        assert isinstance(self.answer, Evaluated)
        return self.answer
