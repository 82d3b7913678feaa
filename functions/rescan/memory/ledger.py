"""The ledger in memory."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from threading import Lock

from msgspec import Struct, field
from msgspec.structs import replace

from rescan.gate.report import Scan
from rescan.kernel.errors import LedgerConflict
from rescan.ledger.entry import Entry
from rescan.outbox.items import Channel, InFlight, OutboxItem
from rescan.outbox.storm import Storm
from rescan.work.ports import EntrySnapshot, SweepRecord


class MemoryLedger(Struct):
    """Implements `ports.Ledger`, for many threads at once.

    Like the table it holds the outbox as well: the `notices` that wait, those that are set `aside`,
    the `storms`, the messages in flight, and which publisher has claimed it. `MemoryOutbox` is the
    publisher's view of them.
    """

    entries: dict[str, Entry] = {}
    sweeps: list[SweepRecord] = []
    begun: datetime | None = None
    scanned: dict[int, Scan] = {}
    notices: dict[tuple[Channel, str], OutboxItem] = {}
    aside: dict[tuple[Channel, str], OutboxItem] = {}
    storms: dict[str, Storm] = {}
    flights: dict[str, InFlight] = {}
    claims: int = 0
    claimed_until: datetime | None = None
    lock: Lock = field(default_factory=Lock)

    def read(self, subject: str) -> Entry | None:
        return self.entries.get(subject)

    def write(self, entry: Entry, notices: Sequence[OutboxItem] = ()) -> None:
        with self.lock:
            written = self.entries.get(entry.subject)
            if entry.version - 1 != (written.version if written else 0) or _is_marked(
                written, entry
            ):
                raise LedgerConflict(f"{entry.subject} was written meanwhile.")
            self.entries[entry.subject] = entry
            self._keep(notices)

    def add(self, notices: Sequence[OutboxItem]) -> None:
        with self.lock:
            self._keep(notices)

    def mark_swept(self, subject: str, sweep: datetime) -> None:
        with self.lock:
            entry = self.entries.get(subject)
            if entry is not None:
                self.entries[subject] = entry.marked_by(sweep)

    def snapshots(self, *, side_by_side: bool = False) -> Iterator[EntrySnapshot]:
        return map(EntrySnapshot.of, list(self.entries.values()))

    def last_sweep(self) -> SweepRecord | None:
        return self.sweeps[-1] if self.sweeps else None

    def begin_sweep(self, at: datetime, unless_since: datetime | None = None) -> bool:
        with self.lock:
            begun = self.begun if unless_since else None
            is_held = unless_since and begun and unless_since <= begun != at
            if not is_held:
                self.begun = at
            return not is_held

    def record_sweep(self, sweep: SweepRecord) -> None:
        self.sweeps.append(sweep)

    def note_notice(self, started: datetime, at: datetime) -> None:
        if self.sweeps and self.sweeps[-1].started == started:
            self.sweeps[-1] = replace(self.sweeps[-1], noticed_at=at)

    def note_scan(self, slot: int, scan: Scan) -> None:
        self.scanned[slot] = scan

    def scans(self) -> tuple[Scan, ...]:
        return tuple(self.scanned.values())

    def count_set_aside(self) -> int:
        return len(self.aside)

    def _keep(self, notices: Sequence[OutboxItem]) -> None:
        """One that is set aside under the same id is written over, as in the table."""
        for item in notices:
            key = item.channel, item.envelope.id
            self.aside.pop(key, None)
            self.notices[key] = item


def _is_marked(written: Entry | None, entry: Entry) -> bool:
    """Whether a sweep has marked what is written since the entry was read."""
    mark = written.sweep if written else None
    return mark is not None and (entry.sweep is None or entry.sweep < mark)
