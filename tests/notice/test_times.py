"""Moments and ages in words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from rescan.notice.times import age, moment, rfc3339

SINCE = datetime(2026, 11, 20, 3, 0, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        pytest.param(timedelta(minutes=-5), "<1 h", id="clocks-that-disagree"),
        pytest.param(timedelta(minutes=59), "<1 h", id="below-an-hour"),
        pytest.param(timedelta(hours=1), "1 h", id="an-hour"),
        pytest.param(timedelta(hours=47, minutes=59), "47 h", id="below-two-days"),
        pytest.param(timedelta(hours=48), "2 d", id="two-days"),
        pytest.param(timedelta(days=3, hours=23), "3 d", id="days-are-whole"),
        pytest.param(timedelta(days=1_200), "1,200 d", id="years"),
    ],
)
def test_age_is_whole_hours_then_whole_days(passed: timedelta, expected: str) -> None:
    assert age(SINCE, SINCE + passed) == expected


def test_moments_are_said_in_utc() -> None:
    local = SINCE.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert (moment(local), rfc3339(local)) == ("2026-11-20 03:00 UTC", "2026-11-20T03:00:41Z")


def test_year_has_four_digits() -> None:
    at = datetime(1, 1, 1, tzinfo=UTC)
    assert (moment(at), rfc3339(at)) == ("0001-01-01 00:00 UTC", "0001-01-01T00:00:00Z")
