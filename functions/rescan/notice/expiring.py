"""EXPIRING: an image passes thanks to items of allowlists that end soon."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

from msgspec.structs import replace

from rescan.gate.allowlist_expiry import Ending
from rescan.gate.blocking_findings import any_exploited, worst_severity
from rescan.ledger.news import ExpiringNews
from rescan.notice.advice import ownership, update_of_many
from rescan.notice.content import Paragraph
from rescan.notice.findings import MOST_FINDINGS, finding_names, numbered, stopping_line
from rescan.notice.foreign import foreign
from rescan.notice.image_notice import Verbs, VerdictNotice
from rescan.notice.issues import finding_issue
from rescan.notice.mail import items
from rescan.notice.over_time import end_of, uncertain
from rescan.notice.result import encoded, evaluated_result
from rescan.notice.times import age, moment
from rescan.notice.wording import counted, how_bad, named, share
from rescan.outbox.envelope import Envelope
from rescan.outbox.group import Group

_MOST_IN_CHAT = 10


class ExpiringNotice(VerdictNotice):
    """A GO or a WARN for a while: the ends that are near, and the `findings` of all of them."""

    kind = "EXPIRING"
    verbs = Verbs("will stop", "will stop")
    effect = "WILL STOP THEM"

    news: ExpiringNews

    def __init__(self, news: ExpiringNews) -> None:
        super().__init__(news)
        self.expiry = news.expiry
        self.soon = self.expiry.soon
        self.findings = [f for ending in self.soon for f in ending.findings]

    @staticmethod
    def group_steps(group: Group) -> list[str]:
        update = update_of_many(group) or "Take what is found out of these images"
        return [
            f"{update} before then.",
            "If the risk is accepted for longer, have the owner of the policy give the allowlist"
            " items a later end.",
            "This message changes nothing by itself; it comes once a day while it holds.",
        ]

    @cached_property
    def labels(self) -> Envelope:
        issues = (
            replace(finding_issue(finding), until=ending.until)
            for ending in self.soon
            for finding in ending.findings
        )
        return self.envelope_of(self.findings, issues)

    # --- what has happened, and what to do

    def subject(self) -> str:
        """E.g. "EXPIRING: GO until 2026-12-01, then STOP (critical): payments/api:2.4.1"."""
        first = self.soon[0]
        severity = f" ({bad})" if (bad := _how_bad(first)) else ""
        until = f"{self.news.report.outcome.name} until {first.until.date().isoformat()}"
        return self.with_name(f"EXPIRING: {until}, then STOP{severity}: ")

    def headline(self) -> str:
        """How bad, until when the image is good, and what stops it then."""
        first = self.soon[0]
        severity = f", {bad}" if (bad := _how_bad(first)) else ""
        until = f"{self.news.report.outcome.name} until {moment(first.until)}"
        stop = f"then STOP on {finding_names(first.findings)}"
        return f"EXPIRING{severity}: {self.name} is {until}, {stop}."

    def steps(self) -> list[str]:
        lists = list(dict.fromkeys(n for ending in self.soon for n in ending.allowlists if n))
        of = f" of {named(lists, lambda name: foreign(name, 80))}" if lists else ""
        return [
            *self._fixes(),
            "If the risk is accepted for longer, have the owner of the policy give the allowlist"
            f" item{of} a later end.",
            *ownership(self.findings, "finding"),
            "This notice changes nothing by itself; it comes once a day while it holds.",
        ]

    def _fixes(self) -> Iterator[str]:
        of, fixable = len(self.findings), sum(bool(f.fixed_in) for f in self.findings)
        if fixable:
            have = share(fixable, of, "finding", "has", "have")
            yield f"{have} a fix: update, rebuild and push the image before then."
        if fixable < of:
            lack = share(of - fixable, of, "finding", "lacks", "lack")
            yield f"{lack} a known fix: take what is found out of the image before then."

    # --- the mail

    def mail_paragraphs(self, other_steps: Sequence[str]) -> Iterator[Paragraph]:
        yield from self._findings()
        yield items(other_steps, title="WHAT ELSE TO DO")
        yield items([*self._later(), *uncertain(self.expiry), *self.remarks()])
        yield [*self.image_facts(), *self.evaluation_facts()]
        yield self.digest_lines()

    def _findings(self) -> Iterator[Paragraph]:
        """A paragraph for each near end, of the findings that still find room."""
        number = 0
        for ending in self.soon:
            shown = ending.findings[: MOST_FINDINGS - number]
            if not shown:
                break
            how_long = age(self.expiry.now, ending.until)
            how_many = f"{how_long}; {len(shown):,} of {len(ending.findings):,} shown"
            title = f"ALLOWLISTED UNTIL {moment(ending.until)} ({how_many})"
            yield [title, *numbered(shown, number + 1)]
            number += len(shown)
        if number < len(self.findings):
            yield [f"{number:,} of {len(self.findings):,} shown, those that end first."]

    def _later(self) -> Iterator[str]:
        """How many findings end after the near ones, and when the first of them."""
        if further := self.expiry.endings[len(self.soon) :]:
            number = sum(len(ending.findings) for ending in further)
            are = f"{counted(number, 'further finding')} {'is' if number == 1 else 'are'}"
            yield f"{are} allowlisted until {end_of(further[0], self.expiry)} at least"

    # --- the chat message

    def chat_lines(self) -> Iterator[str]:
        yield f"Ends {end_of(self.soon[0], self.expiry)}"
        yield from super().chat_lines()
        yield from self._later()
        yield from uncertain(self.expiry)

    def chat_findings(self) -> tuple[list[str], int]:
        """Each with the end of what suppresses it."""
        lines = (
            f"{stopping_line(finding)}, allowlisted until {moment(ending.until)}"
            for ending in self.soon
            for finding in ending.findings
        )
        return list(islice(lines, _MOST_IN_CHAT)), len(self.findings)

    # --- the result

    def result(self) -> str:
        """What it is about stands in `held_back`."""
        return encoded(evaluated_result(self.news, self.news.event_type))


def _how_bad(ending: Ending) -> str:
    return how_bad(worst_severity(ending.findings), any_exploited(ending.findings))
