"""DUE_DAYS, read: within how many days a finding is to be gone."""

import re
from datetime import date, timedelta

import pytest

from rescan.gate.model import Severity
from rescan.kernel.due_days import EXPLOITED, TERMS, DueDays

MONDAY = date(2026, 11, 23)


def test_the_terms_are_the_severities_and_exploited() -> None:
    assert (EXPLOITED, *map(str, sorted(Severity, reverse=True))) == TERMS


@pytest.mark.parametrize(
    ("text", "days"),
    [
        pytest.param("", {}, id="none"),
        pytest.param(" , ", {}, id="nothing-in-it"),
        pytest.param(
            "exploited=3, Critical = 15,high=0",
            {"exploited": 3, "critical": 15, "high": 0},
            id="spaces-and-case",
        ),
        pytest.param("low=9999", {"low": 9999}, id="the-longest"),
    ],
)
def test_terms_are_read(text: str, days: dict[str, int]) -> None:
    assert DueDays.parse(text) == DueDays(days)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("severe=3", "the term one of exploited, critical, ", id="no-term"),
        pytest.param("=3", "not '=3'", id="empty-term"),
        pytest.param("high", "a whole number of them from 0 to 9999, not 'high'", id="no-number"),
        pytest.param("high=", "not 'high='", id="empty-number"),
        pytest.param("high=-1", "not 'high=-1'", id="negative"),
        pytest.param("high=1.5", "not 'high=1.5'", id="half-a-day"),
        pytest.param("high=10000", "not 'high=10000'", id="too-long"),
        pytest.param("high=³", "not 'high=³'", id="a-digit-of-another-kind"),
        pytest.param("high=1,low=2,High=3", "once, not 'high' twice", id="twice"),
    ],
)
def test_a_wrong_entry_is_named_with_what_was_expected(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=re.escape(expected)):
        DueDays.parse(text)


@pytest.mark.parametrize(
    ("first_days", "due"),
    [
        pytest.param({}, None, id="never-reported"),
        pytest.param({"medium": MONDAY}, None, id="no-such-term"),
        pytest.param({"critical": MONDAY}, MONDAY + timedelta(days=15), id="by-severity"),
        pytest.param(
            {"critical": MONDAY, "exploited": MONDAY + timedelta(days=7)},
            MONDAY + timedelta(days=10),
            id="exploited-later-and-due-earlier",
        ),
        pytest.param(
            {"critical": MONDAY, "exploited": MONDAY + timedelta(days=14)},
            MONDAY + timedelta(days=15),
            id="exploited-too-late-to-matter",
        ),
    ],
)
def test_the_earliest_term_counts(first_days: dict[str, date], due: date | None) -> None:
    assert DueDays.parse("exploited=3,critical=15,high=30").due(first_days) == due


def test_the_longest_term_of_the_latest_year_is_no_error_for_a_day_of_ours() -> None:
    assert DueDays.parse("low=9999").due({"low": MONDAY}) == MONDAY + timedelta(days=9999)
