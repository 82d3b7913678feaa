"""What the inventory sees running, each with what the ledger knows of it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from msgspec import Struct

from rescan.gate.inventory import Inventory, RunningImage
from rescan.gate.running import Running
from rescan.ledger.entry import Entry
from rescan.work.coverage import one_a_tag
from rescan_cli.state.row import Row, row_of

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class RunningRow(Struct, frozen=True):
    """An image as the inventory calls it, where it runs, and its row; None: it has no verdict."""

    name: str
    running: Running
    row: Row | None


class RunningNow(Struct, frozen=True):
    """As of `at`: those without a verdict first, then what is stopped, then the oldest verdict.

    `doubt` says why what runs is not known; None: it is. `stale` are contexts that were not seen
    lately. `unreadable` are the subjects of entries that could not be read.
    """

    at: datetime
    rows: tuple[RunningRow, ...]
    contexts: int = 0
    stale: tuple[str, ...] = ()
    doubt: str | None = None
    unreadable: tuple[str, ...] = ()

    @property
    def unknown(self) -> int:
        """How many of them have no verdict."""
        return sum(row.row is None for row in self.rows)

    @property
    def stopped(self) -> int:
        """How many of them are stopped."""
        return sum(row.row is not None and row.row.stopped for row in self.rows)


def running_now(
    inventory: Inventory, entries: Iterable[Entry], now: datetime, unreadable: Iterable[str] = ()
) -> RunningNow:
    """What runs with what is known of it; `unreadable` is read after the last entry."""
    known = _Known(entries, now)
    rows = [_row(image, known, now) for image in inventory.images]
    return RunningNow(
        at=now,
        rows=tuple(sorted(rows, key=_to_look_at)),
        contexts=len(inventory.contexts),
        stale=tuple(sorted(inventory.stale)),
        doubt=inventory.doubt,
        unreadable=tuple(unreadable),
    )


class _Known:
    """Rows with a verdict, by the digests that it is of, and by their tags."""

    def __init__(self, entries: Iterable[Entry], now: datetime) -> None:
        self._by_digest: defaultdict[str, list[Row]] = defaultdict(list)
        every = {entry.subject: entry for entry in entries}
        rows = one_a_tag(row_of(entry, now) for entry in every.values())
        rows_of = {(row.tag, row.old_digest): row for row in rows if row.verdict}
        self._by_name = {str(tag): row for (tag, old), row in rows_of.items() if old is None}
        for entry in every.values():
            row = rows_of.get((entry.tag, entry.old_digest))
            if row is not None and row.digest == entry.digest:
                for digest in _digests(entry):
                    self._by_digest[digest].append(row)

    def row(self, image: RunningImage) -> Row | None:
        """The row of the image; of several tags that are on it, that of its own name."""
        own = self._by_name.get(str(image.tag))
        if image.digest is None:
            return own
        found = self._by_digest[image.digest]
        return min(found, key=lambda row: str(row.tag) != str(image.tag), default=None)


def _digests(entry: Entry) -> Iterator[str]:
    """Those that the verdict is of: the image's, and its index's, if that is known."""
    if entry.digest is not None:
        known = entry.running.digests if entry.running else ()
        every = {entry.digest, *known} if entry.digest in known else {entry.digest}
        yield from every | ({entry.old_digest} if entry.old_digest else set())


def _row(image: RunningImage, known: _Known, now: datetime) -> RunningRow:
    name = "@".join(part for part in (image.name, image.digest) if part)
    return RunningRow(name, Running(now, (), image.places, image.total), known.row(image))


def _to_look_at(one: RunningRow) -> tuple[bool, bool, datetime, str]:
    row = one.row
    evaluated_at = (row and row.evaluated_at) or _LONG_AGO
    return row is not None, row is not None and not row.stopped, evaluated_at, one.name
