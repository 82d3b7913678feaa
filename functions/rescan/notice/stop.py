"""What a STOP or a REMINDER says, drawn from the news: the facts behind every rendering."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.evaluation import Problem
from rescan.gate.model import Severity
from rescan.gate.report import Report
from rescan.ledger.news import ReminderNews, StopNews


class StopCause(StrEnum):
    """Why Anchore stops the image; what to do next depends on it.

    The denylist comes first: as long as the image is on it, no fix of a finding helps.
    """

    DENYLIST = "denylisted"
    FINDINGS = "findings"
    EVALUATION_PROBLEM = "evaluation problem"
    FINDINGS_UNREADABLE = "findings not available"
    NOT_SAID = "no reason given"


class Stop(Struct, frozen=True):
    """A report whose outcome is STOP, and the findings that hold the image back, worst first.

    `told` are those that the notice lists, of which `new` were not said before. `known`, which
    it only counts, is empty unless the news names some of the findings as new.
    """

    news: StopNews | ReminderNews
    report: Report
    cause: StopCause
    told: tuple[BlockingFinding, ...]
    known: tuple[BlockingFinding, ...]
    new: int

    @classmethod
    def of(cls, news: StopNews | ReminderNews) -> "Stop":
        """The findings of the news, those that are new apart from the known ones."""
        report = news.report
        findings, cause = report.blocking, _cause(report, report.blocking)
        if isinstance(news, ReminderNews):
            return cls(news, report, cause, findings, (), 0)
        if news.new is None:
            return cls(news, report, cause, findings, (), len(findings))
        new = tuple(finding for finding in findings if finding.key in news.new)
        known = tuple(finding for finding in findings if finding.key not in news.new)
        return cls(news, report, cause, new or known, known if new else (), len(new))

    @property
    def noun(self) -> str:
        """What one of the findings told is called."""
        names_new = isinstance(self.news, StopNews) and self.news.new is not None
        return "new finding" if self.new and names_new else "finding"

    @property
    def worst(self) -> Severity:
        """The worst severity of the findings told; UNKNOWN when none is known."""
        return self.told[0].severity if self.told else Severity.UNKNOWN

    @property
    def fix_available(self) -> bool | None:
        """Whether any finding told has a fix; None when nothing is known about fixes."""
        listed = [finding for finding in self.told if finding.listed]
        return any(finding.fixed_in for finding in listed) if listed else None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What kept Anchore from evaluating the policy."""
        return self.report.evaluation.errors if self.report.evaluation else ()

    @property
    def findings_problem(self) -> str | None:
        """Why findings may be missing, where that matters: a denylisted image needs none."""
        if self.report.evaluation is None or self.cause is StopCause.DENYLIST:
            return None
        return self.report.evaluation.findings_problem

    def by_rule(self) -> list[tuple[str, int]]:
        """How many of the findings told each gate/trigger has, most first."""
        return Counter(sorted(finding.rule for finding in self.told)).most_common()


def counts_of(findings: Iterable[BlockingFinding]) -> dict[str, int]:
    """How many findings have which severity, worst first."""
    counts = Counter(finding.severity for finding in findings)
    return {str(severity): counts[severity] for severity in sorted(counts, reverse=True)}


def _cause(report: Report, findings: tuple[BlockingFinding, ...]) -> StopCause:
    evaluation = report.evaluation
    if evaluation and evaluation.is_denylisted:
        return StopCause.DENYLIST
    if findings:
        return StopCause.FINDINGS
    if evaluation and evaluation.errors:
        return StopCause.EVALUATION_PROBLEM
    if evaluation and evaluation.findings_problem:
        return StopCause.FINDINGS_UNREADABLE
    return StopCause.NOT_SAID
