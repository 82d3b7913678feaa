"""What counts as running, when an inventory tells, and what a sweep keeps of it."""

from datetime import datetime, timedelta

import pytest

from rescan.gate.inventory import Inventory, InventoryRecord, Place, Row, RunningImage, inventory_of
from rescan.kernel.image_tag import Digest, ImageTag
from tests.support.fakes import NOON

HOUR = timedelta(hours=1)
A, B = "reg.io/a:1", "reg.io/b:1"
DIGEST = Digest("sha256:" + "a" * 64)
EU, US = "prod-eu/payments", "prod-us/payments"


def row(
    name: str | None, context: str, seen: datetime | None, digest: Digest | None = None
) -> tuple[str | None, Digest | None, Place]:
    return name, digest, Place("kubernetes", context, seen)


def running(*rows: Row | None, within: timedelta = 24 * HOUR) -> Inventory:
    return inventory_of(rows, NOON, within)


def names(inventory: Inventory) -> list[str]:
    return sorted(str(image.name) for image in inventory.images)


def test_what_was_seen_within_the_hours_runs_and_what_is_older_has_ended() -> None:
    inventory = running(
        row(A, EU, NOON - 24 * HOUR), row(B, EU, NOON - 24 * HOUR - timedelta(seconds=1))
    )
    assert (names(inventory), set(inventory.stale), inventory.doubt) == ([A], set(), None)


def test_what_ran_in_a_context_that_is_stale_counts_as_running() -> None:
    inventory = running(row(A, EU, NOON - 25 * HOUR), row(B, US, NOON))
    assert (names(inventory), set(inventory.stale), inventory.doubt) == ([A, B], {EU}, None)


def test_a_row_without_a_moment_runs_and_makes_no_context_fresh() -> None:
    assert names(running(row(A, EU, None), row(B, EU, NOON))) == [A, B]
    alone = running(row(A, EU, None))
    assert (names(alone), set(alone.stale)) == ([A], {EU})


def test_an_image_has_the_places_where_it_was_seen_last_and_their_number() -> None:
    contexts = [f"prod-eu/{number:03}" for number in range(500)]
    rows = [row(A, context, NOON - n * timedelta(seconds=1)) for n, context in enumerate(contexts)]
    again = row(A, contexts[7], NOON - 5 * HOUR)
    [image] = running(*rows, again).images
    first = tuple(place for _, _, place in rows[:3])
    assert image == RunningImage(A, None, first, 500)


def test_an_old_digest_under_a_tag_is_an_image_of_its_own() -> None:
    old = Digest("sha256:" + "0" * 64)
    images = running(row(A, EU, NOON, DIGEST), row(A, EU, NOON, old), row(A, US, NOON)).images
    assert {image.digest for image in images} == {DIGEST, old, None}


@pytest.mark.parametrize(
    ("rows", "doubt"),
    [
        pytest.param((), "the inventory is empty", id="empty"),
        pytest.param((None, None), "none of its 2 rows can be read", id="unreadable"),
        pytest.param(
            (row(A, EU, NOON - 30 * HOUR), row(B, US, NOON - 26 * HOUR)),
            "the inventory is stale: it has seen nothing since 2026-11-23 10:00 UTC",
            id="stale",
        ),
        pytest.param(
            (row(A, EU, None),),
            "the inventory is stale: it has seen nothing at a time that it tells",
            id="without-moments",
        ),
        pytest.param((None, row(A, EU, NOON)), None, id="one-that-can-be-read"),
    ],
)
def test_an_inventory_that_does_not_tell_what_runs_says_why(
    rows: tuple[Row | None, ...], doubt: str | None
) -> None:
    assert running(*rows).doubt == doubt


@pytest.mark.parametrize(
    ("name", "tag"),
    [("nginx:1", "docker.io/nginx:1"), (A, A), ("<none>", None), (None, None)],
)
def test_a_name_that_is_no_tag_has_none(name: str | None, tag: str | None) -> None:
    expected = ImageTag.parse(tag) if tag else None
    assert RunningImage(name, DIGEST, (), 1).tag == expected


# --- what a sweep keeps


def test_a_context_that_vanishes_is_known_for_30_days() -> None:
    lately, long_ago = NOON - 29 * 24 * HOUR, NOON - 30 * 24 * HOUR
    before = InventoryRecord(None, {EU: lately, US: long_ago, "x": NOON})
    inventory = Inventory(contexts={"x": NOON + HOUR})
    assert before.vanished(inventory) == [EU, US]
    after = before.followed_by(inventory, NOON)
    assert after == InventoryRecord(None, {"x": NOON + HOUR, EU: lately})


def test_a_doubt_keeps_the_contexts() -> None:
    before = InventoryRecord(None, {EU: NOON})
    assert before.followed_by(Inventory(doubt="HTTP 403"), NOON) == InventoryRecord(
        "HTTP 403", {EU: NOON}
    )


def test_contexts_that_an_item_has_no_room_for_are_those_seen_longest_ago() -> None:
    contexts = {f"{'é' * 460}-{n:03}": NOON - n * HOUR for n in range(200)}
    kept = InventoryRecord().followed_by(Inventory(contexts=contexts), NOON - 100 * 24 * HOUR)
    assert list(kept.contexts) == list(contexts)[: 150_000 // (2 * 460 + 4 + 40)]


def test_an_inventory_says_its_contexts_and_how_many_rows_it_could_not_read() -> None:
    inventory = running(row(A, EU, NOON - HOUR), row(B, EU, NOON), None, row(B, US, None), None)
    assert {context: inventory.contexts[context] for context in (EU,)} == {EU: NOON}
    assert (set(inventory.contexts), inventory.unread) == ({EU, US}, 2)


def test_a_place_that_tells_no_moment_is_older_than_one_that_does() -> None:
    [image] = running(row(A, EU, None), row(A, EU, NOON), row(A, US, None)).images
    assert [place.last_seen for place in image.places] == [NOON, None]
