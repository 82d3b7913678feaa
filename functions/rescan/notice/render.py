"""Notices on their way: for which channel, what they are about, and the message itself."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from rescan.ledger.news import News
from rescan.notice.chat import chat_body
from rescan.notice.envelopes import envelope_of
from rescan.notice.notice_of import notice_of
from rescan.notice.told import told_of
from rescan.outbox.envelope import Envelope
from rescan.outbox.items import Channel, OutboxItem
from rescan.outbox.notice import Notice


def due_of(news: News, channels: Iterable[Channel]) -> tuple[OutboxItem, ...]:
    """One for each channel; NoticeInvalid when the facts contradict the event type."""
    told = told_of(news)
    return for_each(channels, envelope_of(told), notice_of(told), lambda: chat_body(told))


def for_each(
    channels: Iterable[Channel], envelope: Envelope, mail: Notice, chat: Callable[[], str]
) -> tuple[OutboxItem, ...]:
    """All with the mail's subject and attributes, so that filters choose alike."""
    return tuple(
        OutboxItem(
            channel, envelope, replace(mail, body=chat()) if channel is Channel.CHAT else mail
        )
        for channel in channels
    )
