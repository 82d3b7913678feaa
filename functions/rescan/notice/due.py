"""Notices on their way: for which channel, what they are about, and the message itself."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from rescan.news import News
from rescan.notice.chat import chat_of
from rescan.notice.gist import Gist, gist_of
from rescan.notice.notice import Notice
from rescan.notice.notice_of import notice_of

__all__ = ["Channel", "Due", "Waiting", "due_of"]


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
    gist = gist_of(news)
    return tuple(Due(channel, gist, _RENDERED[channel](news)) for channel in channels)


_RENDERED = {Channel.STOPS: notice_of, Channel.CHAT: chat_of}
