"""STOP and REMINDER: an image is stopped, for the first time, by something new, or still."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from rescan.gate.blocking_findings import BlockingFinding
from rescan.ledger.news import ReminderNews, StopNews
from rescan.notice.changes import changes_list
from rescan.notice.content import ShortList
from rescan.notice.expiry import upcoming
from rescan.notice.findings import counts_by_severity, stopping_line, stopping_list
from rescan.notice.foreign import foreign
from rescan.notice.image_notice import Verbs, shortened
from rescan.notice.paragraphs import by_severity, counted, items, paragraph, row
from rescan.notice.stop_advice import (
    REASONS,
    StopCause,
    step_for_cause,
    step_for_many,
    steps_for_findings,
)
from rescan.notice.stop_facts import StopFacts
from rescan.notice.subject import image_subject
from rescan.notice.times import age, moment
from rescan.outbox.group import Group

_MOST_IN_CHAT = 10
_MOST_PROBLEMS = 5
_MOST_RULES = 5
_DO_NOT_DEPLOY = "Do not deploy it."
# A number of findings would say nothing of why the image is stopped.
_WITHOUT_FINDINGS = {
    StopCause.DENYLIST: " is denylisted",
    StopCause.EVALUATION_PROBLEM: " could not be evaluated",
    StopCause.NOT_SAID: ", no reason given",
}


class _StoppedNotice(StopFacts):
    """What a STOP and the REMINDER that repeats it have in common."""

    @staticmethod
    def group_steps(group: Group) -> list[str]:
        return [
            f"Do not deploy these images. {step_for_many(group)}",
            "This message changes nothing by itself: what runs already goes on running.",
        ]

    # --- what has happened, and what to do

    @property
    def noun(self) -> str:
        """What one of the findings that it lists is called."""
        return "finding"

    @property
    def still(self) -> str:
        """That it was stopped before, and since when."""
        return ""

    @property
    def subject(self) -> str:
        """E.g. "STOP: 2 new findings (critical) in payments/api:2.4.1"."""
        still = f"{self.still}, " if self.still else ""
        if without := _WITHOUT_FINDINGS.get(self.stop_cause):
            return image_subject(f"{self.kind}: {still}", self.news.tag, without)
        number = counted(len(self.listed), self.noun)
        if self.stop_cause is StopCause.FINDINGS_UNREADABLE:
            number = "unknown number of findings"
        worst = f" ({self.worst})" if self.worst else ""
        return image_subject(f"{self.kind}: {still}{number}{worst} in ", self.news.tag)

    @property
    def headline(self) -> str:
        severity = f", {self.worst}" if self.worst else ""
        still = f"{self.still}. " if self.still else ""
        return f"{self.kind}{severity}: {still}{self._why()}."

    def _why(self) -> str:
        number = len(self.listed)
        stops = f"{counted(number, self.noun)} {'stops' if number == 1 else 'stop'}"
        if self.stop_cause is StopCause.FINDINGS:
            return f"{stops} {self.name}"
        why = REASONS[self.stop_cause].format(self.name)
        return f"{why}. Also, {stops} it" if number else why

    @cached_property
    def steps(self) -> list[str]:
        return [
            *step_for_cause(self.stop_cause),
            *steps_for_findings(self.listed, self.noun),
            "This notice changes nothing by itself: what runs already goes on running.",
        ]

    # --- the mail

    @property
    def mail_step(self) -> str:
        return f"{_DO_NOT_DEPLOY} {self.steps[0]}"

    def mail_paragraphs(self) -> Iterator[Sequence[str]]:
        """The findings, what changed, what else to do, notes, the facts."""
        yield stopping_list(self.listed, self.noun)
        yield self._known()
        yield changes_list(self.news)
        yield items(self.steps[1:], title="WHAT ELSE TO DO")
        yield list(self._numbers())
        yield items(self._notes())
        yield [*self.image_facts(), *self.stopped_since(), *self.evaluation_facts()]
        yield self.digest_lines()

    def stopped_since(self) -> list[str]:
        """A fact, where the subject gives only an age."""
        return []

    def _known(self) -> list[str]:
        if not self.known:
            return []
        number = len(self.known)
        stop = f"{counted(number, 'known finding')} {'stops' if number == 1 else 'stop'} it too"
        since = self.news.first_stop_at
        first = f"; first stopped {moment(since)}" if since else ""
        return paragraph(f"{stop}, {by_severity(counts_by_severity(self.known))}{first}.")

    def _numbers(self) -> Iterator[str]:
        if self.listed:
            name = "New" if self.known else "Stopping"
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
        for problem in self.problems[:_MOST_PROBLEMS]:
            words = ": ".join(part for part in (problem.problem_type, problem.details) if part)
            yield f"Evaluation problem: {foreign(words)}"
        if len(self.problems) > _MOST_PROBLEMS:
            yield f"{_MOST_PROBLEMS} of {len(self.problems):,} evaluation problems shown"
        # Where no finding at all was read, the reason says why.
        if self.findings_problem and self.stop_cause is not StopCause.FINDINGS_UNREADABLE:
            yield f"Findings may be missing: {shortened(self.findings_problem, 400)}"
        yield from upcoming(self.news.expiry, "Beside that, allowlisted until")
        yield from self.remarks()

    # --- the chat message

    @property
    def chat_lead(self) -> str:
        return f"{self.headline} {_DO_NOT_DEPLOY}"

    def chat_lines(self) -> Iterator[str]:
        yield from super().chat_lines()
        if self.stop_cause is not StopCause.FINDINGS:
            yield f"Why: {foreign(self.news.report.reason, 300)}"
        if self.listed:
            yield f"Stopping: {by_severity(counts_by_severity(self.listed))}"
        if self.known:
            yield f"{counted(len(self.known), 'known finding')} besides"

    def chat_findings(self) -> ShortList:
        return ShortList(list(map(stopping_line, self.listed[:_MOST_IN_CHAT])), len(self.listed))


class StopNotice(_StoppedNotice):
    """A STOP that is new, or that has new findings."""

    kind = "STOP"
    verbs = Verbs("stops", "stop", first="newly stops")
    effect = "STOPS THEM"

    news: StopNews

    @cached_property
    def new(self) -> tuple[BlockingFinding, ...]:
        """Those that were not reported before: all, unless the news names some."""
        blocking, new = self.news.report.blocking, self.news.new
        return blocking if new is None else tuple(f for f in blocking if f.key in new)

    @property
    def noun(self) -> str:
        return "new finding" if self.new and self.news.new is not None else "finding"


class ReminderNotice(_StoppedNotice):
    """A STOP that lasts."""

    kind = "REMINDER"
    verbs = Verbs("still stops", "still stop")
    effect = "STILL STOPS THEM"

    news: ReminderNews

    @property
    def still(self) -> str:
        since = self.news.first_stop_at
        return f"still STOP after {age(since, self.news.at)}" if since else "still STOP"

    def stopped_since(self) -> list[str]:
        since = self.news.first_stop_at
        return (
            row("Stopped", f"since {moment(since)} ({age(since, self.news.at)})") if since else []
        )
