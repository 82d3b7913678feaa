"""What the pages of one sweep hand on to each other, and where they keep it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from msgspec import Struct

from rescan.gate.inventory import Inventory, InventoryRecord, RunningImage
from rescan.gate.model import Trigger
from rescan.kernel.tag_pages import Boundary
from rescan.notice.summary import Unwatched
from rescan.work.coverage import Counted
from rescan.work.ports import EntrySnapshot, SweepRecord

# What a page reads: entries of the ledger, tags of Anchore's list, or nothing: it sends what is
# left. Of the last page there is none after it.
Phase = Literal["entries", "tags", "rest", "end"]


class SweepPlan(Struct, frozen=True, kw_only=True):
    """What every page of a sweep goes by, as it was known when the sweep began.

    `record` is the sweep's own. `measured` is the sweep before, which the pages of entries measure;
    None: there is none, or it is measured. `feeds` goes into the messages. `inventory` None: what
    runs was not asked; `contexts` is what the sweep before kept of its own.
    """

    record: SweepRecord
    trigger: Trigger
    measured: SweepRecord | None = None
    feeds: str | None = None
    inventory: Inventory | None = None
    contexts: InventoryRecord | None = None

    @property
    def swept_since(self) -> datetime | None:
        """When the sweep before began; None: there is none."""
        before = self.measured or self.record.before
        return before.started if before else None


class Page(Struct, frozen=True, kw_only=True):
    """What one page came to.

    `next` is what the page after it reads, from `entry` or from the boundary `after` on. `number`
    counts the pages of entries so far, and `counted` and `unwatched` what all pages so far found.
    The rest is the page's own: `enqueued` are hashes of what it sent; `listed` hashes of the tags
    on it, of digests, and of both together, which the pages after it ask about; `old` are entries
    of old digests that may still be sent, `lost` what ran in contexts that have vanished.
    """

    next: Phase
    number: int
    entry: str | None = None
    after: Boundary | None = None
    counted: Counted = Counted()
    unwatched: Unwatched = Unwatched()
    enqueued: bytes = b""
    listed: bytes = b""
    old: tuple[EntrySnapshot, ...] = ()
    lost: tuple[RunningImage, ...] = ()


class Claim(NamedTuple):
    """Whether this message is the one that does the page, and what it has done of it before."""

    is_held: bool
    counted: Counted | None = None
    page: Page | None = None


class SweepPages(Protocol):
    """Each call raises LedgerUnavailable. A page is named by its sweep's beginning and its number.

    What was kept first stays, however often a page is repeated.
    """

    def keep_plan(self, plan: SweepPlan) -> None:
        """Keep the plan for as long as its pages may take."""
        ...

    def plan(self, sweep: datetime) -> SweepPlan | None:
        """The plan; None when it was kept too long ago."""
        ...

    def claim(self, sweep: datetime, number: int, sent: str) -> Claim:
        """Claim the page for the message; another message that comes later does not get it."""
        ...

    def count(self, sweep: datetime, number: int, counted: Counted) -> Counted:
        """Keep what a page of entries counted, before it sends anything; what is kept."""
        ...

    def keep(self, sweep: datetime, number: int, page: Page) -> Page:
        """Keep what the page came to; what is kept."""
        ...

    def read(self, sweep: datetime, numbers: Iterable[int]) -> Iterator[Page]:
        """These pages, in any order; what is missing is left out."""
        ...

    def entries(self, after: str | None, most: int) -> tuple[list[EntrySnapshot], str | None]:
        """So many entries or a few more, and behind which the next begin; None: these are all."""
        ...

    def amend(self, record: SweepRecord) -> None:
        """Write the sweep's record anew; nothing when a later sweep has one.

        Nor is a sweep under way again that has ended.
        """
        ...
