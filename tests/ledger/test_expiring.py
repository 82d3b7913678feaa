"""When an EXPIRING is said: once a day at most, and beside no other news."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from rescan.gate.evaluation import Allowlisted
from rescan.gate.model import Outcome
from rescan.gate.report import Report
from rescan.ledger.entry import Entry
from rescan.ledger.news import EventType, ExpiringNews, News
from rescan.ledger.transitions import after_verdict
from tests.support.entries import FRESH, HOUR, NEW, PACE, finding, kind, report, stopped
from tests.support.fakes import NOON

HELD = finding("CVE-1", allowlisted=True)


def ending(*days: int, outcome: Outcome = Outcome.GO, **fields: object) -> Report:
    """An evaluation that an allowlist holds back, for so many days from noon on."""
    items = tuple(
        Allowlisted(HELD, "Ours", ends=True, until=NOON + timedelta(days=day)) for day in days
    )
    return report(outcome, HELD, allowlisted=items, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("outcome", [Outcome.GO, Outcome.WARN])
def test_end_within_fourteen_days_is_news_of_an_image_that_passes(outcome: Outcome) -> None:
    entry, news = after_verdict(FRESH, ending(7, outcome=outcome), NOON, PACE)
    assert kind(news) is EventType.EXPIRING
    assert (entry.expiry_notice_at, entry.stopped) == (NOON, False)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(ending(15), id="far-away"),
        pytest.param(ending(), id="none"),
        pytest.param(ending(0), id="over"),
        pytest.param(ending(7, 15), id="another-item-holds-longer"),
        pytest.param(ending(7, final_action_reason="allowlisted"), id="the-image-is-allowlisted"),
    ],
)
def test_what_is_not_about_to_end_is_no_news(said: Report) -> None:
    entry, news = after_verdict(FRESH, said, NOON, PACE)
    assert (entry.expiry_notice_at, news) == (None, None)


@pytest.mark.parametrize(
    ("said", "days"),
    [
        pytest.param(ending(7), 7, id="soon"),
        pytest.param(ending(60), 60, id="later"),
        pytest.param(ending(7, outcome=Outcome.STOP), 7, id="stopped-as-it-is"),
        pytest.param(ending(), None, id="none"),
    ],
)
def test_first_end_is_remembered_until_the_next_evaluation(said: Report, days: int | None) -> None:
    before = replace(FRESH, held_until=NOON + timedelta(days=1))
    entry, _ = after_verdict(before, said, NOON, PACE)
    assert entry.held_until == (None if days is None else NOON + timedelta(days=days))


def test_same_end_is_said_once_a_day() -> None:
    entry, told = FRESH, []
    for hours in range(0, 60, 6):
        entry, news = after_verdict(entry, ending(7), NOON + hours * HOUR, PACE)
        told += [hours] if news else []
    assert told == [0, 24, 48]


def test_end_that_was_put_off_is_said_no_more() -> None:
    entry, _ = after_verdict(FRESH, ending(7), NOON, PACE)
    assert after_verdict(entry, ending(60), NOON + 24 * HOUR, PACE)[1] is None


def test_image_that_stops_anyway_says_its_stop_alone() -> None:
    said = ending(7, outcome=Outcome.STOP)
    entry, news = after_verdict(FRESH, said, NOON, PACE)
    assert (kind(news), entry.expiry_notice_at) == (EventType.STOP, None)
    assert after_verdict(entry, said, NOON + HOUR, PACE)[1] is None


def test_recovered_says_it_along_and_the_day_after_it_is_said_alone() -> None:
    entry, first = after_verdict(stopped(("CVE-1", None)), ending(7), NOON, PACE)
    entry, second = after_verdict(entry, ending(7), NOON + 23 * HOUR, PACE)
    entry, third = after_verdict(entry, ending(7), NOON + 24 * HOUR, PACE)
    assert [kind(news) for news in (first, second, third)] == [
        EventType.RECOVERED,
        None,
        EventType.EXPIRING,
    ]


def test_recovered_without_an_end_in_sight_holds_no_later_one_back() -> None:
    entry, _ = after_verdict(stopped(("CVE-1", None)), ending(), NOON, PACE)
    assert kind(after_verdict(entry, ending(7), NOON + HOUR, PACE)[1]) is EventType.EXPIRING


def said_of(entry: Entry, said: Report) -> News:
    _, news = after_verdict(entry, said, NOON, PACE)
    assert news is not None
    return news


def test_same_end_has_the_same_id_and_another_one_has_another() -> None:
    ids = [said_of(FRESH, ending(day)).id for day in (7, 7, 8)]
    assert (ids[0] == ids[1], ids[1] == ids[2]) == (True, False)


def test_moved_tag_is_told_along() -> None:
    go, _ = after_verdict(FRESH, report(Outcome.GO), NOON, PACE)
    moved = said_of(go, ending(7, digest=NEW))
    assert isinstance(moved, ExpiringNews)
    assert moved.previous_digest == go.digest


def test_a_stop_in_between_holds_no_later_end_back() -> None:
    entry, first = after_verdict(FRESH, ending(7), NOON, PACE)
    for said in (report(Outcome.STOP, HELD), report(Outcome.GO)):
        entry, _ = after_verdict(entry, said, NOON + HOUR, PACE)
    _, second = after_verdict(entry, ending(7), NOON + 2 * HOUR, PACE)
    assert [kind(news) for news in (first, second)] == [EventType.EXPIRING] * 2
