"""What a notice says about one STOP, drawn from the report: the facts behind every rendering."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from rescan.errors import NoticeInvalid
from rescan.model import Outcome, Problem, Report, Severity
from rescan.notice.stopping import StoppingFinding, stopping_findings

__all__ = ["Cause", "Stop"]


class Cause(StrEnum):
    """Why Anchore stops the image; what to do next depends on it.

    The denylist comes first: as long as the image is on it, no fix of a finding helps.
    """

    DENYLIST = "denylisted"
    FINDINGS = "findings"
    EVALUATION_PROBLEM = "evaluation problem"
    FINDINGS_UNREADABLE = "findings not available"
    NOT_SAID = "no reason given"


class Stop(Struct, frozen=True):
    """A report whose outcome is STOP, and the findings that hold the image back, worst first."""

    report: Report
    cause: Cause
    findings: tuple[StoppingFinding, ...]

    @classmethod
    def of(cls, report: Report) -> "Stop":
        """NoticeInvalid when the outcome is another: that must never be announced as a STOP."""
        if report.outcome is not Outcome.STOP:
            raise NoticeInvalid(f"the outcome of {report.tag} is {report.outcome}, expected stop")
        evaluation, listed = report.evaluation, report.vulnerabilities
        findings = stopping_findings(
            evaluation.findings if evaluation else (), listed.rows if listed else ()
        )
        return cls(report, _cause(report, findings), findings)

    @property
    def worst(self) -> Severity:
        """The worst severity of the findings; UNKNOWN when none is known."""
        return self.findings[0].severity if self.findings else Severity.UNKNOWN

    @property
    def fix_available(self) -> bool | None:
        """Whether any finding has a fix; None when nothing is known about fixes."""
        listed = [finding for finding in self.findings if finding.listed]
        return any(finding.fixed_in for finding in listed) if listed else None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What kept Anchore from evaluating the policy."""
        problems = self.report.evaluation.problems if self.report.evaluation else None
        return tuple(problem for problem in problems or () if problem.prevents_evaluation)

    @property
    def findings_problem(self) -> str | None:
        """Why findings may be missing, where that matters: a denylisted image needs none."""
        if self.report.evaluation is None or self.cause is Cause.DENYLIST:
            return None
        return self.report.evaluation.findings_problem

    def by_severity(self) -> dict[str, int]:
        """How many findings have which severity, worst first."""
        counts = Counter(finding.severity for finding in self.findings)
        return {str(severity): counts[severity] for severity in sorted(counts, reverse=True)}

    def by_rule(self) -> list[tuple[str, int]]:
        """How many findings each gate/trigger has, most first."""
        return Counter(_rules(self.findings)).most_common()


def _cause(report: Report, findings: tuple[StoppingFinding, ...]) -> Cause:
    evaluation = report.evaluation
    if evaluation and (evaluation.final_action_reason or "").lower() == "denylisted":
        return Cause.DENYLIST
    if findings:
        return Cause.FINDINGS
    if evaluation and any(p.prevents_evaluation for p in evaluation.problems or ()):
        return Cause.EVALUATION_PROBLEM
    if evaluation and evaluation.findings_problem:
        return Cause.FINDINGS_UNREADABLE
    return Cause.NOT_SAID


def _rules(findings: Iterable[StoppingFinding]) -> list[str]:
    return sorted(finding.rule for finding in findings)
