"""What the readers of the topic get, and how long they waited for it."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from sys import intern
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from rescan.kernel.errors import PublishFailed
from rescan.kernel.image_tag import Digest
from rescan.ledger.announced_findings import AnnouncedFindings
from rescan.ledger.entry import Entry, PlatformFacts
from rescan.ledger.news import EventType
from rescan.ledger.unreported import UnreportedChanges
from rescan.outbox.items import OutboxItem
from rescan.outbox.notice import Notice
from tests.lab.simulation.scenario import images_in
from tests.lab.simulation.turns import SimulatedTime
from tests.support.fakes import FakeLedger, FakeTopic

_NONE, _UNCHANGED = AnnouncedFindings(), UnreportedChanges()
_NO_PLATFORMS: dict[Digest, PlatformFacts] = {}
_LISTED: dict[tuple[str, ...], tuple[str, ...]] = {}


class Message(NamedTuple):
    """A message: when it came, whose it is, and the full tags of the images that its text names."""

    at: datetime
    kind: EventType
    images: tuple[str, ...]
    team: str


class DecidedLedger(FakeLedger):
    """Remembers since when each image's last notice of a kind waits.

    An entry shares what it has in common with the one before it: so a million of them have room.
    """

    decided: dict[tuple[EventType, str], datetime] = msgspec.field(default_factory=dict)

    def write(self, entry: Entry, notices: Sequence[OutboxItem] = ()) -> None:
        before = self.entries.get(entry.subject)
        super().write(_sharing(entry, before) if before else entry, notices)
        for each in notices:
            envelope = each.envelope
            self.decided[envelope.event_type, str(envelope.tag)] = envelope.at


def _sharing(entry: Entry, before: Entry) -> Entry:
    return replace(
        entry,
        subject=before.subject,
        tag=before.tag,
        team=intern(entry.team),
        listed=_LISTED.setdefault(entry.listed, entry.listed),
        stopping=entry.stopping if entry.stopping != _NONE else _NONE,
        unreported=entry.unreported if entry.unreported != _UNCHANGED else _UNCHANGED,
        platforms=entry.platforms or _NO_PLATFORMS,
        doubted=entry.doubted or _NO_PLATFORMS,
    )


class TimedTopic(FakeTopic):
    """Takes no message until SNS is back, and remembers when each came, not the whole of it."""

    def __init__(self, time: SimulatedTime, back: datetime) -> None:
        super().__init__()
        self.back = back
        self.messages: list[Message] = []
        self._time = time

    def publish(self, notice: Notice) -> str:
        if self._time.now() < self.back:
            raise PublishFailed("SNS is away")
        kind = EventType(str(notice.attributes["event_type"]))
        team = str(notice.attributes["team"])
        self.messages.append(Message(self._time.now(), kind, images_in(notice.body), team))
        super().publish(notice)
        self.notices.clear()
        return f"message-{len(self.messages)}"

    def named(self, kind: EventType) -> list[str]:
        """The images that messages of the kind name, in order."""
        return [image for m in self.messages if m.kind is kind for image in m.images]

    def longest_wait(self, kind: EventType, ledger: DecidedLedger) -> timedelta:
        """From the verdict, or from when SNS was back, until the message came."""
        waits = (
            message.at - max(ledger.decided[kind, image], self.back)
            for message in self.messages
            if message.kind is kind
            for image in message.images
        )
        return max(waits, default=timedelta())

    def most_within(self, span: timedelta) -> int:
        """How many messages came within such a span of time at most."""
        moments = [message.at for message in self.messages]
        ends = (bisect_left(moments, at + span) for at in moments)
        return max(end - begin for begin, end in enumerate(ends))
