"""Everything that the ledger remembers of one image, or the names that are near. Pure."""

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches

from msgspec import Struct

from rescan.kernel.due_days import DueDays
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.entry import Entry
from rescan.outbox.items import PendingNotice
from rescan.work.coverage import standing
from rescan_cli.state.row import Row, row_of

_MOST_NEAR = 5
# Comparing one name with each of 10,000 takes a second; what shares nothing is not near.
_NEAR = 0.6


class Remembered(Struct, frozen=True):
    """One entry of an image, and what waits in the outbox for it."""

    entry: Entry
    row: Row
    pending: tuple[PendingNotice, ...]


def found_of(tag: ImageTag, entries: Iterable[Entry], names: set[str]) -> list[Entry]:
    """The tag's entries, the one that sweeps keep up to date first; `names` gets all others."""
    found: list[Entry] = []
    for entry in entries:
        if entry.tag == tag:
            found.append(entry)
        else:
            names.add(str(entry.tag))
    return sorted(found, key=standing, reverse=True)


def remembered(
    entries: Iterable[Entry],
    pending: Iterable[PendingNotice],
    now: datetime,
    terms: DueDays,
) -> list[Remembered]:
    """Each entry with its own notices."""
    waiting = tuple(pending)
    return [
        Remembered(
            entry,
            row_of(entry, now, terms),
            tuple(it for it in waiting if it.envelope.subject == entry.subject),
        )
        for entry in entries
    ]


def near(tag: ImageTag, names: Iterable[str]) -> list[str]:
    """At most five that are written alike, those of the same repository name first."""
    every = sorted(names)
    same = [name for name in every if tag.repository in name]
    close = get_close_matches(str(tag), same or every, n=_MOST_NEAR, cutoff=_NEAR)
    # Another registry changes most of a name: without it, the rest may be the very same.
    return close or same[:_MOST_NEAR]
