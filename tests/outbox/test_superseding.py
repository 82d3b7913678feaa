"""What need not be published besides another notice of the same image, and in which order."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from rescan.kernel.failure_cause import FailureCause
from rescan.ledger.news import EventType
from rescan.outbox.items import Channel, PendingNotice
from rescan.outbox.superseding import rounds, superseded
from tests.support.fakes import NOON
from tests.support.pending_notices import pending

# GONE is the NOT_EVALUATED of an image that Anchore no longer has, which ends a STOP.
_SHORT: dict[str, dict[str, object]] = {
    "S": {"event_type": EventType.STOP},
    "R": {"event_type": EventType.RECOVERED},
    "m": {"event_type": EventType.REMINDER},
    "e": {"event_type": EventType.EXPIRING},
    "n": {"event_type": EventType.NOT_EVALUATED, "cause": FailureCause.DOWN},
    "G": {"event_type": EventType.NOT_EVALUATED, "cause": FailureCause.GONE},
    "E": {"event_type": EventType.ENDED},
}


def queue(kinds: str, image: str = "image") -> list[PendingNotice]:
    """Notices of one image in that order, an hour apart."""
    return [
        pending(number, subject=image, at=NOON + timedelta(hours=number), **_SHORT[kind])
        for number, kind in enumerate(kinds)
    ]


def left_of(kinds: str) -> str:
    """What is published of them when everything can be."""
    notices = queue(kinds)
    dropped = {notice.key for others in superseded(notices).values() for notice in others}
    return "".join(
        kind for kind, notice in zip(kinds, notices, strict=True) if notice.key not in dropped
    )


@pytest.mark.parametrize(
    ("waits", "behind", "left"),
    [
        *[("S", behind, f"S{behind}") for behind in "SRenGE"],
        ("S", "m", "S"),
        *[("R", behind, f"R{behind}") for behind in "SRmenG"],
        *[("m", behind, behind) for behind in "SRmGE"],
        *[("m", behind, f"m{behind}") for behind in "en"],
        *[("e", behind, behind) for behind in "SReGE"],
        *[("e", behind, f"e{behind}") for behind in "mn"],
        *[("n", behind, f"n{behind}") for behind in "SRme"],
        *[("n", behind, behind) for behind in "nG"],
        *[("G", behind, f"G{behind}") for behind in "SRmenG"],
        *[("E", behind, f"E{behind}") for behind in "SRmenGE"],
    ],
)
def test_a_repetition_gives_way_to_what_says_as_much(waits: str, behind: str, left: str) -> None:
    assert left_of(waits + behind) == left


@pytest.mark.parametrize(
    ("kinds", "left"),
    [
        pytest.param("Smmm", "S", id="a-stop-that-waits-for-days"),
        pytest.param("mmmm", "m", id="reminders-of-days"),
        pytest.param("SSmSm", "SSS", id="each-stop-with-new-findings-stays"),
        pytest.param("SRSR", "SRSR", id="flapping"),
        pytest.param("SmRSmR", "SRSR", id="flapping-with-reminders"),
        pytest.param("mSm", "S", id="reminders-around-a-stop"),
        pytest.param("SRm", "SRm", id="a-reminder-of-a-stop-that-waits-no-more"),
        pytest.param("SGm", "SGm", id="gone-ends-a-stop-too"),
        pytest.param("neneS", "nS", id="of-what-repeats-the-newest"),
        pytest.param("eeS", "S", id="what-was-to-end-has-stopped-the-image"),
    ],
)
def test_of_many_the_last_word_and_every_change_are_left(kinds: str, left: str) -> None:
    assert left_of(kinds) == left


def test_what_supersedes_is_published_itself() -> None:
    notices = queue("mmSmmRme")
    dropped = {notice.key for others in superseded(notices).values() for notice in others}
    assert superseded(notices).keys() & dropped == set()


def test_each_channel_and_each_image_has_an_order_of_its_own() -> None:
    stop, reminder = queue("Sm")
    elsewhere = replace(reminder, channel=Channel.CHAT)
    assert superseded([stop, elsewhere, *queue("m", image="other")]) == {}


def test_rounds_have_each_image_once_and_its_notices_in_order() -> None:
    one, other, third = queue("SRS", "one"), queue("S", "other"), queue("RS", "third")
    mixed = sorted([*one, *other, *third], key=lambda notice: notice.envelope.order)
    assert [{notice.image[1] for notice in row} for row in rounds(mixed)] == [
        {"one", "other", "third"},
        {"one", "third"},
        {"one"},
    ]
    assert [notice for row in rounds(mixed) for notice in row if notice.image[1] == "one"] == one


def test_nothing_that_waits_makes_no_round() -> None:
    assert (rounds([]), superseded([])) == ([], {})
