"""What the readers of the topic get, and how long they waited for it."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from msgspec import json

from rescan.kernel.errors import PublishFailed
from rescan.ledger.entry import Entry
from rescan.ledger.news import EventType
from rescan.outbox.items import OutboxItem
from rescan.outbox.notice import Notice
from tests.lab.simulation.turns import SimulatedTime
from tests.support.fakes import FakeLedger, FakeTopic


class Named(NamedTuple):
    """An image that a message names, and the notice that is about it."""

    full_tag: str
    notice: str


class Message(NamedTuple):
    """A message, and when it came."""

    at: datetime
    kind: EventType
    images: tuple[Named, ...]


class DecidedLedger(FakeLedger):
    """Remembers since when each notice waits."""

    decided: dict[str, datetime] = msgspec.field(default_factory=dict)

    def write(self, entry: Entry, notices: Sequence[OutboxItem] = ()) -> None:
        super().write(entry, notices)
        self.decided |= {each.envelope.id: each.envelope.at for each in notices}


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
        self.messages.append(Message(self._time.now(), kind, tuple(_images_of(notice))))
        return super().publish(notice)

    def named(self, kind: EventType) -> list[str]:
        """The images that messages of the kind name, in order."""
        return [name.full_tag for m in self.messages if m.kind is kind for name in m.images]

    def longest_wait(self, kind: EventType, decided: dict[str, datetime]) -> timedelta:
        """From the verdict, or from when SNS was back, until the message came."""
        waits = (
            message.at - max(decided[name.notice], self.back)
            for message in self.messages
            if message.kind is kind
            for name in message.images
        )
        return max(waits, default=timedelta())

    def most_within(self, span: timedelta) -> int:
        """How many messages came within such a span of time at most."""
        moments = [message.at for message in self.messages]
        ends = (bisect_left(moments, at + span) for at in moments)
        return max(end - begin for begin, end in enumerate(ends))


def _images_of(notice: Notice) -> Iterator[Named]:
    result: Any = json.decode(notice.result)
    if result["group"] is None:
        yield Named(result["image"]["full_tag"], result["id"])
    else:
        for member in result["group"]["members"]:
            yield Named(member["full_tag"], member["id"])
