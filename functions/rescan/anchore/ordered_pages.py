"""The rows of a list of several pages, while rows come and go.

A page is an offset. When a row goes, those behind it move up, and the one at the edge of the next
page is on neither. So each page begins no later than with the last tag of the page before, and must
name one that was on it. A page that names none came too late, and an earlier one is asked for, back
to the beginning if need be. This takes an order in which no tag overtakes another; the rows of one
tag may, since all of them are read again.

What is there all the time is so read: it is behind a row that was read, or on the next page.

A sweep of very many tags reads one page an invocation (`page_in_order`), and hands on where the
page ended.
"""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Generic, NamedTuple, Protocol, TypeVar

from rescan.kernel.tag_pages import Boundary


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


class PartInOrder(NamedTuple, Generic[_Row]):
    """The rows of one page; `after` None: it is the last, and so many rows were `missed`."""

    rows: Sequence[_Row]
    after: Boundary | None
    missed: int = 0


def page_in_order(read: ReadPage[_Row], after: Boundary | None, most: int) -> PartInOrder[_Row]:
    """The rows of the page behind the boundary; None: of the first one.

    All rows of a tag are on one page, unless the tag fills a page.
    """
    before = after or Boundary(0, ())
    page = _page_naming(read, before.row, frozenset(before.names), most)
    names = tuple(dict.fromkeys(row.full_tag for row in page.rows if row.full_tag))
    read_to = before.read_to if after and names == before.names else page.end
    rows = [row for row in page.rows if row.full_tag not in before.done]
    if page.is_last:
        return PartInOrder(rows, None, max(0, page.total - read_to))
    row, last = _overlap_of(page, most), page.rows[-1].full_tag
    held = last if row < page.end - 1 or _is_alone(page, last) else None
    rows = [one for one in rows if held is None or one.full_tag != held]
    return PartInOrder(rows, Boundary(row, names, held, read_to))


def _is_alone(page: _Page[_Row], name: str | None) -> bool:
    """Whether the page has one row of it, so that the next page begins with all of them."""
    return sum(row.full_tag == name for row in page.rows) == 1


def _page_after(read: ReadPage[_Row], before: _Page[_Row], most: int) -> _Page[_Row]:
    """The page that follows without a gap."""
    return _page_naming(read, _overlap_of(before, most), before.names, most)


def _page_naming(read: ReadPage[_Row], row: int, known: AbstractSet[str], most: int) -> _Page[_Row]:
    """The page with this row, or an earlier one that has a row of a known name."""
    page = _page_from(read, row, most)
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
