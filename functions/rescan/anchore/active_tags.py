"""The tags of all active images: what a sweep without a watch list gates.

Source: Enterprise v2 `GET /v2/summaries/image-tags` (1-based pages, `total_rows`); servers that
lack it answer the plain image list, which has no pages. Where the first page is full and there are
more rows, all are read anew, in an order (`ordered_pages.py`).
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import chain

from msgspec import Struct, json

from rescan.anchore.ordered_pages import ReadPage, page_in_order, rows_in_order
from rescan.anchore.transport import Query, Transport
from rescan.gate.model import Step
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreRefused, AnchoreServerError, ImageUnknown
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.json_decoding import preload_decoders
from rescan.kernel.safe_text import one_line
from rescan.kernel.tag_pages import Boundary, ManyTags, TagPage
from rescan.kernel.watch_list import ListedTags

PAGE_ROWS = 500
# It stays while a row is there, so no tag overtakes another; rows of one tag may.
# One field: servers of API 2.4 and 2.5 take no more.
_ORDER = "full_tag"
_OPERATION_MISSING = (404, 405, 501)
_LONGEST_NAME = 200


class _Summary(Struct, frozen=True):
    full_tag: str | None = None
    image_status: str | None = None
    image_digest: str | None = None
    parent_digest: str | None = None


class _SummaryPage(Struct, frozen=True):
    items: list[_Summary]
    total_rows: int | None = None


class _TagDetail(Struct, frozen=True):
    full_tag: str | None = None


class _Image(Struct, frozen=True):
    image_status: str | None = None
    image_digest: str | None = None
    parent_digest: str | None = None
    image_detail: list[_TagDetail] | None = None


class _ImageList(Struct, frozen=True):
    items: list[_Image]


# The full name, the image's digest and its parent's.
_Row = tuple[str, str | None, str | None]


def list_active_tags(
    transport: Transport,
    deadline: Deadline,
    seen: AbstractSet[str] = frozenset(),
    most: int | None = None,
    page_rows: int = PAGE_ROWS,
) -> ListedTags:
    """The tags in Anchore's order; those whose own or parent's digest is `seen` are running.

    ManyTags when they are on pages, and have more rows than `most`; None: there is no bound.
    """
    return _listed(_rows(transport, deadline, most, page_rows), seen)


def list_tag_page(
    transport: Transport,
    deadline: Deadline,
    seen: AbstractSet[str],
    after: Boundary | None,
    page_rows: int = PAGE_ROWS,
) -> TagPage:
    """The page of tags behind the boundary; None: the first. Of a server without pages, all."""
    try:
        part = page_in_order(_reader(transport, deadline), after, page_rows)
    except (AnchoreRefused, AnchoreServerError) as error:
        if after is not None or error.status not in _OPERATION_MISSING:
            raise
        return TagPage(_listed(_plain_list(transport, deadline), seen), None)
    rows = filter(None, map(_row, part.rows))
    return TagPage(_listed(chain(rows, [None] * part.missed), seen), part.after)


def _listed(rows: Iterable[_Row | None], seen: AbstractSet[str]) -> ListedTags:
    tags: dict[ImageTag, None] = {}
    running: dict[ImageTag, tuple[Digest, ...]] = {}
    not_tags: dict[str, None] = {}
    missed = 0
    for row in rows:
        if row is None:
            missed += 1
            continue
        full_tag, *digests = row
        try:
            tag = ImageTag.parse(full_tag)
        except ValueError:
            not_tags[full_tag] = None
            continue
        tags[tag] = None
        if found := tuple(Digest(one) for one in digests if one and one in seen):
            running[tag] = tuple(dict.fromkeys(running.get(tag, ()) + found))
    names = tuple(one_line(name, _LONGEST_NAME) for name in not_tags)
    return ListedTags(tuple(tags), names, missed, running)


def _rows(
    transport: Transport, deadline: Deadline, most: int | None, page_rows: int
) -> Iterator[_Row | None]:
    """Each row; None for one that the pages left out."""
    try:
        page = _page(transport, deadline, 1, page_rows)
    except (AnchoreRefused, AnchoreServerError) as error:
        if error.status not in _OPERATION_MISSING:
            raise
        yield from _plain_list(transport, deadline)
        return
    total = page.total_rows or 0
    if len(page.items) == page_rows and total > page_rows:
        if most is not None and total > most:
            raise ManyTags(total)
        yield from _in_order(transport, deadline, page_rows)
    else:
        yield from _pages(transport, deadline, page, page_rows)


def _in_order(transport: Transport, deadline: Deadline, page_rows: int) -> Iterator[_Row | None]:
    for summary in rows_in_order(_reader(transport, deadline), page_rows):
        if summary is None:
            yield None
        elif row := _row(summary):
            yield row


def _reader(transport: Transport, deadline: Deadline) -> ReadPage[_Summary]:
    def read(limit: int, number: int) -> tuple[list[_Summary], int]:
        page = _page(transport, deadline, number, limit, order_by=_ORDER)
        return page.items, page.total_rows or 0

    return read


def _pages(
    transport: Transport, deadline: Deadline, page: _SummaryPage, limit: int
) -> Iterator[_Row | None]:
    """Before 2.4 one answer holds all rows, and `page` is ignored: it is answered again."""
    number, rows, total = 1, 0, 0
    previous: list[_Summary] = []
    while page.items and page.items != previous:
        yield from filter(None, map(_row, page.items))
        rows, total = rows + len(page.items), max(total, page.total_rows or 0)
        if page.total_rows is not None and rows >= page.total_rows:
            return
        number, previous = number + 1, page.items
        page = _page(transport, deadline, number, limit)
    # Tags that come and go while the pages are read shift rows between them.
    yield from [None] * (total - rows)


def _row(summary: _Summary) -> _Row | None:
    """None: it names no tag, or is not active."""
    if not summary.full_tag or not _active(summary.image_status):
        return None
    return summary.full_tag, summary.image_digest, summary.parent_digest


def _page(
    transport: Transport, deadline: Deadline, number: int, limit: int, **order: str
) -> _SummaryPage:
    parameters = {"image_status": "active", "limit": str(limit), "page": str(number)} | order
    query = Query(Step.LIST_TAGS, "/summaries/image-tags", parameters)
    return transport.ask(query, lambda body: json.decode(body, type=_SummaryPage), deadline)


def _plain_list(transport: Transport, deadline: Deadline) -> Iterator[_Row]:
    query = Query(Step.LIST_TAGS, "/images", {"image_status": "active"})
    try:
        images = transport.ask(query, lambda body: json.decode(body, type=_ImageList), deadline)
    except ImageUnknown:  # a server without any image answers 404
        return
    for image in images.items:
        if _active(image.image_status):
            digests = image.image_digest, image.parent_digest
            yield from ((d.full_tag, *digests) for d in image.image_detail or () if d.full_tag)


def _active(image_status: str | None) -> bool:
    return image_status in (None, "active")


preload_decoders(_SummaryPage, _ImageList)
