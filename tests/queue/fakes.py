"""AWS as the queue's work sees it, in memory; `test_ledger.py` holds FakeLedger to the table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

from msgspec import json
from msgspec.structs import replace

from rescan.errors import LedgerConflict, LedgerUnavailable, PublishFailed, QueueUnavailable
from rescan.events import Gate
from rescan.memory import Entry
from rescan.notice.notice import Notice
from rescan.ports import Glance, Page, SweepRecord

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass
class FakeLedger:
    """`refuses`: the calls that raise LedgerUnavailable."""

    pages: dict[str, Page] = field(default_factory=dict)
    sweeps: list[SweepRecord] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    slot: datetime = NOON - timedelta(days=1)
    lock: Lock = field(default_factory=Lock)

    def read(self, subject: str) -> Page | None:
        self._called("read")
        return self.pages.get(subject)

    def write(self, page: Page) -> None:
        self._called("write")
        with self.lock:
            there = self.pages.get(page.entry.subject)
            if (there.entry.version if there else 0) != page.entry.version - 1:
                raise LedgerConflict(page.entry.subject)
            self.pages[page.entry.subject] = page

    def clear_outbox(self, entry: Entry) -> None:
        self._called("clear_outbox")
        there = self.pages[entry.subject]
        if there.entry.version == entry.version:
            self.pages[entry.subject] = Page(there.entry)

    def mark_swept(self, subject: str, sweep: datetime) -> None:
        self._called("mark_swept")
        there = self.pages[subject]
        if there.entry.sweep is None or there.entry.sweep < sweep:
            self.pages[subject] = replace(there, entry=replace(there.entry, sweep=sweep))

    def glances(self) -> Iterator[Glance]:
        self._called("glances")
        for page in self.pages.values():
            e = page.entry
            yield Glance(e.tag, e.stopped, bool(page.outbox), e.evaluated_at, e.sweep)

    def last_sweep(self) -> SweepRecord | None:
        self._called("last_sweep")
        return self.sweeps[-1] if self.sweeps else None

    def record_sweep(self, sweep: SweepRecord) -> None:
        self._called("record_sweep")
        self.sweeps.append(sweep)

    def claim_slot(self, now: datetime, horizon: timedelta) -> datetime | None:
        self._called("claim_slot")
        with self.lock:
            slot = max(now, self.slot + timedelta(seconds=0.25))
            if slot > now + horizon:
                return None
            self.slot = slot
            return slot

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.refuses:
            raise LedgerUnavailable(f"refused: {name}")


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
