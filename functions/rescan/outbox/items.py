"""What stands in the outbox."""

from enum import StrEnum

from msgspec import Struct

from rescan.outbox.envelope import Envelope
from rescan.outbox.notice import Notice


class Channel(StrEnum):
    """Where a notice goes; each has its own messages, so that one that fails holds none up."""

    STOPS = "stops"
    CHAT = "chat"


class PendingNotice(Struct, frozen=True):
    """A notice that waits in the outbox, as far as grouping must know it."""

    channel: Channel
    envelope: Envelope


class OutboxItem(Struct, frozen=True):
    """A notice that is decided and not yet published."""

    channel: Channel
    envelope: Envelope
    notice: Notice


class InFlight(Struct, frozen=True):
    """A message that is about to be published in place of the notices whose `ids` it has."""

    id: str
    channel: Channel
    notice: Notice
    ids: tuple[str, ...]
