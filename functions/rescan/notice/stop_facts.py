"""What stops an image, behind the words of a STOP or a REMINDER: findings, or another cause."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from msgspec.structs import replace

from rescan.gate.blocking_findings import BlockingFinding, any_fix
from rescan.gate.evaluation import Problem
from rescan.gate.model import Severity
from rescan.ledger.news import ReminderNews, StopNews
from rescan.notice import result_shapes as shapes
from rescan.notice.findings import counts_by_severity
from rescan.notice.image_notice import VerdictNotice
from rescan.notice.issues import finding_issue, policy_issue
from rescan.notice.result import LARGEST_RESULT, blocking, compared_result, fitted, text
from rescan.notice.stop_advice import StopCause
from rescan.outbox.envelope import Issue


class StopFacts(VerdictNotice):
    """The findings that stop the image, worst first, for the envelope and the result."""

    news: StopNews | ReminderNews

    @property
    def new(self) -> tuple[BlockingFinding, ...]:
        return ()

    @cached_property
    def listed(self) -> tuple[BlockingFinding, ...]:
        """Those that the notice names: the new ones, or else all."""
        return self.new or self.news.report.blocking

    @cached_property
    def known(self) -> tuple[BlockingFinding, ...]:
        """Those that it only counts."""
        new = {finding.key for finding in self.new}
        return tuple(f for f in self.news.report.blocking if f.key not in new) if new else ()

    @cached_property
    def stop_cause(self) -> StopCause:
        return StopCause.of(self.news.report)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What kept Anchore from evaluating the policy."""
        return self.news.report.evaluation.errors if self.news.report.evaluation else ()

    @property
    def findings_problem(self) -> str | None:
        """Why findings may be missing, where that matters: a denylisted image needs none."""
        evaluation = self.news.report.evaluation
        if evaluation is None or self.stop_cause is StopCause.DENYLIST:
            return None
        return evaluation.findings_problem

    # --- for the envelope

    @property
    def worst(self) -> Severity:
        return self.listed[0].severity if self.listed else Severity.UNKNOWN

    @property
    def fix_available(self) -> bool | None:
        return any_fix(self.listed)

    @property
    def total(self) -> int:
        return len(self.listed)

    def issues(self) -> Iterator[Issue]:
        yield from policy_issue(self.news)
        yield from map(finding_issue, self.listed)

    def result(self, largest: int = LARGEST_RESULT) -> str:
        """At most so many bytes of UTF-8: as many findings as fit, new and worst ones first."""
        findings = (*self.listed, *self.known)
        common, new = compared_result(self.news), len(self.new)

        def with_findings(shown: Sequence[shapes.Finding]) -> shapes.Result:
            stopping = shapes.Stopping(
                total=len(findings),
                new=new,
                shown=len(shown),
                by_severity=counts_by_severity(findings),
                problem=text(self.findings_problem, 500),
                findings=shown,
            )
            return replace(common, stopping=stopping)

        shown = (blocking(finding, new=n < new) for n, finding in enumerate(findings))
        return fitted(with_findings, shown, len(findings), largest)
