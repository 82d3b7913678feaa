"""Which tags a sweep meets: pages, what ends them, and servers that lack the operation."""

import json
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from typing import Any

import pytest

from rescan.anchore.active_tags import list_active_tags, list_tag_page
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.transport import Transport
from rescan.kernel import errors
from rescan.kernel.deadline import Deadline
from rescan.kernel.tag_pages import ManyTags
from rescan.kernel.watch_list import ListedTags
from rescan_cli.replay.har import Entry, Recording
from rescan_cli.replay.mount import replayed_session
from rescan_cli.replay.router import Replay

A, B, C, D = (f"reg.io/{name}:1" for name in "abcd")
NO_IMAGE = {"detail": {}, "httpcode": 404, "message": "image data not found in DB"}
NO_OPERATION = {"title": "Not Found", "detail": "The requested URL was not found on the server."}


def page(number: int, body: object, *, status: int = 200) -> Entry:
    query = [("image_status", "active"), ("limit", "500"), ("page", str(number))]
    return entry("/v2/summaries/image-tags", query, body, status)


def plain_list(body: object, *, status: int = 200) -> Entry:
    return entry("/v2/images", [("image_status", "active")], body, status)


def entry(path: str, query: list[tuple[str, str]], body: object, status: int) -> Entry:
    return Entry("GET", path, tuple(query), status, (), json.dumps(body).encode())


def rows(*tags: str | None, total: int | None = None, **further: object) -> dict[str, Any]:
    """A page; `further` are fields that each of its rows has besides its tag."""
    items = [{"full_tag": tag, **further} for tag in tags]
    return {"items": items} | ({} if total is None else {"total_rows": total})


def asked(*entries: Entry, seen: AbstractSet[str] = frozenset()) -> tuple[ListedTags, list[str]]:
    """What these answers give, and the requests; a request without an answer fails."""
    replay = Replay(Recording("of the test", "", entries))
    transport = transport_on(replay)
    found = list_active_tags(transport, Deadline.after(60), seen)
    return found, [seen.path.rpartition("/")[2] for seen in replay.seen]


def transport_on(replay: Replay) -> Transport:
    auth = AnchoreAuth(lambda: '{"token": "t0ken"}')
    return Transport(replayed_session(replay), "https://h/v2", auth)


def replayed(*entries: Entry) -> Transport:
    return transport_on(Replay(Recording("of the test", "", entries)))


def names(*entries: Entry) -> tuple[list[str], list[str]]:
    found, requests = asked(*entries)
    return [str(tag) for tag in found.tags], requests


def listed(*entries: Entry) -> list[str]:
    """The tags of lists in which every row is one."""
    found, _ = asked(*entries)
    assert found.unwatched == 0
    return [str(tag) for tag in found.tags]


# --- pages


def test_pages_are_asked_for_until_the_total_is_reached() -> None:
    answers = page(1, rows(A, B, total=3)), page(2, rows(C, total=3))
    assert names(*answers) == ([A, B, C], ["image-tags", "image-tags"])


def in_order(number: int, limit: int, body: object) -> Entry:
    query = [("image_status", "active"), ("limit", str(limit)), ("page", str(number))]
    ordered = [*query, ("order_by", "full_tag")]
    return entry("/v2/summaries/image-tags", ordered, body, 200)


def test_several_pages_are_read_in_an_order_of_their_own() -> None:
    many = [f"reg.io/{number:03}:1" for number in range(502)]
    found, requests = asked(
        page(1, rows(*reversed(many[2:]), total=502)),
        in_order(1, 500, rows(*many[:500], total=502)),
        in_order(2, 499, rows(*many[499:], total=502)),
    )
    assert ([str(tag) for tag in found.tags], found.missed) == (many, 0)
    assert len(requests) == 3


def test_above_a_bound_no_more_than_the_first_page_is_asked_for() -> None:
    many = [f"reg.io/{number:03}:1" for number in range(500)]
    for total, raises in ((501, True), (500, False)):
        first = page(1, rows(*many, total=total))
        transport = replayed(first)
        with pytest.raises(ManyTags, match="501") if raises else nullcontext():
            list_active_tags(transport, Deadline.after(60), most=500)


def test_a_page_and_the_one_behind_it_have_each_tag_once() -> None:
    many = [f"reg.io/{number:03}:1" for number in range(502)]
    transport = replayed(
        in_order(1, 500, rows(*many[:500], total=502, image_digest=OWN)),
        in_order(2, 499, rows(*many[499:], total=502, image_digest=OWN)),
    )
    first = list_tag_page(transport, Deadline.after(60), {OWN}, None)
    second = list_tag_page(transport, Deadline.after(60), {OWN}, first.after)
    found = [str(tag) for one in (first, second) for tag in one.listed.tags]
    assert (found, second.after) == (many, None)
    assert len(first.listed.tags) == len(first.listed.running) == 499


def test_of_a_server_without_pages_the_first_page_has_all() -> None:
    many = [f"reg.io/{number}:1" for number in range(3)]
    images = [image(*many)]
    query = [("image_status", "active"), ("limit", "500"), ("page", "1"), ("order_by", "full_tag")]
    missing = entry("/v2/summaries/image-tags", query, NO_OPERATION, 404)
    found = list_tag_page(
        replayed(missing, plain_list({"items": images})), Deadline.after(60), set(), None
    )
    assert ([str(tag) for tag in found.listed.tags], found.after) == (many, None)


def test_a_tag_that_two_pages_name_runs_as_its_image_once() -> None:
    many = [f"reg.io/{number:03}:1" for number in range(501)]
    found, _ = asked(
        page(1, rows(*many[1:], total=501)),
        in_order(1, 500, rows(*many[:500], total=501, image_digest=OWN)),
        in_order(2, 499, rows(*many[499:], total=501, image_digest=OWN)),
        seen={OWN},
    )
    assert set(found.running.values()) == {(OWN,)}


def test_one_page_that_holds_the_total_is_the_only_request() -> None:
    assert names(page(1, rows(A, B, total=2))) == ([A, B], ["image-tags"])


def test_without_a_total_the_first_empty_page_is_the_end() -> None:
    assert listed(page(1, rows(A)), page(2, rows(B)), page(3, rows())) == [A, B]


def test_rows_that_the_pages_left_out_are_counted() -> None:
    found, _ = asked(page(1, rows(A, B, total=3)), page(2, rows(total=2)))
    assert ([str(tag) for tag in found.tags], found.missed) == ([A, B], 1)


def test_an_account_without_tags_has_none() -> None:
    assert listed(page(1, rows(total=0))) == []


def test_a_server_before_2_4_which_ignores_the_page_has_answered_all() -> None:
    assert listed(page(1, rows(A, B)), page(2, rows(A, B))) == [A, B]


def test_a_server_that_promises_more_rows_than_it_gives_leaves_some_out() -> None:
    found, _ = asked(page(1, rows(A, B, total=9)), page(2, rows(A, B, total=9)))
    assert (len(found.tags), found.missed) == (2, 7)


def test_a_page_that_is_none_names_its_field() -> None:
    with pytest.raises(errors.AnchoreAnswerUnreadable, match=r"missing required field `items`"):
        listed(page(1, {"total_rows": 1}))


# --- rows


def test_a_tag_on_two_images_is_met_once() -> None:
    assert listed(page(1, rows(A, B, A, total=4)), page(2, rows(B, total=4))) == [A, B]


@pytest.mark.parametrize("status", ["deleting", "deleted", "all"])
def test_an_image_that_is_not_active_is_left_out(status: str) -> None:
    body = rows(A, image_status=status)
    body["items"] += rows(B, image_status="active")["items"] + rows(C)["items"]
    assert listed(page(1, body), page(2, rows())) == [B, C]


def test_a_row_without_a_tag_counts_as_a_row_and_gives_none() -> None:
    body = rows(A, None, "", total=4)
    assert listed(page(1, body), page(2, rows(B, total=4))) == [A, B]


def test_a_tag_is_completed_as_anchore_completes_it() -> None:
    assert listed(page(1, rows("nginx", total=1))) == ["docker.io/nginx:latest"]


@pytest.mark.parametrize("name", ["a+b", "<none>", "sha256:" + "a" * 64, "reg.io/b:1:2"])
def test_a_row_that_is_no_tag_is_named_and_the_others_are_listed(name: str) -> None:
    found, _ = asked(page(1, rows(A, name, B, total=3)))
    assert ([str(tag) for tag in found.tags], found.not_tags) == ([A, B], (name,))


# --- servers that lack the operation


def image(*tags: str | None, **fields: object) -> dict[str, object]:
    return {"image_detail": [{"full_tag": tag} for tag in tags], **fields}


@pytest.mark.parametrize("status", [404, 405, 501])
def test_where_the_operation_is_missing_the_plain_list_is_read(status: int) -> None:
    images = [
        image(A, B, image_status="active"),
        image(C, image_status="deleting"),
        image(A, None, D),
        {"image_detail": None},
        {},
    ]
    answers = page(1, NO_OPERATION, status=status), plain_list({"items": images})
    assert names(*answers) == ([A, B, D], ["image-tags", "images"])


@pytest.mark.parametrize(
    "summaries",
    [
        pytest.param(NO_OPERATION, id="operation-missing"),
        pytest.param(NO_IMAGE, id="no-image-at-all"),
    ],
)
def test_a_plain_list_without_any_image_is_no_tag_at_all(summaries: object) -> None:
    assert listed(page(1, summaries, status=404), plain_list(NO_IMAGE, status=404)) == []


def test_a_plain_list_that_is_missing_too_is_an_error() -> None:
    answers = page(1, NO_OPERATION, status=404), plain_list(NO_OPERATION, status=404)
    with pytest.raises(errors.AnchoreRefused, match="GET /images"):
        listed(*answers)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, errors.AnchoreRefused),
        (401, errors.AnchoreUnauthorized),
        (403, errors.AnchoreForbidden),
        (429, errors.AnchoreThrottled),
        (500, errors.AnchoreServerError),
        (503, errors.AnchoreServerError),
    ],
)
def test_any_other_refusal_is_an_error(status: int, error: type[errors.AnchoreError]) -> None:
    with pytest.raises(errors.AnchoreError) as raised:
        listed(page(1, {}, status=status))
    assert type(raised.value) is error


def test_a_second_page_that_is_missing_is_an_error_not_another_list() -> None:
    with pytest.raises(errors.AnchoreRefused, match="page=2"):
        listed(page(1, rows(A, total=2)), page(2, NO_OPERATION, status=404))


# --- what runs


OWN, INDEX, OTHER = (f"sha256:{2 * digit * 32}" for digit in "abc")
IMAGE = {"image_digest": OWN, "parent_digest": INDEX}


@pytest.mark.parametrize(
    ("seen", "running"),
    [
        pytest.param({OWN}, (OWN,), id="by-its-digest"),
        pytest.param({INDEX}, (INDEX,), id="by-that-of-its-index"),
        pytest.param({OTHER}, None, id="another-image"),
    ],
)
@pytest.mark.parametrize("is_plain", [False, True])
def test_a_tag_runs_when_its_image_or_its_index_was_seen(
    seen: set[str], running: tuple[str, ...] | None, is_plain: bool
) -> None:
    images = {"items": [image(A, **IMAGE), image(B)]}
    missing = page(1, NO_OPERATION, status=404), plain_list(images)
    body = {"items": [{"full_tag": A, **IMAGE}, {"full_tag": B}], "total_rows": 2}
    found, _ = asked(*(missing if is_plain else (page(1, body),)), seen=seen)
    assert [str(tag) for tag in found.tags] == [A, B]
    assert {str(tag): digests for tag, digests in found.running.items()} == (
        {A: running} if running else {}
    )
