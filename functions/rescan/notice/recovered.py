"""RECOVERED: an image is no longer stopped.

What is gone from the verdict need not be gone from the image, so each cause says what it means.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain

from msgspec.structs import replace

from rescan.gate.model import Outcome, Severity
from rescan.kernel.safe_text import one_line
from rescan.ledger.changes import ClearedBy, ClearedFinding
from rescan.ledger.news import RecoveredNews
from rescan.notice import result_shapes as shapes
from rescan.notice.content import Paragraph
from rescan.notice.findings import rule_name
from rescan.notice.foreign import foreign
from rescan.notice.image_notice import Verbs, VerdictNotice
from rescan.notice.issues import cleared_issue, policy_issue
from rescan.notice.mail import items, paragraph, row
from rescan.notice.over_time import changes_list, upcoming
from rescan.notice.result import cleared, compared_result, fitted
from rescan.notice.times import age, moment
from rescan.notice.wording import share
from rescan.outbox.envelope import Envelope, IssueKind
from rescan.outbox.group import Group

_MOST_FINDINGS = 40
_MOST_IN_CHAT = 10

_WORDS = {
    ClearedBy.FIXED: "fixed",
    ClearedBy.ALLOWLISTED: "allowlisted",
    ClearedBy.POLICY_CHANGED: "by a policy change",
    ClearedBy.NEW_DIGEST: "by a new digest",
}
_STILL_THERE = {
    ClearedBy.ALLOWLISTED: "allowlisted, not fixed: still in the image, held back by the allowlist"
    " alone.",
    ClearedBy.POLICY_CHANGED: "cleared by a change of the policy, not fixed: still in the image.",
    ClearedBy.NEW_DIGEST: "cleared by a new digest: still in whatever runs on the old one.",
}


class RecoveredNotice(VerdictNotice):
    """The verdict now, and what cleared the STOP.

    The news may name fewer findings than the STOP had, which are `total`. `counts` says how many of
    those that it names went in which way, in the order of ClearedBy.
    """

    kind = "RECOVERED"
    verbs = Verbs("no longer stops", "no longer stop")
    effect = "NO LONGER STOPS THEM"
    is_bad = False

    news: RecoveredNews

    def __init__(self, news: RecoveredNews) -> None:
        super().__init__(news)
        self.total = max(news.cleared_total, len(news.cleared))
        counts = Counter(finding.by for finding in news.cleared)
        self.counts = {by: counts[by] for by in ClearedBy if by in counts}
        self.is_go = news.report.outcome is Outcome.GO

    @staticmethod
    def group_steps(group: Group) -> list[str]:
        is_policy = group.issue is not None and group.issue.kind is IssueKind.POLICY
        return [
            "Nothing to do at once: the policy lets these images through, and warns about them."
            if group.final_action == "warn"
            else "Nothing to do: the policy lets these images through.",
            "The images are what they were: what stopped them may still be in them."
            if is_policy
            else "Whether it was fixed or allowlisted is in Anchore, under the digest of each.",
        ]

    @cached_property
    def labels(self) -> Envelope:
        cleared = self.news.cleared
        severities = (finding.severity or Severity.UNKNOWN for finding in cleared)
        worst = max(severities, default=Severity.UNKNOWN)
        issues = chain(policy_issue(self.news), map(cleared_issue, cleared))
        return self.envelope(issues, worst=worst, findings=self.total)

    # --- what has happened, and what to do

    def subject(self) -> str:
        """E.g. "RECOVERED: payments/api:2.4.1 is GO again"."""
        return self.with_name("RECOVERED: ", self._verdict())

    def headline(self) -> str:
        since = self.news.first_stop_at
        after = f", after {age(since, self.news.at)} of STOP" if since else ""
        return f"RECOVERED: {self.name}{self._verdict()}{after}."

    def _verdict(self) -> str:
        return " is GO again" if self.is_go else " is WARN, no longer STOP"

    def steps(self) -> list[str]:
        """The next step, what is still in the image, and what will stop it again."""
        return [
            self._next_step(),
            *(
                f"{self._share(self.counts[by])} {meaning}"
                for by, meaning in _STILL_THERE.items()
                if by in self.counts
            ),
            *upcoming(self.news.expiry, f"{self.news.report.outcome.name} only until"),
        ]

    def _next_step(self) -> str:
        """Nothing is left to do only where nothing old runs on and nothing ends soon."""
        warns = "" if self.is_go else ", and warns about it"
        if ClearedBy.NEW_DIGEST in self.counts:
            replace_it = "Replace what still runs on the old digest"
            return f"{replace_it}: the policy lets the new image through{warns}."
        if self.news.expiry.soon:
            lets = f"until then the policy lets the image through{warns}"
            return f"Act before the allowlist item ends: {lets}."
        at_once = " at once" if warns else ""
        return f"Nothing to do{at_once}: the policy lets the image through{warns}."

    def _share(self, number: int) -> str:
        if len(self.news.cleared) == self.total:
            return share(number, self.total, "finding", "is", "are")
        return f"{number:,} or more of {self.total:,} findings are"

    # --- the mail

    def mail_paragraphs(self, other_steps: Sequence[str]) -> Iterator[Paragraph]:
        yield items(other_steps)
        yield from self._findings()
        yield changes_list(self.news, {finding.key for finding in self.news.cleared})
        yield [*self._numbers(), *self.all_vulnerabilities()]
        yield items(self.remarks())
        yield [*self.image_facts(), *self._stopped(), *self.evaluation_facts()]
        yield self.digest_lines()

    def _findings(self) -> Iterator[Paragraph]:
        """A paragraph for each cause that has a finding among the worst ones."""
        shown = self.news.cleared[:_MOST_FINDINGS]
        if not shown:
            return
        how_many = f"{len(shown):,} of {self.total:,} shown"
        yield [f"FINDINGS THAT NO LONGER STOP THE IMAGE ({how_many})"]
        for by in self.counts:
            yield items((_item(each) for each in shown if each.by is by), _WORDS[by].upper())
        if len(shown) < self.total:
            yield [f"{how_many}, the worst ones."]

    def _numbers(self) -> Paragraph:
        if not (number := len(self.news.cleared)):
            return paragraph("No finding is on record for that STOP.")
        on_record = f"{self.total:,}; the worst {number:,} are on record: "
        of = "" if number == self.total else on_record
        return paragraph(f"Cleared findings: {of}{self._counted()}", hanging=2)

    def _counted(self) -> str:
        return ", ".join(f"{number:,} {_WORDS[by]}" for by, number in self.counts.items())

    def _stopped(self) -> Paragraph:
        since = self.news.first_stop_at
        return row("Stopped", f"{moment(since)} to {moment(self.news.at)}") if since else []

    # --- the chat message

    def chat_lines(self) -> Iterator[str]:
        yield from super().chat_lines()
        if self.counts:
            yield f"Cleared: {self._counted()}"

    def chat_findings(self) -> tuple[list[str], int]:
        return list(map(_line, self.news.cleared[:_MOST_IN_CHAT])), self.total

    # --- the result

    def result(self) -> str:
        """As many cleared findings as fit, the worst ones."""
        common, total = compared_result(self.news), self.total
        return fitted(
            map(cleared, self.news.cleared),
            lambda shown: replace(common, cleared=shapes.Cleared(total, len(shown), shown)),
            total,
        )


def _item(finding: ClearedFinding) -> str:
    key, what = finding.key, one_line(finding.key.what, 240) or "not named"
    names = [f"POLICY  {foreign(what)}"]
    if key.gate.lower() == "vulnerabilities":
        names = [_severity(finding), *(foreign(name) for name in what.split("+", 1) if name)]
    return f"{'  '.join(names)}; {rule_name(key.gate, key.trigger)}"


def _line(finding: ClearedFinding) -> str:
    return f"{_severity(finding)} {foreign(finding.key.what, 240)}, {_WORDS[finding.by]}"


def _severity(finding: ClearedFinding) -> str:
    return (finding.severity or Severity.UNKNOWN).name
