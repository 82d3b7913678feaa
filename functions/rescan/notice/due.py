"""Notices on their way: for which channel, what they are about, and the message itself."""

from collections.abc import Callable, Iterable
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from rescan.news import News
from rescan.notice.chat import chat_body
from rescan.notice.gist import Gist, gist_of
from rescan.notice.notice import Notice
from rescan.notice.notice_of import notice_of
from rescan.notice.told import told_of

__all__ = ["Channel", "Due", "Waiting", "due_of", "for_each"]


class Channel(StrEnum):
    """Where a notice goes; each has its own messages, so that one that fails holds none up."""

    STOPS = "stops"
    CHAT = "chat"


class Waiting(Struct, frozen=True):
    """A notice that waits in the outbox, as far as grouping must know it."""

    channel: Channel
    gist: Gist


class Due(Struct, frozen=True):
    """A notice that is decided and not yet published."""

    channel: Channel
    gist: Gist
    notice: Notice


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
