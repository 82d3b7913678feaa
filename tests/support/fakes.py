"""AWS as the queue's work sees it, in memory; `test_ledger.py` holds FakeLedger to the table."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

from msgspec import json
from msgspec.structs import replace

from rescan.events.commands import Gate
from rescan.kernel.errors import (
    LedgerConflict,
    LedgerUnavailable,
    NotThePublisher,
    PublishFailed,
    QueueUnavailable,
)
from rescan.ledger.entry import Entry
from rescan.outbox.items import Channel, InFlight, OutboxItem, PendingNotice
from rescan.outbox.notice import Notice
from rescan.outbox.storm import Storm
from rescan.work.ports import EntrySnapshot, SweepRecord

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass
class FakeLedger:
    """Ledger and outbox; `refuses`: the calls that raise LedgerUnavailable."""

    entries: dict[str, Entry] = field(default_factory=dict)
    due: dict[tuple[Channel, str], OutboxItem] = field(default_factory=dict)
    storms: dict[str, Storm] = field(default_factory=dict)
    sweeps: list[SweepRecord] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    claimed_until: datetime = NOON - timedelta(days=1)
    claims: int = 0
    flights: dict[str, InFlight] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def read(self, subject: str) -> Entry | None:
        self.called("read")
        return self.entries.get(subject)

    def write(self, entry: Entry, due: Sequence[OutboxItem] = ()) -> None:
        self.called("write")
        with self.lock:
            there = self.entries.get(entry.subject)
            if (there.version if there else 0) != entry.version - 1:
                raise LedgerConflict(entry.subject)
            self.entries[entry.subject] = entry
            self.due |= {(each.channel, each.envelope.id): each for each in due}

    def add(self, due: Sequence[OutboxItem]) -> None:
        self.called("add")
        self.due |= {(each.channel, each.envelope.id): each for each in due}

    def mark_swept(self, subject: str, sweep: datetime) -> None:
        self.called("mark_swept")
        there = self.entries[subject]
        if there.sweep is None or there.sweep < sweep:
            self.entries[subject] = replace(there, sweep=sweep)

    def snapshots(self) -> Iterator[EntrySnapshot]:
        self.called("snapshots")
        for e in self.entries.values():
            yield EntrySnapshot(
                e.tag,
                e.stopped,
                e.evaluated_at,
                e.sweep,
                e.result_at,
                e.first_stop_at,
                e.failing,
                e.unknown_push.at if e.unknown_push else None,
                e.held_until,
            )

    def last_sweep(self) -> SweepRecord | None:
        self.called("last_sweep")
        return self.sweeps[-1] if self.sweeps else None

    def record_sweep(self, sweep: SweepRecord) -> None:
        self.called("record_sweep")
        self.sweeps.append(sweep)

    def called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.refuses:
            raise LedgerUnavailable(f"refused: {name}")


class FakeOutbox:
    """The outbox in the ledger, as one publisher sees it."""

    def __init__(self, ledger: FakeLedger) -> None:
        self._ledger = ledger
        self._claim = -1

    def claim(self, now: datetime, until: datetime) -> bool:
        self._ledger.called("claim")
        if now < self._ledger.claimed_until:
            return False
        self._ledger.claimed_until = until
        self._ledger.claims += 1
        self._claim = self._ledger.claims
        return True

    def release(self) -> None:
        self._mine("release").claimed_until = NOON - timedelta(days=1)

    def waiting(self, most: int) -> list[PendingNotice]:
        self._ledger.called("waiting")
        found = [PendingNotice(item.channel, item.envelope) for item in self._ledger.due.values()]
        return sorted(found, key=lambda notice: notice.envelope.order)[:most]

    def notice(self, pending: PendingNotice) -> Notice | None:
        self._ledger.called("notice")
        item = self._ledger.due.get(pending.key)
        return item.notice if item else None

    def storms(self, ids: Iterable[str]) -> list[Storm]:
        self._ledger.called("storms")
        return [storm for name in ids if (storm := self._ledger.storms.get(name))]

    def in_flight(self) -> list[InFlight]:
        # Known since the claim: no call of its own.
        return list(self._ledger.flights.values())

    def mark_in_flight(self, flight: InFlight, storm: Storm | None = None) -> None:
        ledger = self._mine("mark_in_flight")
        ledger.flights[flight.id] = flight
        if storm is not None:
            ledger.storms[storm.id] = storm

    def clear_in_flight(self, flight: InFlight, superseded: Iterable[str] = ()) -> None:
        self._ledger.called("clear_in_flight")
        for name in (*superseded, *flight.ids):
            self._ledger.due.pop((flight.channel, name), None)
        self._ledger.flights.pop(flight.id, None)

    def _mine(self, name: str) -> FakeLedger:
        self._ledger.called(name)
        if self._claim != self._ledger.claims:
            raise NotThePublisher("claimed by another")
        return self._ledger


@dataclass
class FakeTopic:
    """Keeps what was published; `refuses` while it is down."""

    notices: list[Notice] = field(default_factory=list)
    refuses: bool = False
    subscriptions: int = 1

    def publish(self, notice: Notice) -> str:
        if self.refuses:
            raise PublishFailed("SNS refused")
        notice.check()
        self.notices.append(notice)
        return f"message-{len(self.notices)}"

    def confirmed_subscriptions(self) -> int:
        if self.refuses:
            raise PublishFailed("SNS refused")
        return self.subscriptions

    @property
    def said(self) -> list[str]:
        """The event types, in order."""
        return [str(notice.attributes["event_type"]) for notice in self.notices]

    @property
    def ids(self) -> list[str]:
        """The ids of the notices, in order."""
        return [json.decode(n.result)["id"] for n in self.notices]


@dataclass
class FakeQueue:
    """Keeps the messages with their delays, as they would be read back."""

    messages: list[tuple[str, timedelta]] = field(default_factory=list)
    refuses: bool = False

    def send(self, gate: Gate, delay: timedelta) -> None:
        if self.refuses:
            raise QueueUnavailable("refused")
        self.messages.append((gate.encode(), delay))

    def send_all(self, gates: Iterable[Gate]) -> int:
        bodies = [gate.encode() for gate in gates]
        if self.refuses:
            raise QueueUnavailable("refused")
        self.messages += [(body, timedelta()) for body in bodies]
        return len(bodies)
