"""The tags of all active images: what a sweep without a watch list gates.

Source: Enterprise v2 `GET /v2/summaries/image-tags` (1-based pages, `total_rows`); servers that
lack it answer the plain image list, which has no pages.
"""

from collections.abc import Iterator

from msgspec import Struct, json

from rescan.anchore.transport import Query, Transport
from rescan.gate.model import Step
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import (
    AnchoreError,
    AnchoreRefused,
    AnchoreServerError,
    ImageUnknown,
)
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.json_decoding import preload_decoders
from rescan.kernel.safe_text import one_line
from rescan.kernel.watch_list import ListedTags

PAGE_ROWS = 500
_OPERATION_MISSING = (404, 405, 501)
_LONGEST_NAME = 200


class _Summary(Struct, frozen=True):
    full_tag: str | None = None
    image_status: str | None = None


class _SummaryPage(Struct, frozen=True):
    items: list[_Summary]
    total_rows: int | None = None


class _TagDetail(Struct, frozen=True):
    full_tag: str | None = None


class _Image(Struct, frozen=True):
    image_status: str | None = None
    image_detail: list[_TagDetail] | None = None


class _ImageList(Struct, frozen=True):
    items: list[_Image]


def list_active_tags(transport: Transport, deadline: Deadline, *, running_only: bool) -> ListedTags:
    """The tags in Anchore's order; `running_only`: those in its runtime inventory.

    A server before 2.7.2 ignores that and lists all: more is gated than was asked for, never less.
    One that cannot filter its list at all is an error, for its administrator expects the filter.
    """
    rows = list(_full_tags(transport, deadline, running_only))
    tags: dict[ImageTag, None] = {}
    not_tags: list[str] = []
    for full_tag in dict.fromkeys(row for row in rows if row is not None):
        try:
            tags[ImageTag.parse(full_tag)] = None
        except ValueError:
            not_tags.append(one_line(full_tag, _LONGEST_NAME))
    return ListedTags(tuple(tags), tuple(not_tags), rows.count(None))


def _full_tags(
    transport: Transport, deadline: Deadline, running_only: bool
) -> Iterator[str | None]:
    """The name in each row; None for a row that the pages left out."""
    try:
        page = _page(transport, deadline, 1, running_only)
    except (AnchoreRefused, AnchoreServerError) as error:
        if error.status not in _OPERATION_MISSING:
            raise
        if running_only:
            raise _cannot_tell_what_runs(error) from error
        yield from _plain_list(transport, deadline)
        return
    yield from _pages(transport, deadline, page, running_only)


def _cannot_tell_what_runs(error: AnchoreError) -> AnchoreRefused:
    return AnchoreRefused(
        f"this server cannot list the tags that run: {error.problem}",
        step=error.step,
        request=error.request,
        advice="Set RUNNING_ONLY to false, or update Anchore Enterprise.",
        status=error.status,
    )


def _pages(
    transport: Transport, deadline: Deadline, page: _SummaryPage, running_only: bool
) -> Iterator[str | None]:
    """Before 2.4 one answer holds all rows, and `page` is ignored: it is answered again."""
    number, rows, total = 1, 0, 0
    previous: list[_Summary] = []
    while page.items and page.items != previous:
        yield from (s.full_tag for s in page.items if s.full_tag and _active(s.image_status))
        rows, total = rows + len(page.items), max(total, page.total_rows or 0)
        if page.total_rows is not None and rows >= page.total_rows:
            return
        number, previous = number + 1, page.items
        page = _page(transport, deadline, number, running_only)
    # Tags that come and go while the pages are read shift rows between them.
    yield from [None] * (total - rows)


def _page(
    transport: Transport, deadline: Deadline, number: int, running_only: bool
) -> _SummaryPage:
    query = _page_query(number, running_only)
    return transport.ask(query, lambda body: json.decode(body, type=_SummaryPage), deadline)


def _page_query(number: int, running_only: bool) -> Query:
    parameters = {"image_status": "active", "limit": str(PAGE_ROWS), "page": str(number)}
    if running_only:
        parameters["runtime"] = "true"
    return Query(Step.LIST_TAGS, "/summaries/image-tags", parameters)


def _plain_list(transport: Transport, deadline: Deadline) -> Iterator[str]:
    query = Query(Step.LIST_TAGS, "/images", {"image_status": "active"})
    try:
        images = transport.ask(query, lambda body: json.decode(body, type=_ImageList), deadline)
    except ImageUnknown:  # a server without any image answers 404
        return
    for image in images.items:
        if _active(image.image_status):
            yield from (d.full_tag for d in image.image_detail or () if d.full_tag)


def _active(image_status: str | None) -> bool:
    return image_status in (None, "active")


preload_decoders(_SummaryPage, _ImageList)
