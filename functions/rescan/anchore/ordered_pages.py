"""The rows of a list of several pages, while rows come and go.

A page is an offset. When a row goes, those behind it move up, and the one at the edge of the next
page is on neither. So each page begins no later than with the last tag of the page before, and must
name one that was on it. A page that names none came too late, and an earlier one is asked for, back
to the beginning if need be. This takes an order in which no tag overtakes another; the rows of one
tag may, since all of them are read again.

What is there all the time is so read: it is behind a row that was read, or on the next page.
"""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Generic, NamedTuple, Protocol, TypeVar


class _Named(Protocol):
    @property
    def full_tag(self) -> str | None: ...


_Row = TypeVar("_Row", bound=_Named)
# Of a limit and a page's number, from 1: its rows, and how many there are in all.
ReadPage = Callable[[int, int], tuple[Sequence[_Row], int]]


class _Page(NamedTuple, Generic[_Row]):
    rows: Sequence[_Row]
    start: int
    limit: int
    total: int

    @property
    def end(self) -> int:
        return self.start + len(self.rows)

    @property
    def names(self) -> AbstractSet[str]:
        return {row.full_tag for row in self.rows if row.full_tag}

    @property
    def is_last(self) -> bool:
        return self.end >= self.total or len(self.rows) < self.limit


def rows_in_order(read: ReadPage[_Row], most: int) -> Iterator[_Row | None]:
    """Each row of pages of at most so many, some more than once; None for one that is left out.

    Left out is what a server keeps that answers fewer rows than it counts, or one page for all.
    """
    page = _page_from(read, 0, most)
    read_to = page.end
    yield from page.rows
    while not page.is_last:
        before, page = page, _page_after(read, page, most)
        if page.rows != before.rows:
            read_to = page.end
        yield from page.rows
    yield from [None] * (page.total - read_to)


def _page_after(read: ReadPage[_Row], before: _Page[_Row], most: int) -> _Page[_Row]:
    """The page that follows without a gap."""
    known = before.names
    page = _page_from(read, _overlap_of(before, most), most)
    while page.start and known and known.isdisjoint(page.names):
        page = _page_from(read, max(0, page.start - most // 2), most)
    return page


def _overlap_of(page: _Page[_Row], most: int) -> int:
    """The first row of the page's last tag; of a tag that fills a page, the last."""
    last = page.rows[-1].full_tag
    first = next(number for number, row in enumerate(page.rows) if row.full_tag == last)
    row = page.start + first
    return row if _end_of(_limit_for(row, most), row) > page.end else page.end - 1


def _page_from(read: ReadPage[_Row], row: int, most: int) -> _Page[_Row]:
    """The page with this row that reaches farthest: pages of one limit do not overlap."""
    limit = _limit_for(row, most)
    rows, total = read(limit, row // limit + 1)
    return _Page(rows, row // limit * limit, limit, total)


def _limit_for(row: int, most: int) -> int:
    return max(range(most, most // 2, -1), key=lambda limit: _end_of(limit, row))


def _end_of(limit: int, row: int) -> int:
    return row // limit * limit + limit
