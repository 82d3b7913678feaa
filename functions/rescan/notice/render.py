"""Notices on their way: for which channel, what they are about, and the message itself."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from rescan.ledger.news import News
from rescan.notice.chat import chat_body
from rescan.notice.envelopes import gist_of
from rescan.notice.notice_of import notice_of
from rescan.notice.told import told_of
from rescan.outbox.envelope import Gist
from rescan.outbox.items import Channel, Due
from rescan.outbox.notice import Notice


def due_of(news: News, channels: Iterable[Channel]) -> tuple[Due, ...]:
    """One for each channel; NoticeInvalid when the facts contradict the event type."""
    told = told_of(news)
    return for_each(channels, gist_of(told), notice_of(told), lambda: chat_body(told))


def for_each(
    channels: Iterable[Channel], gist: Gist, mail: Notice, chat: Callable[[], str]
) -> tuple[Due, ...]:
    """All with the mail's subject and attributes, so that filters choose alike."""
    return tuple(
        Due(channel, gist, replace(mail, body=chat()) if channel is Channel.CHAT else mail)
        for channel in channels
    )
