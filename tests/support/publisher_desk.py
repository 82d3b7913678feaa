"""An outbox with notices, and publishers on it, one container after the other."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from rescan.kernel.deadline import Deadline
from rescan.kernel.metrics import Tally
from rescan.ledger.news import EventType
from rescan.outbox.items import OutboxItem
from rescan.work.publisher import Publisher
from tests.support.fakes import NOON, FakeLedger, FakeOutbox, FakeTopic
from tests.support.faults import Crash, Faults, Faulty
from tests.support.one_publisher import publisher_of
from tests.support.outbox_notices import ids_of, outbox_item


@dataclass
class Desk:
    """An outbox with notices, and publishers on it, with a clock that only sleeping moves."""

    ledger: FakeLedger = field(default_factory=FakeLedger)
    topic: FakeTopic = field(default_factory=FakeTopic)
    chat: FakeTopic | None = None
    tally: Tally = field(default_factory=Tally)
    now: datetime = NOON
    faults: Faults = field(default_factory=Faults)

    def hold(self, *items: OutboxItem) -> None:
        self.ledger.notices |= {(item.channel, item.envelope.id): item for item in items}

    def run(self, seconds: float = 60) -> dict[str, Any]:
        """A new container's run."""
        return self.publisher().run(Deadline.after(seconds))

    def run_and_survive(self) -> None:
        """The same, though the process may end."""
        with suppress(Crash):
            self.run()

    def publisher(self) -> Publisher:
        outbox, topic = Faulty(FakeOutbox(self.ledger)), Faulty(self.topic)
        outbox.faults = topic.faults = self.faults
        return publisher_of(outbox, topic, lambda: self.now, self.tally, self._sleep, self.chat)

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @property
    def published(self) -> list[str]:
        """The ids of all notices that were published, alone or in a group."""
        return [name for notice in self.topic.notices for name in ids_of(notice)]


def broken(item: OutboxItem) -> OutboxItem:
    """The same, but SNS would never take it."""
    return replace(item, notice=replace(item.notice, subject=""))


def repeating(item: OutboxItem, hours: float = 24) -> OutboxItem:
    """The REMINDER of a STOP, so much later."""
    envelope, at = item.envelope, item.envelope.at + timedelta(hours=hours)
    name = f"{envelope.id}-{hours}"
    facts = outbox_item(0, event_type=EventType.REMINDER, id=name, subject=envelope.subject, at=at)
    return replace(facts, envelope=replace(facts.envelope, issues=envelope.issues))
