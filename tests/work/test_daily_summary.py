"""The daily summary: what is counted from the ledger, and that it is said like other news."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

import pytest
from aws_lambda_powertools import Logger
from msgspec.structs import replace

from rescan.events.commands import Summarize
from rescan.gate.data_version import DataVersion
from rescan.gate.inventory import InventoryRecord
from rescan.gate.model import Outcome
from rescan.kernel.deadline import Deadline
from rescan.kernel.due_days import DueDays
from rescan.kernel.errors import LedgerUnavailable
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.entry import UnknownPush
from rescan.ledger.failing import Failing
from rescan.notice.summary import Coverage, Dated, Failed, TeamDue
from rescan.outbox.items import Channel
from rescan.work.daily_summary import DailySummary, Schedule, summary_of
from rescan.work.ports import EntrySnapshot, SweepRecord
from tests.support.entries import FRESH
from tests.support.fakes import NOON, FakeLedger, FakeOutbox, FakeTopic
from tests.support.one_publisher import publisher_of
from tests.support.outbox_items import OUTBOX_ITEM

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SWEPT = NOON - HOUR
EVERY_SIX_HOURS = Schedule(6 * HOUR)
A, B, C = (ImageTag.parse(f"reg.io/{name}:1") for name in "abc")
FAILING = Failing(NOON - 7 * HOUR, "regate", "HTTP 500")


def snapshot(tag: ImageTag = A, **facts: object) -> EntrySnapshot:
    """Evaluated by the last sweep and not stopped, unless the facts say otherwise."""
    least = {"stopped": False, "evaluated_at": NOON, "sweep": SWEPT, "result_at": NOON}
    return EntrySnapshot(tag, **(least | facts))  # type: ignore[arg-type]


LATE = snapshot(C, sweep=SWEPT - 6 * HOUR, evaluated_at=NOON - 6 * HOUR)
LOST = snapshot(C, sweep=None, evaluated_at=None)
BEFORE = Coverage(SWEPT - 6 * HOUR, expected=2, answered=1, evaluated=1, absent=0)


# --- which sweep counts


@pytest.mark.parametrize(
    ("snapshots", "sweep", "counted", "under_way"),
    [
        pytest.param([], None, None, None, id="none-has-begun"),
        pytest.param(
            [snapshot(A), snapshot(B)],
            SweepRecord(SWEPT, 2, BEFORE),
            Coverage(SWEPT, expected=2, answered=2, evaluated=2, absent=0),
            None,
            id="the-last-is-complete",
        ),
        pytest.param(
            [snapshot(A), LATE],
            SweepRecord(SWEPT, 2, BEFORE),
            BEFORE,
            Coverage(SWEPT, expected=2, answered=1, evaluated=1, absent=0),
            id="the-last-is-at-work-and-the-one-before-stays-as-it-was-measured",
        ),
        pytest.param(
            [snapshot(A), LOST],
            SweepRecord(SWEPT, 2, BEFORE),
            BEFORE,
            Coverage(SWEPT, expected=2, answered=1, evaluated=1, absent=0),
            id="the-one-before-has-lost-one",
        ),
        pytest.param(
            [snapshot(A, sweep=NOON - 6 * HOUR, evaluated_at=NOON - 6 * HOUR)],
            SweepRecord(NOON - 6 * HOUR, 2, BEFORE),
            Coverage(NOON - 6 * HOUR, expected=2, answered=1, evaluated=1, absent=0),
            None,
            id="the-last-has-had-its-period",
        ),
        pytest.param(
            [snapshot(A)],
            SweepRecord(SWEPT, 2),
            Coverage(SWEPT, expected=2, answered=1, evaluated=1, absent=0),
            None,
            id="the-first-of-all-is-at-work",
        ),
        pytest.param(
            [snapshot(A), snapshot(B, evaluated_at=None, failing=FAILING)],
            SweepRecord(SWEPT, 2, BEFORE),
            Coverage(SWEPT, expected=2, answered=2, evaluated=1, absent=0),
            None,
            id="one-fails",
        ),
        pytest.param(
            [snapshot(A), snapshot(B, evaluated_at=SWEPT - DAY)],
            SweepRecord(SWEPT, 2, BEFORE),
            Coverage(SWEPT, expected=2, answered=2, evaluated=1, absent=1),
            None,
            id="one-is-gone",
        ),
        pytest.param(
            [snapshot(A), snapshot(B)],
            SweepRecord(SWEPT, 2, BEFORE, enqueuing=True),
            BEFORE,
            Coverage(SWEPT, expected=2, answered=2, evaluated=2, absent=0, enqueuing=True),
            id="not-all-pages-are-done",
        ),
        pytest.param(
            [snapshot(A), snapshot(B), snapshot(C)],
            SweepRecord(SWEPT, 2, BEFORE),
            Coverage(SWEPT, expected=2, answered=2, evaluated=2, absent=0),
            None,
            id="more-than-were-expected",
        ),
    ],
)
def test_coverage_is_that_of_the_last_sweep_that_has_ended(
    snapshots: list[EntrySnapshot],
    sweep: SweepRecord | None,
    counted: Coverage | None,
    under_way: Coverage | None,
) -> None:
    summary = summary_of(snapshots, sweep, EVERY_SIX_HOURS, NOON)
    assert (summary.sweep, summary.under_way) == (counted, under_way)
    assert summary.next_sweep == (sweep.started + 6 * HOUR if sweep else None)


@pytest.mark.parametrize(
    ("inventory", "unknown"),
    [
        pytest.param(None, None, id="no-sweep-asks"),
        pytest.param(InventoryRecord(None, {"prod-eu": NOON}), None, id="known"),
        pytest.param(InventoryRecord("the inventory is empty"), "the inventory is empty", id="not"),
    ],
)
def test_why_it_is_not_known_what_runs_is_the_last_sweep_s_reason(
    inventory: InventoryRecord | None, unknown: str | None
) -> None:
    sweep = SweepRecord(SWEPT, 2, BEFORE, inventory=inventory)
    assert summary_of([], sweep, EVERY_SIX_HOURS, NOON).running_unknown == unknown


@pytest.mark.parametrize(
    ("hour", "now", "expected"),
    [
        pytest.param(None, NOON, None, id="switched-off"),
        pytest.param(12, NOON - timedelta(seconds=1), NOON, id="later-today"),
        pytest.param(12, NOON, NOON + DAY, id="this-is-the-one-of-today"),
        pytest.param(0, NOON, NOON + 12 * HOUR, id="midnight"),
    ],
)
def test_the_next_summary_comes_at_its_hour(
    hour: int | None, now: datetime, expected: datetime | None
) -> None:
    assert summary_of([], None, Schedule(HOUR, hour), now).next_summary == expected


# --- what is open


def test_what_is_stopped_comes_oldest_first_and_unknown_ages_last() -> None:
    snapshots = [
        snapshot(A, stopped=True),
        snapshot(B, stopped=True, first_stop_at=NOON - HOUR),
        snapshot(C, stopped=True, first_stop_at=NOON - DAY),
    ]
    summary = summary_of(snapshots, None, EVERY_SIX_HOURS, NOON)
    assert summary.stopped == (Dated(C, NOON - DAY), Dated(B, NOON - HOUR), Dated(A, None))


@pytest.mark.parametrize(
    ("sweep", "tried", "is_told"),
    [
        pytest.param(SweepRecord(SWEPT, 0), NOON - DAY, True, id="within-the-day"),
        pytest.param(
            SweepRecord(SWEPT, 0), NOON - DAY - HOUR, False, id="nobody-tries-it-any-longer"
        ),
        pytest.param(
            SweepRecord(NOON - 2 * DAY, 0), NOON - DAY - HOUR, True, id="since-an-old-sweep-began"
        ),
    ],
)
def test_what_fails_is_told_as_long_as_it_is_tried(
    sweep: SweepRecord, tried: datetime, is_told: bool
) -> None:
    failing = snapshot(B, failing=FAILING, result_at=tried)
    summary = summary_of([failing], sweep, EVERY_SIX_HOURS, NOON)
    assert summary.failing == ((Failed(B, FAILING),) if is_told else ())


@pytest.mark.parametrize(
    ("sweep", "received"),
    [
        pytest.param(None, None, id="no-sweep"),
        pytest.param(SweepRecord(SWEPT, 0), None, id="of-a-version-that-did-not-look"),
        pytest.param(SweepRecord(SWEPT, 0, data=DataVersion("f")), None, id="anchore-is-silent"),
        pytest.param(
            SweepRecord(SWEPT, 0, data=DataVersion("f", received_at=NOON - 3 * HOUR)),
            NOON - 3 * HOUR,
            id="known",
        ),
    ],
)
def test_the_age_of_the_data_is_that_of_the_last_sweep_s(
    sweep: SweepRecord | None, received: datetime | None
) -> None:
    data = summary_of([], sweep, EVERY_SIX_HOURS, NOON).data
    assert (data and data.received_at) == received


def test_pushes_come_newest_first() -> None:
    snapshots = [
        snapshot(A, unknown_push_at=NOON - DAY),
        snapshot(B),
        snapshot(C, unknown_push_at=NOON - HOUR),
    ]
    summary = summary_of(snapshots, None, EVERY_SIX_HOURS, NOON)
    assert summary.unknown_pushes == (Dated(C, NOON - HOUR), Dated(A, NOON - DAY))


@pytest.mark.parametrize(
    ("until", "stopped", "is_told"),
    [
        pytest.param(NOON + 14 * DAY, False, True, id="within-14-days"),
        pytest.param(NOON + 14 * DAY + HOUR, False, False, id="later"),
        pytest.param(NOON, False, False, id="over"),
        pytest.param(NOON + DAY, True, False, id="stopped-as-it-is"),
        pytest.param(None, False, False, id="nothing-held-back"),
    ],
)
def test_an_allowlist_s_end_is_told_two_weeks_ahead(
    until: datetime | None, stopped: bool, is_told: bool
) -> None:
    held = snapshot(held_until=until, stopped=stopped)
    summary = summary_of([held], None, EVERY_SIX_HOURS, NOON)
    assert summary.ending == ((Dated(A, until),) if is_told else ())


@pytest.mark.parametrize(
    ("other", "is_stopped"),
    [
        pytest.param({"sweep": None, "evaluated_at": NOON + HOUR}, True, id="asked-for-by-hand"),
        pytest.param({"sweep": NOON, "evaluated_at": NOON - DAY}, False, id="policy-changed"),
        pytest.param({"evaluated_at": NOON + HOUR}, False, id="evaluated-later"),
    ],
)  # fmt: skip
def test_of_a_tag_under_several_policies_that_of_the_sweeps_counts(
    other: dict[str, object], is_stopped: bool
) -> None:
    snapshots = [snapshot(stopped=True), snapshot(A, **other)]
    for order in (snapshots, snapshots[::-1]):
        assert bool(summary_of(order, None, EVERY_SIX_HOURS, NOON).stopped) is is_stopped


# --- said


BY_HAND = Summarize()


def daily_summary(ledger: FakeLedger, now: datetime = NOON) -> DailySummary:
    logger = Logger(service="summary", logger_handler=logging.NullHandler())
    return DailySummary(ledger, [Channel.STOPS], Schedule(6 * HOUR, 12), logger, lambda: now)


def test_it_is_published_like_other_notices_and_once_for_each_time_it_is_due() -> None:
    ledger, topic = FakeLedger(), FakeTopic()
    stopped = replace(FRESH, version=1, verdict=Outcome.STOP, first_stop_at=NOON - DAY)
    push = replace(FRESH, subject="b", tag=B, unknown_push=UnknownPush(NOON - HOUR))
    ledger.entries = {FRESH.subject: stopped, "b": push}
    for seconds in (1, 70):
        now = NOON + timedelta(seconds=seconds)
        answer = daily_summary(ledger, now).run(Summarize(NOON))
    publisher_of(FakeOutbox(ledger), topic, lambda: NOON).run(Deadline.after(60))
    assert answer == {
        "quiet": False, "stopped": 1, "notEvaluated": 0, "missing": 0, "setAside": 0
    }  # fmt: skip
    assert (topic.said, ledger.notices) == (["SUMMARY"], {})


def test_one_that_is_asked_for_by_hand_follows_the_one_of_the_day() -> None:
    ledger = FakeLedger()
    daily_summary(ledger).run(Summarize(NOON))
    daily_summary(ledger, NOON + HOUR).run(BY_HAND)
    daily_summary(ledger, NOON + 2 * HOUR).run(BY_HAND)
    assert len(ledger.notices) == 3


def test_notices_that_are_set_aside_are_counted() -> None:
    ledger = FakeLedger()
    ledger.aside = {(Channel.STOPS, name): OUTBOX_ITEM for name in "ab"}
    assert daily_summary(ledger).run(BY_HAND)["setAside"] == 2
    [summary] = ledger.notices.values()
    assert summary.notice.subject.endswith(", 2 notices could not be published")


@pytest.mark.parametrize("call", ["snapshots", "last_sweep", "add", "count_set_aside"])
def test_a_ledger_that_refuses_fails_it(call: str) -> None:
    ledger = FakeLedger(refuses={call})
    with pytest.raises(LedgerUnavailable):
        daily_summary(ledger).run(BY_HAND)
    assert ledger.notices == {}


class HalfReadLedger(FakeLedger):
    """Refuses behind the first of its entries."""

    def snapshots(self, *, side_by_side: bool = False) -> Iterator[EntrySnapshot]:
        yield from islice(super().snapshots(side_by_side=side_by_side), 1)
        raise LedgerUnavailable("throttled")


def test_a_ledger_that_is_read_in_part_is_no_summary() -> None:
    ledger = HalfReadLedger()
    ledger.entries = {str(tag): replace(FRESH, subject=str(tag), tag=tag) for tag in (A, B)}
    ledger.record_sweep(SweepRecord(SWEPT, 2, by_pages=True))
    with pytest.raises(LedgerUnavailable):
        daily_summary(ledger).run(BY_HAND)
    assert ledger.notices == {}


@pytest.mark.parametrize("by_pages", [False, True])
def test_segments_are_read_side_by_side_where_sweeps_go_by_pages(by_pages: bool) -> None:
    asked: list[bool] = []

    class Ledger(FakeLedger):
        def snapshots(self, *, side_by_side: bool = False) -> Iterator[EntrySnapshot]:
            asked.append(side_by_side)
            return super().snapshots()

    ledger = Ledger()
    ledger.record_sweep(SweepRecord(SWEPT, 2, by_pages=by_pages))
    daily_summary(ledger).run(BY_HAND)
    assert asked == [by_pages]


# --- what is due

TERMS = DueDays.parse("exploited=3,critical=15")
TODAY = NOON.date()


def in_days(days: int, team: str = "a", **facts: object) -> EntrySnapshot:
    """Stopped by what is due in so many days; each call another tag."""
    first_days = {"critical": TODAY + timedelta(days=days - 15)}
    tag = ImageTag.parse(f"reg.io/{team}/{days}:1")
    return snapshot(tag, team=team, **({"stopped": True, "first_days": first_days} | facts))


def due_of(*snapshots: EntrySnapshot, terms: DueDays = TERMS) -> tuple[TeamDue, ...]:
    return summary_of(snapshots, None, EVERY_SIX_HOURS, NOON, terms).due


def test_teams_with_most_that_is_overdue_come_first() -> None:
    snapshots = [in_days(-1, "b"), in_days(-9, "b"), in_days(6, "a"), in_days(-1, "c"), in_days(0)]
    assert due_of(*snapshots) == (TeamDue("b", 2, 0), TeamDue("c", 1, 0), TeamDue("a", 0, 2))


@pytest.mark.parametrize(
    ("one", "due"),
    [
        pytest.param(in_days(-1), (TeamDue("a", 1, 0),), id="yesterday"),
        pytest.param(in_days(0), (TeamDue("a", 0, 1),), id="today"),
        pytest.param(in_days(6), (TeamDue("a", 0, 1),), id="within-a-week"),
        pytest.param(in_days(7), (), id="later"),
        pytest.param(in_days(-1, stopped=False), (), id="not-stopped"),
        pytest.param(in_days(-1, first_days={"low": TODAY - 99 * DAY}), (), id="no-term"),
        pytest.param(
            in_days(-1, first_days={"critical": TODAY, "exploited": TODAY - 4 * DAY}),
            (TeamDue("a", 1, 0),),
            id="exploited-is-due-first",
        ),
    ],
)
def test_an_image_is_due_when_its_first_finding_is(
    one: EntrySnapshot, due: tuple[TeamDue, ...]
) -> None:
    assert due_of(one) == due
    assert due_of(one, terms=DueDays()) == ()
