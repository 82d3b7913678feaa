"""By when a finding is due: from the day on which it was first reported, or as exploited."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from rescan.aws.ledger_items import entry_of, item_of, snapshot_of
from rescan.gate.model import Outcome, Severity
from rescan.gate.report import Report
from rescan.kernel.due_days import DueDays
from rescan.ledger.due_dates import due_dates, earliest_first_days
from rescan.ledger.entry import Entry
from rescan.ledger.failing import Failing
from rescan.ledger.news import ReminderNews, StopNews
from rescan.ledger.transitions import after_failure, after_verdict
from tests.support.entries import FRESH, NEW, PACE, TRIGGER, finding, key, report, stopped
from tests.support.fakes import NOON

DAY = timedelta(days=1)
TODAY = NOON.date()
TERMS = DueDays.parse("exploited=3,critical=15,high=30")
DUE = replace(PACE, due_days=TERMS)


def stops(severities: dict[str, str], **fields: object) -> Report:
    return report(
        Outcome.STOP,
        *map(finding, severities),
        severities=severities,
        **fields,  # type: ignore[arg-type]
    )


CRITICAL = stops({"CVE-1": "Critical"}, exploited={"CVE-1": False})
EXPLOITED = stops({"CVE-1": "Critical"}, exploited={"CVE-1": True})


def entry_after(*reports: Report, before: Entry = FRESH) -> Entry:
    """The entry after them, a day apart."""
    entry = before
    for days, result in enumerate(reports):
        entry, _ = after_verdict(entry, result, NOON + days * DAY, DUE)
    return entry


def due_after(*reports: Report, before: Entry = FRESH) -> dict[str, int]:
    """In how many days from the first of them on each finding is due."""
    dates = due_dates(entry_after(*reports, before=before), TERMS)
    return {name.what.partition("+")[0]: (due - TODAY).days for name, due in dates.items()}


@pytest.mark.parametrize(
    ("reports", "due"),
    [
        pytest.param([CRITICAL], {"CVE-1": 15}, id="by-severity"),
        pytest.param([stops({"CVE-1": "Low"})], {}, id="no-term"),
        pytest.param([report(Outcome.STOP, finding("CVE-1"))], {}, id="severity-not-known"),
        pytest.param([report(Outcome.GO)], {}, id="not-stopped"),
        pytest.param([EXPLOITED], {"CVE-1": 3}, id="exploited-from-the-beginning"),
        pytest.param([CRITICAL] * 9, {"CVE-1": 15}, id="the-date-stays"),
        pytest.param(
            [CRITICAL, CRITICAL, EXPLOITED, EXPLOITED], {"CVE-1": 5}, id="exploited-from-that-day"
        ),
        pytest.param([EXPLOITED, CRITICAL], {"CVE-1": 15}, id="no-longer-exploited"),
        pytest.param([EXPLOITED, CRITICAL, EXPLOITED], {"CVE-1": 3}, id="a-flap-gains-no-time"),
        pytest.param(
            [CRITICAL, stops({"CVE-1": "Critical", "CVE-2": "High"})],
            {"CVE-1": 15, "CVE-2": 31},
            id="each-from-its-own-day",
        ),
        pytest.param(
            [CRITICAL, replace(CRITICAL, image_digest=NEW)],
            {"CVE-1": 15},
            id="another-digest-that-still-has-it",
        ),
        pytest.param(
            [CRITICAL, stops({"CVE-2": "High"}), CRITICAL], {"CVE-1": 17}, id="gone-and-back"
        ),
        pytest.param([CRITICAL, report(Outcome.GO), CRITICAL], {"CVE-1": 17}, id="recovered"),
        pytest.param(
            [CRITICAL, stops({"CVE-2": "High"}, findings_problem="unread"), CRITICAL],
            {"CVE-1": 15},
            id="not-read-is-not-gone",
        ),
        pytest.param(
            [stops({"CVE-1": "High"}), CRITICAL], {"CVE-1": 15}, id="a-raised-severity-counts"
        ),
    ],
)
def test_a_finding_is_due_from_the_day_on_which_it_was_first_reported(
    reports: list[Report], due: dict[str, int]
) -> None:
    assert due_after(*reports) == due


def test_the_day_is_that_of_utc() -> None:
    tokyo = (NOON + timedelta(hours=8)).astimezone(tz=None)
    entry, _ = after_verdict(FRESH, CRITICAL, tokyo, DUE)
    assert due_dates(entry, TERMS) == {key("CVE-1"): TODAY + 15 * DAY}


def test_a_failure_changes_no_date() -> None:
    entry = entry_after(CRITICAL)
    failed, _ = after_failure(entry, Failing(NOON, "regate", "down"), TRIGGER, NOON + 5 * DAY, DUE)
    assert due_dates(failed, TERMS) == due_dates(entry, TERMS)


def test_without_terms_nothing_is_due() -> None:
    entry = entry_after(EXPLOITED)
    _, news = after_verdict(FRESH, EXPLOITED, NOON, PACE)
    assert isinstance(news, StopNews)
    assert (due_dates(entry, DueDays()), news.due) == ({}, {})


def test_stop_and_reminder_have_the_dates() -> None:
    entry, stop = after_verdict(FRESH, CRITICAL, NOON, DUE)
    _, reminder = after_verdict(entry, CRITICAL, NOON + DAY, DUE)
    assert isinstance(stop, StopNews)
    assert isinstance(reminder, ReminderNews)
    assert stop.due == reminder.due == {key("CVE-1"): TODAY + 15 * DAY}


OLDER = stopped(("CVE-1", Severity.CRITICAL), at=NOON - 5 * DAY)


@pytest.mark.parametrize("reports", [[], [CRITICAL], [CRITICAL] * 3])
def test_what_an_older_version_reported_counts_from_the_beginning_of_its_stop(
    reports: list[Report],
) -> None:
    assert due_after(*reports, before=OLDER) == {"CVE-1": 10}


def test_exploited_counts_for_an_older_entry_from_the_day_that_says_so() -> None:
    assert due_after(EXPLOITED, EXPLOITED, before=OLDER) == {"CVE-1": 3}


def test_what_may_have_been_cut_counts_from_the_beginning_of_its_stop() -> None:
    cut = replace(OLDER, stopping=replace(OLDER.stopping, total=900))
    more = stops({"CVE-1": "Critical", "CVE-2": "High"})
    assert due_after(more, more, before=cut) == {"CVE-1": 10, "CVE-2": 25}


# --- stored


def test_an_item_has_the_days_and_the_earliest_ones_beside_them() -> None:
    more = stops({"CVE-1": "Critical", "CVE-2": "Critical"}, exploited={"CVE-1": True})
    entry = entry_after(CRITICAL, more)
    read = entry_of(item_of(entry))
    assert (read, due_dates(read, TERMS)) == (entry, due_dates(entry, TERMS))
    assert snapshot_of(item_of(entry)).first_days == {
        "critical": TODAY,
        "exploited": TODAY + DAY,
    }


def test_the_earliest_days_give_the_earliest_date_whatever_the_terms() -> None:
    more = stops({"CVE-1": "Critical", "CVE-2": "High"}, exploited={"CVE-2": True})
    entry = entry_after(CRITICAL, more)
    for text in ("", "exploited=3", "critical=1,high=0", "exploited=9,high=1", "low=2"):
        terms = DueDays.parse(text)
        earliest: date | None = min(due_dates(entry, terms).values(), default=None)
        assert terms.due(earliest_first_days(entry)) == earliest
