"""What stands in the outbox."""

from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from rescan.outbox.envelope import Envelope
from rescan.outbox.notice import Notice


class Channel(StrEnum):
    """Where a notice goes; each has its own messages, so that one that fails holds none up."""

    STOPS = "stops"
    CHAT = "chat"


# Of a notice its channel and id; of an image the channel and the ledger's subject.
NoticeKey: TypeAlias = tuple[Channel, str]
ImageKey: TypeAlias = tuple[Channel, str]


class PendingNotice(Struct, frozen=True):
    """A notice that waits in the outbox, as far as grouping must know it."""

    channel: Channel
    envelope: Envelope

    @property
    def key(self) -> NoticeKey:
        """Which notice it is."""
        return self.channel, self.envelope.id

    @property
    def image(self) -> ImageKey:
        """What it is about, where it goes: notices of one image keep their order."""
        return self.channel, self.envelope.subject


class OutboxItem(Struct, frozen=True):
    """A notice that is decided and not yet published."""

    channel: Channel
    envelope: Envelope
    notice: Notice


class Unreadable(Struct, frozen=True):
    """Something in the outbox that this version cannot decode, and why.

    `key` is what the outbox calls it. `waits`: it is a notice; a storm, or what is known of a
    message in flight, is made anew.
    """

    key: str
    reason: str
    waits: bool = False


class InFlight(Struct, frozen=True):
    """A message that is about to be published in place of the notices whose `ids` it has.

    `notice` None: the only one of them is the message, as it stands in the outbox.
    """

    id: str
    channel: Channel
    ids: tuple[str, ...]
    notice: Notice | None = None

    @property
    def keys(self) -> list[NoticeKey]:
        """The notices that it is published in place of."""
        return [(self.channel, notice_id) for notice_id in self.ids]
