"""The order in which to act, and what is known only of some images."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from rescan.gate.model import Severity
from rescan.kernel.image_tag import ImageTag
from rescan_cli.state.overview import (
    Overview,
    by_finding,
    by_team,
    coming,
    is_due_this_week,
    overview_of,
)
from rescan_cli.state.row import Row, StoppingFinding, row_of
from tests.support.entries import stopped

NOW = datetime(2026, 11, 26, 15, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)


def row(name: str, **facts: Any) -> Row:
    """A stopped image of which these facts are known."""
    plain = row_of(stopped(("CVE-1", Severity.LOW), at=NOW - DAY), NOW)
    return replace(plain, tag=ImageTag("reg.io", name, "1"), **facts)


def named(rows: tuple[Row, ...]) -> list[str]:
    return [it.tag.repository for it in rows]


def test_what_is_exploited_overdue_worst_and_oldest_comes_first() -> None:
    rows = [
        row("younger"),
        row("older", since=NOW - 9 * DAY),
        row("worse", worst=Severity.HIGH),
        row("overdue", due=TODAY - DAY, is_overdue=True),
        row("exploited", exploited=True),
    ]
    order = ["exploited", "overdue", "worse", "older", "younger"]
    assert named(overview_of(rows, NOW).stopped) == order


KNOWN = overview_of(
    [
        row("exploited", exploited=True),
        row("not", exploited=False),
        row("unknown", exploited=None, due=TODAY - DAY, is_overdue=True),
    ],
    NOW,
)


@pytest.mark.parametrize(
    ("narrowed", "shown", "unanswered"),
    [
        pytest.param(KNOWN.exploited_only(), ["exploited"], 1, id="exploited"),
        pytest.param(KNOWN.overdue_only(), ["unknown"], 0, id="overdue"),
        pytest.param(KNOWN.exploited_only().overdue_only(), [], 1, id="both"),
        pytest.param(overview_of([row("a")], NOW).overdue_only(), [], 1, id="no-dates-at-all"),
    ],
)
def test_a_filter_counts_what_it_cannot_answer(
    narrowed: Overview, shown: list[str], unanswered: int
) -> None:
    assert (named(narrowed.stopped), narrowed.unanswered) == (shown, unanswered)


def test_a_finding_is_as_bad_as_its_worst_image_says() -> None:
    low = StoppingFinding("CVE-1", "zlib", Severity.LOW, exploited=False, due=date(2026, 12, 9))
    high = StoppingFinding("cve-1", "minizip", Severity.HIGH, exploited=True, due=date(2026, 12, 1))
    other = StoppingFinding("CVE-2", "curl", Severity.CRITICAL)
    rows = [row("a", findings=(low, other)), row("b", findings=(high,))]
    first, second = by_finding(rows)
    facts = (first.name, first.worst, first.exploited, first.due, first.packages)
    assert facts == ("CVE-1", Severity.HIGH, True, date(2026, 12, 1), ("minizip", "zlib"))
    assert named(first.images) == ["a", "b"]
    assert (second.name, second.exploited, named(second.images)) == ("CVE-2", None, ["a"])


def test_teams_with_most_stopped_images_come_first() -> None:
    rows = [row("a", team="x"), row("b", team="y"), row("c", team="y", since=NOW - 9 * DAY)]
    teams = by_team(overview_of(rows, NOW))
    assert [(it.team, len(it.stopped), it.since) for it in teams] == [
        ("y", 2, NOW - 9 * DAY),
        ("x", 1, NOW - DAY),
    ]


@pytest.mark.parametrize(
    ("days", "is_listed", "this_week"),
    [(-1, True, False), (0, True, True), (7, True, True), (8, True, False), (31, False, False)],
)
def test_what_is_due_within_30_days_is_listed(
    days: int, *, is_listed: bool, this_week: bool
) -> None:
    due = row("a", due=TODAY + days * DAY)
    listed = [one.day for one in coming(overview_of([due], NOW))]
    assert (listed, is_due_this_week(due, NOW)) == ([due.due] * is_listed, this_week)


def test_an_end_of_an_allowlist_item_is_listed_beside_what_is_due() -> None:
    held = replace(row("held", held_until=NOW + 3 * DAY), verdict=None)
    due = row("due", due=TODAY + DAY)
    told = [
        (it.day, it.row.tag.repository, it.is_end) for it in coming(overview_of([held, due], NOW))
    ]
    assert told == [(TODAY + DAY, "due", False), (TODAY + 3 * DAY, "held", True)]
