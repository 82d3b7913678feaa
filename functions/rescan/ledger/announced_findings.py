"""Which findings were reported to stop an image, and which of the current ones are new. Pure."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Severity
from rescan.gate.report import Report
from rescan.kernel.due_days import EXPLOITED
from rescan.ledger.changes import Change, ChangedFinding

Severities = Mapping[FindingKey, Severity | None]


class Blocking(Struct, frozen=True):
    """What an evaluation says of a finding that stops the image; None: it does not say."""

    severity: Severity | None = None
    exploited: bool | None = None


class Reported(Struct, frozen=True, array_like=True):
    """The day (UTC) on which a finding was first reported, and the one as known to be exploited.

    `exploited` is what was last said of that; None: it was never said. A day of older versions,
    which kept none, is the one on which the STOP began.
    """

    first_day: date
    exploited: bool | None = None
    exploited_day: date | None = None

    def again(self, exploited: bool | None, today: date) -> "Reported":
        """The same after another evaluation: days stay, and so does what it does not say."""
        if exploited is None:
            return self
        day = self.exploited_day or (today if exploited else None)
        return Reported(self.first_day, exploited, day)


class AnnouncedFindings(Struct, frozen=True, dict=True):
    """The findings that were reported to stop the image, with the worst severity reported.

    Severity None: never known. A `total` above their number says that the least severe were
    not kept. What older versions have written has no `reported`.
    """

    findings: Severities = {}
    total: int = 0
    reported: Mapping[FindingKey, Reported] = {}

    def worst(self, most: int) -> "AnnouncedFindings":
        """The same, cut to so many: those that are exploited, then the worst."""
        order = sorted(
            self.findings, key=lambda key: (not self.is_exploited(key), -self._severity(key), key)
        )
        kept = order[:most]
        return replace(
            self,
            findings={key: self.findings[key] for key in kept},
            reported={key: self.reported[key] for key in kept if key in self.reported},
        )

    def new_in(self, current: Mapping[FindingKey, Blocking]) -> tuple[ChangedFinding, ...]:
        """The current ones that are unknown, or of a severity above the reported one, worst first.

        One that was reported before comes with the severity that it had. Before all others come
        those that were known not to be exploited, and are.
        """
        found = (self._new(key, blocking) for key, blocking in current.items())
        return tuple(sorted(filter(None, found), key=_rank))

    def followed_by(
        self,
        current: Mapping[FindingKey, Blocking],
        *,
        is_whole: bool,
        today: date,
        first_stop: date,
    ) -> "AnnouncedFindings":
        """The findings that readers will know of, each with the worst severity reported.

        Where the answer's findings were not read as a whole, those that are missing may be there.
        `first_stop` is the day that counts for what was reported nobody knows when.
        """
        known = {} if is_whole else dict(self.findings)
        reported = {key: self.reported.get(key, Reported(first_stop)) for key in known}
        for key, blocking in current.items():
            severities = (blocking.severity, self.findings.get(key))
            known[key] = max((s for s in severities if s is not None), default=None)
            may_be_known = key in self.findings or self._may_have_been_cut(blocking.severity)
            before = self.reported.get(key, Reported(first_stop if may_be_known else today))
            reported[key] = before.again(blocking.exploited, today)
        return AnnouncedFindings(known, len(known), reported)

    def is_exploited(self, key: FindingKey) -> bool:
        """Whether it was last said to be known to be exploited."""
        return key in self.reported and bool(self.reported[key].exploited)

    def first_days(self, first_stop: date) -> dict[FindingKey, dict[str, date]]:
        """The day on which each finding was first reported under each term of DueDays."""
        return {key: self._first_days(key, first_stop) for key in self.findings}

    def _first_days(self, key: FindingKey, first_stop: date) -> dict[str, date]:
        reported, severity = self.reported.get(key, Reported(first_stop)), self.findings[key]
        days = {} if severity is None else {str(severity): reported.first_day}
        if reported.exploited and reported.exploited_day is not None:
            days[EXPLOITED] = reported.exploited_day
        return days

    def _new(self, key: FindingKey, blocking: Blocking) -> ChangedFinding | None:
        severity = blocking.severity
        if key not in self.findings:
            may_be_known = self._may_have_been_cut(severity)
            return None if may_be_known else ChangedFinding(key, severity, Change.ADDED)
        reported, before = self.reported.get(key), self.findings[key]
        if blocking.exploited and reported is not None and _never_exploited(reported):
            return ChangedFinding(key, severity, Change.EXPLOITED)
        if before is None or severity is None or severity <= before:
            return None
        return ChangedFinding(key, severity, Change.SEVERITY_RAISED, before)

    def _may_have_been_cut(self, severity: Severity | None) -> bool:
        is_cut = self.total > len(self.findings)
        return is_cut and (severity or Severity.UNKNOWN) <= self._least_kept

    @cached_property
    def _least_kept(self) -> Severity:
        """Of those that are not exploited the least severe ones are cut first."""
        kept = (self._severity(key) for key in self.findings if not self.is_exploited(key))
        return min(kept, default=Severity.CRITICAL)

    def _severity(self, key: FindingKey) -> Severity:
        return self.findings[key] or Severity.UNKNOWN


def _never_exploited(reported: Reported) -> bool:
    """Whether it is known not to be exploited, and nobody has ever been told otherwise."""
    return reported.exploited is False and reported.exploited_day is None


def _rank(finding: ChangedFinding) -> tuple[bool, int, FindingKey]:
    return finding.change is not Change.EXPLOITED, -(finding.severity or 0), finding.key


def blocking_in(report: Report) -> dict[FindingKey, Blocking]:
    """What stops the image; a denylist or a problem that does is known like a finding."""
    # Findings under one key are about the same rows, or about no vulnerability.
    found = {one.key: Blocking(one.known_severity, one.known_exploited) for one in report.blocking}
    evaluation = report.evaluation
    if evaluation is not None and evaluation.is_denylisted:
        found[FindingKey("", "image", "denylist", "denylisted")] = Blocking()
    for problem in evaluation.errors if evaluation else ():
        found[FindingKey("", "image", "evaluation_problem", problem.problem_type)] = Blocking()
    return found
