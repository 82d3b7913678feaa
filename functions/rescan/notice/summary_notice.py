"""The notices of a SUMMARY, one for each channel. It is told to all: of no team, about no image."""

from rescan.kernel.image_tag import ImageTag
from rescan.kernel.team import UNROUTED
from rescan.ledger.news import EventType, stable_id
from rescan.notice.attributes import NONE, attributes
from rescan.notice.summary import Summary
from rescan.notice.summary_mail import summary_body, summary_subject
from rescan.notice.summary_result import summary_result
from rescan.outbox.envelope import Envelope
from rescan.outbox.notice import Notice

_NO_IMAGE = ImageTag(NONE, NONE, NONE)


def summary_envelope(summary: Summary) -> Envelope:
    """By which the summary waits in the outbox, under the id of its day."""
    return Envelope(
        id=_id(summary),
        event_type=EventType.SUMMARY,
        subject="summary",
        tag=_NO_IMAGE,
        at=summary.at,
    )


def summary_mail(summary: Summary) -> Notice:
    """The mail. It goes with what nobody has claimed: the team is `unrouted`."""
    said = attributes(
        EventType.SUMMARY,
        registry=_NO_IMAGE.registry,
        repository=_NO_IMAGE.repository,
        tag=_NO_IMAGE.tag,
        team=UNROUTED,
        result=summary_result(summary, _id(summary)),
    )
    return Notice(summary_subject(summary), summary_body(summary), said)


def _id(summary: Summary) -> str:
    return stable_id(EventType.SUMMARY, summary.at.date())
