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
    AnchoreAnswerUnreadable,
    AnchoreError,
    AnchoreRefused,
    AnchoreServerError,
    ImageUnknown,
)
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.json_decoding import preload_decoders

PAGE_ROWS = 500
_OPERATION_MISSING = (404, 405, 501)


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


def list_active_tags(
    transport: Transport, deadline: Deadline, *, running_only: bool
) -> Iterator[ImageTag]:
    """The tags, each once, in Anchore's order; `running_only`: those in its runtime inventory."""
    seen: set[str] = set()
    for full_tag in _full_tags(transport, deadline, running_only):
        if full_tag not in seen:
            seen.add(full_tag)
            yield _tag(full_tag)


def _tag(full_tag: str) -> ImageTag:
    try:
        return ImageTag.parse(full_tag)
    except ValueError as error:  # to skip it would leave an image unwatched
        raise AnchoreAnswerUnreadable(
            f"Anchore lists what is no tag: {error}",
            step=Step.LIST_TAGS,
            request="the list of active tags",
            advice="Name the tags to watch in WATCHED_TAGS, without *.",
        ) from error


def _full_tags(transport: Transport, deadline: Deadline, running_only: bool) -> Iterator[str]:
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
) -> Iterator[str]:
    number, rows = 1, 0
    previous: list[_Summary] = []
    while page.items:
        if page.items == previous:
            # A server that ignores `page` answers the first one without end.
            raise AnchoreAnswerUnreadable(
                "a page repeats the page before it",
                step=Step.LIST_TAGS,
                request=str(_page_query(number, running_only)),
            )
        yield from (s.full_tag for s in page.items if s.full_tag and _active(s.image_status))
        rows += len(page.items)
        if page.total_rows is not None and rows >= page.total_rows:
            return
        number, previous = number + 1, page.items
        page = _page(transport, deadline, number, running_only)


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
