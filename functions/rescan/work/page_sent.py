"""What the pages of entries came to, which each page of tags asks about.

It is read once a container and sweep, not with each page: of a million images that are 200 items,
and a sweep has 2,000 pages of tags. What is kept of a page never changes, so what was read stays
true; a new container reads it anew.
"""

from datetime import datetime

from msgspec import Struct

from rescan.gate.inventory import RunningImage
from rescan.work.page_hashes import HashSet
from rescan.work.page_ports import SweepPages
from rescan.work.ports import EntrySnapshot


class Sent(Struct, frozen=True):
    """`hashes` of what was sent, 8 bytes each; `old` and `lost` as on the pages."""

    hashes: HashSet
    old: tuple[EntrySnapshot, ...]
    lost: tuple[RunningImage, ...]


class SentWithEntries:
    """Holds that of one sweep at a time: two that are under way at once take turns."""

    def __init__(self, pages: SweepPages) -> None:
        self._pages = pages
        self._held: tuple[datetime, Sent] | None = None

    def of(self, sweep: datetime, number: int) -> Sent:
        """Of the sweep's pages of entries, which are so many and all kept. LedgerUnavailable."""
        held = self._held
        if held is None or held[0] != sweep:
            held = self._held = sweep, self._read(sweep, number)
        return held[1]

    def _read(self, sweep: datetime, number: int) -> Sent:
        hashes, old, lost = [], list[EntrySnapshot](), list[RunningImage]()
        for page in self._pages.read(sweep, range(number)):
            hashes.append(page.enqueued)
            old += page.old
            lost += page.lost
        return Sent(HashSet(hashes), tuple(old), tuple(lost))
