"""Where an image runs: what a message says of its tag, and what a result remembers of that."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from rescan.gate.inventory import Place, RunningImage
from rescan.gate.running import Running, TagInventory, running_after
from rescan.kernel.image_tag import Digest
from tests.support.fakes import NOON

HOUR = timedelta(hours=1)
OWN, PARENT, OLD = (Digest(f"sha256:{letter * 64}") for letter in "abc")


def place(context: str, seen: datetime | None = NOON) -> Place:
    return Place("kubernetes", context, seen)


def image(digest: Digest | None, *places: Place, total: int | None = None) -> RunningImage:
    return RunningImage(None, digest, places, len(places) if total is None else total)


def seen(*images: RunningImage) -> TagInventory:
    return TagInventory(NOON, images)


EU, US, AP, SA = (place(name, NOON - n * HOUR) for n, name in enumerate(("eu", "us", "ap", "sa")))


@pytest.mark.parametrize(
    ("images", "places", "total"),
    [
        pytest.param([image(OWN, EU)], (EU,), 1, id="by-its-own-digest"),
        pytest.param([image(PARENT, EU)], (EU,), 1, id="by-its-parent-s"),
        pytest.param([image(None, EU)], (EU,), 1, id="by-its-tag-alone"),
        pytest.param([image(OLD, EU)], (), 0, id="another-digest-under-the-tag"),
        pytest.param([image(OWN, US), image(PARENT, EU)], (EU, US), 2, id="by-either-newest-first"),
        pytest.param(
            [image(OWN, place("eu", NOON - HOUR)), image(None, EU)], (EU,), 1, id="one-place-once"
        ),
        pytest.param(
            [image(OWN, EU, US, AP, total=9), image(PARENT, SA)],
            (EU, US, AP),
            10,
            id="more-than-are-named",
        ),
        pytest.param([], (), 0, id="nowhere"),
    ],
)
def test_places_are_those_of_the_digest_that_was_found(
    images: list[RunningImage], places: tuple[Place, ...], total: int
) -> None:
    found = running_after(None, seen(*images), (OWN, PARENT))
    assert found is not None
    assert replace(found, digests=(OWN, PARENT)) == Running(NOON, (OWN, PARENT), places, total)


@pytest.mark.parametrize(
    ("named", "digests"),
    [
        pytest.param([OWN], (OWN, PARENT), id="its-own"),
        pytest.param([PARENT], (PARENT, OWN), id="its-parent-s"),
        pytest.param([OLD, None], (OWN, PARENT), id="none-of-its-own"),
        pytest.param([PARENT, OWN], (OWN, PARENT), id="both"),
    ],
)
def test_the_digest_by_which_it_was_seen_comes_first(
    named: list[Digest | None], digests: tuple[Digest, ...]
) -> None:
    found = running_after(None, seen(*(image(digest, EU) for digest in named)), (OWN, PARENT))
    assert found is not None
    assert found.digests == digests


IN_EU = Running(NOON - 6 * HOUR, (OWN, PARENT), (EU,), 1)


def test_what_a_sweep_could_not_tell_is_not_known_and_not_forgotten() -> None:
    doubted = running_after(IN_EU, TagInventory(NOON, known=False), (OWN,))
    assert doubted == replace(IN_EU, at=NOON, known=False)
    assert doubted.about(OWN) is None
    assert doubted.lost(["eu"]) == (EU,)


def test_what_a_doubted_inventory_sees_is_remembered_with_what_an_earlier_one_saw() -> None:
    """A sweep that cannot read the ledger may lack a context, and may be the first to see one."""
    moved_on = place("eu", NOON + HOUR)
    for images, places, total in (
        ([image(OWN, US)], (EU, US), 2),
        ([image(OWN, moved_on, US)], (moved_on, US), 2),
        ([image(OLD, US)], (EU,), 1),
        ([image(OWN, US, AP, SA, total=9)], (EU, US, AP), 9),
    ):
        after = running_after(IN_EU, TagInventory(NOON, tuple(images), known=False), (OWN,))
        assert after == Running(NOON, (OWN, PARENT), places, total, known=False)
    many = replace(IN_EU, total=7)
    after = running_after(many, TagInventory(NOON, (image(OWN, US),), known=False), (OWN,))
    assert after == Running(NOON, (OWN, PARENT), (EU, US), 7, known=False)


def test_places_of_a_stale_inventory_are_remembered_while_there_are_no_others() -> None:
    """They are not told of; but what ran there counts as running when its context vanishes."""
    stale = TagInventory(NOON, (RunningImage(None, OWN, IN_EU.places, 1),), known=False)
    for before in (None, Running(NOON - timedelta(hours=6), known=False)):
        after = running_after(before, stale, (OWN,))
        assert after is not None
        assert (after.places, after.known, after.about(OWN)) == (IN_EU.places, False, None)


def test_a_sweep_that_asks_not_leaves_nothing_known() -> None:
    assert running_after(IN_EU, None, (OWN,)) is None


def test_the_result_of_an_older_sweep_changes_nothing() -> None:
    older = TagInventory(IN_EU.at - HOUR, (image(OWN, US),))
    assert running_after(IN_EU, older, (OWN,)) == IN_EU


def test_an_attempt_that_found_no_image_goes_by_the_one_before() -> None:
    after = running_after(IN_EU, seen(image(PARENT, US), image(OLD, AP)), ())
    assert after == Running(NOON, (PARENT, OWN), (US,), 1)


def test_no_place_of_one_digest_is_told_of_another() -> None:
    """Between sweeps the tag has moved: where the new image runs is not known."""
    assert (IN_EU.about(OLD), IN_EU.about(PARENT), IN_EU.about(None)) == (None, IN_EU, IN_EU)


@pytest.mark.parametrize(
    ("total", "gone", "lost"),
    [
        pytest.param(2, {"us"}, (US,), id="one-of-two"),
        pytest.param(2, {"ap"}, (), id="none-of-its-own"),
        pytest.param(2, set(), (), id="none-at-all"),
        pytest.param(5, {"ap"}, (EU, US), id="perhaps-one-that-is-not-named"),
    ],
)
def test_of_contexts_that_have_vanished_places_are_kept(
    total: int, gone: set[str], lost: tuple[Place, ...]
) -> None:
    assert Running(NOON, (OWN,), (EU, US), total).lost(gone) == lost


def test_of_two_results_of_one_sweep_the_later_one_counts() -> None:
    again = TagInventory(IN_EU.at, (image(OWN, US),))
    assert running_after(IN_EU, again, (OWN,)) == Running(IN_EU.at, (OWN,), (US,), 1)


def test_what_was_never_found_runs_where_its_tag_does() -> None:
    assert running_after(None, seen(image(None, EU)), ()) == Running(NOON, (), (EU,), 1)
