"""What the readers of the topic get, and how long they waited for it."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from rescan.kernel.errors import PublishFailed
from rescan.ledger.entry import Entry
from rescan.ledger.news import EventType
from rescan.outbox.items import OutboxItem
from rescan.outbox.notice import Notice
from tests.lab.simulation.scenario import images_in
from tests.lab.simulation.turns import SimulatedTime
from tests.support.fakes import FakeLedger, FakeTopic


class Message(NamedTuple):
    """A message, when it came, and the full tags of the images that its text names."""

    at: datetime
    kind: EventType
    images: tuple[str, ...]


class DecidedLedger(FakeLedger):
    """Remembers since when each image's last notice of a kind waits."""

    decided: dict[tuple[EventType, str], datetime] = msgspec.field(default_factory=dict)

    def write(self, entry: Entry, notices: Sequence[OutboxItem] = ()) -> None:
        super().write(entry, notices)
        for each in notices:
            envelope = each.envelope
            self.decided[envelope.event_type, str(envelope.tag)] = envelope.at


class TimedTopic(FakeTopic):
    """Takes no message until SNS is back, and remembers when each came."""

    def __init__(self, time: SimulatedTime, back: datetime) -> None:
        super().__init__()
        self.back = back
        self.messages: list[Message] = []
        self._time = time

    def publish(self, notice: Notice) -> str:
        if self._time.now() < self.back:
            raise PublishFailed("SNS is away")
        kind = EventType(str(notice.attributes["event_type"]))
        self.messages.append(Message(self._time.now(), kind, images_in(notice.body)))
        return super().publish(notice)

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
