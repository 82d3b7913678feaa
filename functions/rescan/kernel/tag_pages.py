"""Anchore's list of active tags, a page at a time, as a sweep of very many tags reads it."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from msgspec import Struct

from rescan.kernel.deadline import Deadline
from rescan.kernel.watch_list import ListedTags

# Twenty pages, which one invocation lists well within its time.
MOST_ROWS = 10_000


class Boundary(Struct, frozen=True):
    """Where a page ended: the row from which the next one is asked for, and the page's `names`.

    `held` is the last of them when its rows may go on: it belongs to the next page. `read_to` is
    the row behind the last one that was read.
    """

    row: int
    names: tuple[str, ...]
    held: str | None = None
    read_to: int = 0

    @property
    def done(self) -> AbstractSet[str]:
        """The names that belong to the page."""
        return frozenset(self.names) - {self.held}


class TagPage(NamedTuple):
    """The tags of a page, each on one page only; `after` None: it is the last one."""

    listed: ListedTags
    after: Boundary | None


class ManyTags(Exception):
    """The list has so many rows that it is to be read by pages."""

    def __init__(self, rows: int) -> None:
        super().__init__(f"Anchore lists {rows:,} rows")
        self.rows = rows


class TagPages(NamedTuple):
    """`few` lists all tags, or raises ManyTags above `most` rows; `page` reads one page."""

    most: int
    few: Callable[[Deadline, AbstractSet[str]], ListedTags]
    page: Callable[[Deadline, AbstractSet[str], Boundary | None], TagPage]
