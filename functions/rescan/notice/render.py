"""Notices as messages: of news and of a summary for the outbox, of a group for SNS.

It keeps the limits of SNS by construction: the result of one image has at most 120,000 bytes, and
subject, body and the other attributes have fewer than 130,000 together.
"""

from collections.abc import Iterable, Mapping

from rescan.ledger.news import EventType, ImageEvent, News
from rescan.notice.attributes import attributes
from rescan.notice.chat import chat_body
from rescan.notice.content import NoticeContent
from rescan.notice.ended import EndedNotice
from rescan.notice.expiring import ExpiringNotice
from rescan.notice.group import GroupNotice
from rescan.notice.image_notice import ImageNotice
from rescan.notice.mail import mail_body, mail_subject
from rescan.notice.not_evaluated import NotEvaluatedNotice
from rescan.notice.recovered import RecoveredNotice
from rescan.notice.reminder import ReminderNotice
from rescan.notice.stop import StopNotice
from rescan.notice.summary import Summary
from rescan.notice.summary_notice import SummaryNotice
from rescan.outbox.envelope import Envelope
from rescan.outbox.group import Group
from rescan.outbox.items import Channel, OutboxItem
from rescan.outbox.notice import Notice

# A kind that is added has its line here.
_KINDS: Mapping[ImageEvent, type[ImageNotice]] = {
    EventType.STOP: StopNotice,
    EventType.REMINDER: ReminderNotice,
    EventType.RECOVERED: RecoveredNotice,
    EventType.NOT_EVALUATED: NotEvaluatedNotice,
    EventType.EXPIRING: ExpiringNotice,
    EventType.ENDED: EndedNotice,
}
_BODIES = {Channel.STOPS: mail_body, Channel.CHAT: chat_body}


def outbox_items(news: News, channels: Iterable[Channel]) -> tuple[OutboxItem, ...]:
    """The notice of the news for each channel."""
    content = _KINDS[news.event_type](news)
    return _items(content, content.labels, channels)


def summary_outbox_items(summary: Summary, channels: Iterable[Channel]) -> tuple[OutboxItem, ...]:
    """The notice of the summary for each channel.

    One that still waits in the outbox is replaced by another one that was due at the same moment.
    """
    content = SummaryNotice(summary)
    return _items(content, content.labels, channels)


def group_notice(group: Group) -> Notice:
    """The message of the group for its channel."""
    content = GroupNotice(group, _KINDS[group.event_type])
    return _notice(content, group.channel, content.result())


def _items(
    content: NoticeContent, envelope: Envelope, channels: Iterable[Channel]
) -> tuple[OutboxItem, ...]:
    result = content.result()
    return tuple(
        OutboxItem(channel, envelope, _notice(content, channel, result)) for channel in channels
    )


def _notice(content: NoticeContent, channel: Channel, result: str) -> Notice:
    """With the same subject and attributes on each channel, so that filters choose alike."""
    body = _BODIES[channel](content)
    return Notice(mail_subject(content), body, attributes(content.labels, result))
