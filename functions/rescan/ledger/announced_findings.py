"""Which findings were reported to stop an image, and which of the current ones are new. Pure."""

from collections.abc import Mapping

from msgspec import Struct

from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Severity
from rescan.gate.report import Report
from rescan.ledger.changes import Change, ChangedFinding

Severities = Mapping[FindingKey, Severity | None]


class AnnouncedFindings(Struct, frozen=True):
    """The findings that were reported to stop the image, with the worst severity reported.

    Severity None: never known. A `total` above their number says that the least severe were
    not kept.
    """

    findings: Severities = {}
    total: int = 0

    def worst(self, most: int) -> "AnnouncedFindings":
        """The same, cut to the worst so many."""
        order = sorted(self.findings.items(), key=lambda item: (-(item[1] or 0), item[0]))
        return AnnouncedFindings(dict(order[:most]), self.total)

    def new_in(self, current: Severities) -> tuple[ChangedFinding, ...]:
        """The current ones that are unknown, or of a severity above the reported one, worst first.

        One that was reported before comes with the severity that it had.
        """
        found = (self._new(key, severity) for key, severity in current.items())
        new = [finding for finding in found if finding is not None]
        return tuple(sorted(new, key=lambda finding: (-(finding.severity or 0), finding.key)))

    def followed_by(self, current: Severities, *, is_whole: bool) -> "AnnouncedFindings":
        """The findings that readers will know of, each with the worst severity reported.

        Where the answer's findings were not read as a whole, those that are missing may be there.
        """
        known = {} if is_whole else dict(self.findings)
        for key, severity in current.items():
            severities = (severity, self.findings.get(key))
            known[key] = max((s for s in severities if s is not None), default=None)
        return AnnouncedFindings(known, len(known))

    def _new(self, key: FindingKey, severity: Severity | None) -> ChangedFinding | None:
        if key not in self.findings:
            may_be_known = self._may_have_been_cut(severity)
            return None if may_be_known else ChangedFinding(key, severity, Change.ADDED)
        before = self.findings[key]
        if before is None or severity is None or severity <= before:
            return None
        return ChangedFinding(key, severity, Change.SEVERITY_RAISED, before)

    def _may_have_been_cut(self, severity: Severity | None) -> bool:
        if self.total <= len(self.findings):
            return False
        least = min((s or Severity.UNKNOWN for s in self.findings.values()), default=None)
        return least is None or (severity or Severity.UNKNOWN) <= least


def blocking_severities(report: Report) -> Severities:
    """What stops the image; a denylist or a problem that does is known like a finding."""
    found: dict[FindingKey, Severity | None] = {}
    for finding in report.blocking:
        known = (found.get(finding.key), finding.known_severity)
        found[finding.key] = max((s for s in known if s is not None), default=None)
    evaluation = report.evaluation
    if evaluation is not None and evaluation.is_denylisted:
        found[FindingKey("", "image", "denylist", "denylisted")] = None
    for problem in evaluation.errors if evaluation else ():
        found[FindingKey("", "image", "evaluation_problem", problem.problem_type)] = None
    return found
