"""Ledger, outbox, queue and deferred work, which `aws/` and `memory/` implement."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from msgspec import Struct

from rescan.events.commands import Gate, SweepPage
from rescan.gate.data_version import DataVersion
from rescan.gate.inventory import InventoryRecord
from rescan.gate.running import Running
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.team import UNROUTED
from rescan.ledger.due_dates import earliest_first_days
from rescan.ledger.entry import Entry
from rescan.ledger.failing import Failing
from rescan.notice.summary import Coverage, Unwatched
from rescan.outbox.items import InFlight, OutboxItem, PendingNotice, Unreadable
from rescan.outbox.notice import Notice
from rescan.outbox.storm import Storm
from rescan.work.scanner_seen import Scans


class EntrySnapshot(Struct, frozen=True):
    """What a sweep and a summary read of an entry.

    `first_days` are its earliest days under each term of DueDays (`ledger/due_dates.py`). `running`
    is where a sweep last saw an image of the tag, which need not have its `digest` any more.
    `old_digest` is set for a digest that runs though the tag has moved on. `has_rows` as the entry.
    """

    tag: ImageTag
    stopped: bool
    evaluated_at: datetime | None
    sweep: datetime | None
    result_at: datetime | None = None
    first_stop_at: datetime | None = None
    failing: Failing | None = None
    unknown_push_at: datetime | None = None
    held_until: datetime | None = None
    subject: str = ""
    team: str = UNROUTED
    first_days: Mapping[str, date] = {}
    digest: Digest | None = None
    running: Running | None = None
    old_digest: Digest | None = None
    has_rows: bool = False

    @classmethod
    def of(cls, entry: Entry) -> "EntrySnapshot":
        """That of the entry."""
        return cls(
            tag=entry.tag,
            stopped=entry.stopped,
            evaluated_at=entry.evaluated_at,
            sweep=entry.sweep,
            result_at=entry.result_at,
            first_stop_at=entry.first_stop_at,
            failing=entry.failing,
            unknown_push_at=entry.unknown_push.at if entry.unknown_push else None,
            held_until=entry.held_until,
            subject=entry.subject,
            team=entry.team,
            first_days=earliest_first_days(entry),
            digest=entry.digest,
            running=entry.running,
            old_digest=entry.old_digest,
            has_rows=entry.has_rows,
        )

    @property
    def is_old(self) -> bool:
        """Whether it is of a digest that runs though its tag has moved on."""
        return self.old_digest is not None

    @property
    def where(self) -> Running | None:
        """Where the image runs; None: not known."""
        return self.running.about(self.digest) if self.running else None


class SweepRecord(Struct, frozen=True):
    """A full sweep: when it began, how many tags it expected, and what the one before it came to.

    While a sweep is under way, the previous one tells whether the images are watched. `expected`
    counts the tags that it enqueued, and the rows that are `unwatched`. `data` is what Anchore
    judged by when it began; None: not known. `inventory` None: what runs was not asked.
    `noticed_at` is when a STOP of its own was last published. `by_pages`: Anchore's list was read
    so; `enqueuing`: not all pages are done, and `expected` is an estimate.
    """

    started: datetime
    expected: int
    before: Coverage | None = None
    unwatched: Unwatched = Unwatched()
    data: DataVersion | None = None
    inventory: InventoryRecord | None = None
    noticed_at: datetime | None = None
    enqueuing: bool = False
    by_pages: bool = False

    @property
    def has_listed_most(self) -> bool:
        """Whether its pages were what they should be: one that is short hides all behind it."""
        return self.by_pages and self.unwatched.rows <= self.expected // 2


class Ledger(Scans, Protocol):
    """Each call raises LedgerUnavailable."""

    def read(self, subject: str) -> Entry | None:
        """The entry; None when there is none."""
        ...

    def write(self, entry: Entry, notices: Sequence[OutboxItem] = ()) -> None:
        """Write the entry, and its notices into the outbox: both or neither.

        LedgerConflict when the entry that is there is not the previous version, or was marked by a
        later sweep meanwhile.
        """
        ...

    def add(self, notices: Sequence[OutboxItem]) -> None:
        """Write notices that belong to no entry; one with the same id that waits is replaced."""
        ...

    def mark_swept(self, subject: str, sweep: datetime) -> None:
        """Let the entry as it is count as this sweep's result; a later sweep's mark stays.

        LedgerConflict while the entry is being written.
        """
        ...

    def snapshots(self, *, side_by_side: bool = False) -> Iterator[EntrySnapshot]:
        """Every entry; LedgerUnavailable may come behind some of them.

        `side_by_side`: they are very many, and several parts are read at once.
        """
        ...

    def last_sweep(self) -> SweepRecord | None:
        """The last full sweep; None before the first."""
        ...

    def begin_sweep(self, at: datetime, unless_since: datetime | None = None) -> bool:
        """Note that a full sweep begins; False, and nothing noted, when one has since then."""
        ...

    def record_sweep(self, sweep: SweepRecord) -> None:
        """Record a full sweep that has enqueued its tags."""
        ...

    def note_notice(self, started: datetime, at: datetime) -> None:
        """Remember when a STOP of the sweep was last published; nothing if another began since."""
        ...

    def count_set_aside(self) -> int:
        """How many notices of the outbox are set aside."""
        ...


class Outbox(Protocol):
    """The notices that wait, for one publisher at a time. Each call raises LedgerUnavailable."""

    def claim(self, now: datetime, until: datetime) -> bool:
        """Whether this publisher is the one until then; False while another is."""
        ...

    def release(self) -> None:
        """Another may claim it at once."""
        ...

    def waiting(self, most: int) -> list[PendingNotice]:
        """What waits, oldest first; at most so many for each channel."""
        ...

    def unreadable(self) -> list[Unreadable]:
        """What no call since the last time could decode, and left out of its answer."""
        ...

    def notice(self, pending: PendingNotice) -> Notice | None:
        """The notice itself; None when it was deleted meanwhile, NoticeInvalid when unreadable."""
        ...

    def storms(self, ids: Iterable[str]) -> list[Storm]:
        """Those of these storms that there are."""
        ...

    def in_flight(self) -> list[InFlight]:
        """What was in flight when the outbox was claimed."""
        ...

    def mark_in_flight(self, flight: InFlight, storm: Storm | None = None) -> None:
        """Remember the message, and its storm as it is then; both or neither.

        NotThePublisher when another has claimed the outbox meanwhile.
        """
        ...

    def clear_in_flight(self, flight: InFlight, superseded: Iterable[str] = ()) -> None:
        """It was published: delete the superseded notices, by their ids, and then its own.

        The next publisher may find it in flight still; that none of its notices waits says enough.
        """
        ...

    def forget(self, flight: InFlight) -> None:
        """It is in flight no longer; none of its notices is deleted, and what waits goes on so."""
        ...

    def set_aside(self, notice: PendingNotice | Unreadable, reason: str) -> None:
        """Keep it, and let it wait no longer; whoever puts it back lets it wait again."""
        ...


class DeferredWork(Protocol):
    """Work that has left the queue until a moment. Each call raises LedgerUnavailable."""

    def defer(self, gate: Gate, until: datetime) -> None:
        """Keep the work; the same work is kept once."""
        ...

    def ready(self, now: datetime, most: int) -> Iterator[list[Gate]]:
        """The work whose moment has come, in batches; at most so much."""
        ...

    def remove(self, gates: list[Gate]) -> None:
        """These are on the queue again; one that stays all the same is only done twice."""
        ...


class WorkQueue(Protocol):
    """Each call raises QueueUnavailable."""

    def send(self, gate: Gate, delay: timedelta) -> None:
        """Send one message, to be received after the delay, of at most 15 minutes."""
        ...

    def send_page(self, page: SweepPage, delay: timedelta) -> None:
        """Send a sweep's page, in the lane of sweeps, to be received after the delay."""
        ...

    def send_all(self, gates: Iterable[Gate]) -> int:
        """Send many messages; returns their number, and raises unless all were taken."""
        ...

    def is_busy(self) -> bool:
        """Whether messages wait or are worked on, those that wait for their time apart; about."""
        ...
