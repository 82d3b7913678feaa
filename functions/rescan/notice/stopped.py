"""What a STOP and a REMINDER say: an image is stopped, and by what."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain

from msgspec.structs import replace

from rescan.gate.blocking_findings import BlockingFinding
from rescan.ledger.news import ReminderNews, StopNews
from rescan.notice import result_shapes as shapes
from rescan.notice.advice import (
    REASONS,
    SUBJECTS,
    StopCause,
    step_for_cause,
    step_for_many,
    steps_for_findings,
)
from rescan.notice.content import Paragraph
from rescan.notice.due import DueWords
from rescan.notice.findings import (
    counts_by_severity,
    exploited_now,
    stopping_line,
    stopping_list,
)
from rescan.notice.foreign import foreign
from rescan.notice.image_notice import VerdictNotice, shortened
from rescan.notice.issues import exploited_issue, finding_issue, policy_issue
from rescan.notice.mail import items, paragraph
from rescan.notice.old import redeploy, sentence
from rescan.notice.over_time import changes_list, upcoming
from rescan.notice.platforms import where_it_stops
from rescan.notice.result import (
    LARGEST_RESULT,
    blocking,
    compared_result,
    date_or_unset,
    fitted,
    text,
)
from rescan.notice.times import moment
from rescan.notice.wording import by_severity, counted, how_bad
from rescan.outbox.envelope import Envelope
from rescan.outbox.group import Group

_MOST_IN_CHAT = 10
_MOST_PROBLEMS = 5
_MOST_RULES = 5
_DO_NOT_DEPLOY = "Do not deploy it."


class StoppedNotice(VerdictNotice):
    """The findings that stop the image, worst first.

    `new` are those that were not reported before. `listed` are those that the notice names: the new
    ones, or else all. It only counts the others, which are `known`. Of the first ones, `turned`, it
    is news that they are known to be exploited.
    """

    news: StopNews | ReminderNews
    new: tuple[BlockingFinding, ...]
    turned: tuple[BlockingFinding, ...] = ()
    noun = "finding"
    still = ""

    def __init__(self, news: StopNews | ReminderNews) -> None:
        super().__init__(news)
        self.cause = StopCause.of(news.report)
        self.due = DueWords(news)

    @staticmethod
    def group_steps(group: Group) -> list[str]:
        return [
            f"Do not deploy these images. {step_for_many(group)}",
            "This message changes nothing by itself: what runs already goes on running.",
        ]

    @cached_property
    def listed(self) -> tuple[BlockingFinding, ...]:
        return self.new or self.news.report.blocking

    @cached_property
    def known(self) -> tuple[BlockingFinding, ...]:
        new = {finding.key for finding in self.new}
        return tuple(f for f in self.news.report.blocking if f.key not in new) if new else ()

    @cached_property
    def labels(self) -> Envelope:
        others = self.listed[len(self.turned) :]
        found = chain(map(exploited_issue, self.turned), map(finding_issue, others))
        envelope = self.envelope_of(self.listed, chain(policy_issue(self.news), found))
        return replace(envelope, due_at=self.news.due_at)

    @property
    def _how_bad(self) -> str:
        return how_bad(self.labels.worst, self.labels.known_exploited)

    @property
    def findings_problem(self) -> str | None:
        """Why findings may be missing, where that matters: a denylisted image needs none."""
        evaluation = self.news.report.evaluation
        if evaluation is None or self.cause is StopCause.DENYLIST:
            return None
        return evaluation.findings_problem

    # --- what has happened, and what to do

    def subject(self) -> str:
        """E.g. "STOP: 2 new findings (critical, exploited) in payments/api:2.4.1"."""
        still = f"{self.still}, " if self.still else ""
        if without := SUBJECTS.get(self.cause):
            return self.with_name(f"{self.kind}: {still}", without)
        number = exploited_now(self.turned, most=1) or counted(len(self.listed), self.noun)
        if self.cause is StopCause.FINDINGS_UNREADABLE:
            number = "unknown number of findings"
        bad = how_bad(self.labels.worst, self.labels.known_exploited and not self.turned)
        worst = f" ({bad})" if bad else ""
        return self.with_name(f"{self.kind}: {still}{number}{worst} in ")

    def headline(self) -> str:
        bad = f", {self._how_bad}" if self._how_bad else ""
        lead = "".join(f"{said}. " for said in (exploited_now(self.turned), self.still) if said)
        said = f"{self._why()}{self._by_when()}"
        if self.news.old is not None:
            number = counted(len(self.listed), self.noun) if self.listed else "it is stopped"
            said = sentence(self.news, self.name, f"{number}{self._by_when()}")
        return f"{self.kind}{bad}: {lead}{said}."

    def _by_when(self) -> str:
        """Of what the notice lists; what is overdue leads it."""
        when = self.due.first_of(self.listed)
        return f", {when}" if when and when not in self.still else ""

    def _why(self) -> str:
        number = len(self.listed)
        stops = f"{counted(number, self.noun)} {'stops' if number == 1 else 'stop'}"
        if self.cause is StopCause.FINDINGS:
            return f"{stops} {self.name}{where_it_stops(self.news.report)}"
        why = REASONS[self.cause].format(self.name) + where_it_stops(self.news.report)
        return f"{why}. Also, {stops} it" if number else why

    def steps(self) -> list[str]:
        last = "This notice changes nothing by itself: what runs already goes on running."
        if self.news.old is not None:
            return [redeploy(self.news.old), last]
        findings = steps_for_findings(self.listed, self.noun)
        return [*step_for_cause(self.cause), *findings, last]

    # --- the mail

    def mail_step(self, step: str) -> str:
        return step if self.news.old else f"{_DO_NOT_DEPLOY} {step}"

    def mail_paragraphs(self, other_steps: Sequence[str]) -> Iterator[Paragraph]:
        yield stopping_list(self.listed, self.noun, self.due.each_of(self.listed))
        yield self._known()
        yield changes_list(self.news)
        yield items(other_steps, title="WHAT ELSE TO DO")
        yield list(self._numbers())
        yield items(self._notes())
        dated = [*self.stopped_since(), *self.due.fact]
        yield [*self.image_facts(), *dated, *self.evaluation_facts()]
        yield self.digest_lines()

    def stopped_since(self) -> Paragraph:
        """The date, where the subject gives an age."""
        return []

    def _known(self) -> Paragraph:
        if not (number := len(self.known)):
            return []
        stop = f"{counted(number, 'known finding')} {'stops' if number == 1 else 'stop'} it too"
        since = self.news.first_stop_at
        first = f"; first stopped {moment(since)}" if since else ""
        return paragraph(f"{stop}, {by_severity(counts_by_severity(self.known))}{first}.")

    def _numbers(self) -> Iterator[str]:
        if self.listed:
            name = "Listed" if self.turned else "New" if self.known else "Stopping"
            counts = by_severity(counts_by_severity(self.listed))
            yield from paragraph(f"{name} findings: {counts}", hanging=2)
        rules = Counter(sorted(finding.rule for finding in self.listed)).most_common()
        if len(rules) > 1:
            shown = [f"{count:,} {foreign(rule, 81)}" for rule, count in rules[:_MOST_RULES]]
            if len(rules) > _MOST_RULES:
                shown.append(f"{len(rules) - _MOST_RULES:,} further rules")
            yield from paragraph(f"By gate and trigger: {', '.join(shown)}", hanging=2)
        yield from self.all_vulnerabilities()

    def _notes(self) -> Iterator[str]:
        evaluation = self.news.report.evaluation
        problems = evaluation.errors if evaluation else ()
        for problem in problems[:_MOST_PROBLEMS]:
            words = ": ".join(part for part in (problem.problem_type, problem.details) if part)
            yield f"Evaluation problem: {foreign(words)}"
        if len(problems) > _MOST_PROBLEMS:
            yield f"{_MOST_PROBLEMS} of {len(problems):,} evaluation problems shown"
        # Where no finding at all was read, the reason says why.
        if self.findings_problem and self.cause is not StopCause.FINDINGS_UNREADABLE:
            yield f"Findings may be missing: {shortened(self.findings_problem, 400)}"
        yield from upcoming(self.news.expiry, "Beside that, allowlisted until")
        yield from self.remarks()

    # --- the chat message

    def chat_lead(self) -> str:
        return self.headline() if self.news.old else f"{self.headline()} {_DO_NOT_DEPLOY}"

    def chat_lines(self) -> Iterator[str]:
        yield from super().chat_lines()
        if self.cause is not StopCause.FINDINGS:
            yield f"Why: {foreign(self.news.report.reason, 300)}"
        if self.listed:
            yield f"Stopping: {by_severity(counts_by_severity(self.listed))}"
        if self.known:
            yield f"{counted(len(self.known), 'known finding')} besides"

    def chat_findings(self) -> tuple[list[str], int]:
        due = self.due.each_of(self.listed)
        shown = self.listed[:_MOST_IN_CHAT]
        return [stopping_line(found, due.get(found.key)) for found in shown], len(self.listed)

    # --- the result

    def result(self, largest: int = LARGEST_RESULT) -> str:
        """At most so many bytes of UTF-8: as many findings as fit, new and worst ones first."""
        findings, new = (*self.listed, *self.known), len(self.new)
        common = replace(compared_result(self.news), due_at=date_or_unset(self.news.due_at))
        stopping = shapes.Stopping(
            total=len(findings),
            new=new,
            by_severity=counts_by_severity(findings),
            problem=text(self.findings_problem, 500),
        )
        return fitted(
            (
                blocking(finding, new=n < new, due_at=self.news.due.get(finding.key))
                for n, finding in enumerate(findings)
            ),
            lambda shown: replace(
                common, stopping=replace(stopping, shown=len(shown), findings=shown)
            ),
            len(findings),
            largest,
        )
