"""Which forced refresh an entry remembers, and for how long it makes another one needless."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from rescan.gate.evaluation import Allowlisted
from rescan.gate.model import Outcome
from rescan.gate.report import Report
from rescan.kernel.image_tag import Digest
from rescan.ledger.entry import Entry, Refresh
from rescan.ledger.failing import Failing
from rescan.ledger.refresh import fresh_digests
from rescan.ledger.transitions import after_failure, after_verdict
from tests.support.entries import FRESH, HOUR, NEW, OLD, PACE, TRIGGER, finding, report, stopped
from tests.support.fakes import NOON

SIX_HOURS = 6 * HOUR
MINUTE = timedelta(minutes=1)
LISTED = {"CVE-1": "Low"}
REFRESHED = replace(
    FRESH, verdict=Outcome.GO, digest=OLD, evaluated_at=NOON, refresh=Refresh(OLD, "today", NOON)
)
FAILING = Failing(NOON, "regate", "HTTP 500")


@pytest.mark.parametrize(
    ("changes", "digest"),
    [
        pytest.param({}, OLD, id="refreshed-on-these-feeds"),
        pytest.param({"refresh": None}, None, id="never-refreshed"),
        pytest.param({"refresh": Refresh(OLD, "older", NOON)}, None, id="on-older-feeds"),
        pytest.param({"verdict": Outcome.STOP}, None, id="stopped"),
        pytest.param({"failing": FAILING}, None, id="failing"),
        pytest.param({"held_until": NOON + HOUR}, None, id="an-allowlist-item-has-just-ended"),
        pytest.param({"held_until": NOON + HOUR + MINUTE}, OLD, id="it-has-not-ended-yet"),
    ],
)
def test_a_plain_read_is_enough_while_nothing_but_the_feeds_could_change(
    changes: dict[str, object], digest: Digest | None
) -> None:
    entry: Entry = replace(REFRESHED, **changes)
    assert fresh_digests(entry, "today", NOON + HOUR, SIX_HOURS) == ({digest} - {None})


@pytest.mark.parametrize("feeds", [None, "newer"])
def test_feeds_that_moved_or_are_not_known_need_a_refresh(feeds: str | None) -> None:
    assert not fresh_digests(REFRESHED, feeds, NOON, SIX_HOURS)


@pytest.mark.parametrize(
    ("period", "hours"), [(HOUR, 23), (SIX_HOURS, 18), (12 * HOUR, 12), (24 * HOUR, 0)]
)
def test_the_next_sweep_finds_no_refresh_older_than_a_day(period: timedelta, hours: int) -> None:
    last = NOON + hours * HOUR
    assert fresh_digests(REFRESHED, "today", last, period) == {OLD}
    assert not fresh_digests(REFRESHED, "today", last + MINUTE, period)


def after(entry: Entry, said: Report, at: datetime = NOON) -> Refresh | None:
    return after_verdict(entry, said, at, PACE)[0].refresh


@pytest.mark.parametrize("outcome", [Outcome.GO, Outcome.WARN, Outcome.STOP])
def test_a_refresh_that_listed_something_is_remembered(outcome: Outcome) -> None:
    said = replace(report(outcome, digest=NEW, severities=LISTED), feeds="newer")
    assert after(REFRESHED, said, NOON + HOUR) == Refresh(NEW, "newer", NOON + HOUR)


def test_a_plain_read_leaves_the_last_refresh() -> None:
    said = replace(report(Outcome.GO, severities=LISTED), plainly_read=True)
    assert after(REFRESHED, said) == REFRESHED.refresh


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(
            replace(report(Outcome.GO, severities={}), feeds="today"), id="nothing-listed"
        ),
        pytest.param(replace(report(Outcome.STOP), feeds="today"), id="no-list"),
        pytest.param(report(Outcome.GO, severities=LISTED), id="interrupted-or-of-a-push"),
    ],
)
def test_the_next_sweep_repeats_a_refresh_whose_scan_is_not_certain(said: Report) -> None:
    """A scan that failed in Anchore lists nothing either."""
    assert after(REFRESHED, said) is None


@pytest.mark.parametrize(
    ("ends", "until", "kept"),
    [
        pytest.param(False, None, True, id="never"),
        pytest.param(True, NOON + HOUR, True, id="in-an-hour"),
        pytest.param(True, NOON - MINUTE, False, id="a-minute-ago-by-our-clock"),
        pytest.param(None, None, False, id="nobody-can-read-when"),
    ],
)
def test_the_next_sweep_asks_again_about_an_allowlist_that_may_have_ended(
    ends: bool | None, until: datetime | None, kept: bool
) -> None:
    """Anchore keeps an evaluation, and does not notice that an item of it has ended."""
    held = finding("CVE-1", allowlisted=True)
    allowlisted = (Allowlisted(held, "accepted", ends=ends, until=until),)
    said = report(Outcome.GO, held, severities=LISTED, allowlisted=allowlisted)
    for seen in (replace(said, feeds="today"), replace(said, plainly_read=True)):
        assert (after(REFRESHED, seen) is not None) is kept


def test_a_failed_attempt_is_no_refresh() -> None:
    failed, _ = after_failure(REFRESHED, FAILING, TRIGGER, NOON + HOUR, PACE)
    assert failed.refresh == REFRESHED.refresh


def test_an_entry_of_an_older_version_needs_a_refresh() -> None:
    assert not fresh_digests(stopped(), "today", NOON, SIX_HOURS)
