"""ENDED: a STOP is no longer followed up, though nothing says that it is fixed."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from msgspec.structs import replace

from rescan.ledger.news import EndCause, EndedNews
from rescan.notice import result_shapes as shapes
from rescan.notice.content import Paragraph
from rescan.notice.foreign import foreign
from rescan.notice.image_notice import ImageNotice, Verbs
from rescan.notice.mail import fact, items, paragraph, row
from rescan.notice.old import MEANINGS, STEPS
from rescan.notice.result import encoded, image_result, moment_or_none
from rescan.notice.times import age, moment, rfc3339
from rescan.outbox.envelope import Envelope, Issue, IssueKind
from rescan.outbox.group import Group

_STEPS = (
    "Go by the notices under the policy that the sweeps ask for: they gate the image too, and a"
    " STOP there is told on its own.",
    "If this policy still counts, have it asked for regularly, by a schedule with its policy_id. A"
    " STOP is then news again.",
)


def _steps(cause: EndCause) -> Sequence[str]:
    return [STEPS[cause]] if cause in STEPS else _STEPS


class EndedNotice(ImageNotice):
    """What is no longer looked at, and since when."""

    kind = "ENDED"
    verbs = Verbs("is no longer watched", "are no longer watched")
    effect = "ENDED THEIR STOP"
    is_bad = False

    news: EndedNews

    @staticmethod
    def group_steps(group: Group) -> Sequence[str]:
        return _steps(EndCause(group.issue.name) if group.issue else EndCause.NO_LONGER_WATCHED)

    @cached_property
    def labels(self) -> Envelope:
        cause = self.news.cause.value
        return self.envelope([Issue(IssueKind.FAILURE, cause, cause)])

    # --- what has happened, and what to do

    def subject(self) -> str:
        """E.g. "ENDED, no longer watched: payments/api:2.4.1"."""
        return self.with_name(f"ENDED, {self.news.cause}: ")

    def headline(self) -> str:
        return f"ENDED, {self.news.cause}: {self.name} was STOP."

    def _meaning(self) -> str:
        """Why it ends: for an old digest what was seen, else since when nobody has asked."""
        if self.news.cause in MEANINGS:
            return MEANINGS[self.news.cause]
        policy_id, asked_at = self.labels.policy_id, self.news.asked_at
        policy = f"policy {foreign(policy_id, 200)}" if policy_id else "Anchore's active policy"
        since = f"since {moment(asked_at)} ({age(asked_at, self.news.at)})"
        return (
            f"Nobody has asked for this image under that account and {policy} {since}, so its STOP"
            " there ends. Nothing says that what stopped it is fixed."
        )

    def steps(self) -> Sequence[str]:
        return _steps(self.news.cause)

    # --- the mail

    def mail_paragraphs(self, other_steps: Sequence[str]) -> Iterator[Paragraph]:
        yield paragraph(self._meaning())
        yield items(other_steps, title="WHAT ELSE TO DO")
        yield list(self._facts())

    def _facts(self) -> Iterator[str]:
        yield from self.image_facts()
        if self.labels.policy_id:
            yield fact("Policy", foreign(self.labels.policy_id, 200))
        if (first := self.news.first_stop_at) is not None:
            yield from row("Stopped", f"since {moment(first)}")
        yield self.trigger_fact()

    # --- the chat message

    def chat_lead(self) -> str:
        return f"{self.headline()} {self._meaning()}"

    # --- the result

    def result(self) -> str:
        common = image_result(self.news, self.news.event_type)
        first_stop_at = moment_or_none(self.news.first_stop_at)
        ended = shapes.Ended(self.news.cause, rfc3339(self.news.asked_at))
        return encoded(replace(common, first_stop_at=first_stop_at, ended=ended))
