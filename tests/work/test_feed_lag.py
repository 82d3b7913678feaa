"""The time from new data to the last notice of what they stop, and which feeds there are."""

import logging
from datetime import datetime, timedelta

import pytest
from aws_lambda_powertools import Logger
from msgspec.structs import replace

from rescan.events.commands import Gate
from rescan.gate.data_version import DataVersion
from rescan.gate.model import Trigger, TriggerKind
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreUnreachable
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.metrics import Metric, Tally
from rescan.ledger.news import EventType
from rescan.notice.data_age import DataAge
from rescan.notice.summary import Coverage
from rescan.outbox.items import PendingNotice
from rescan.work.coverage import data_age
from rescan.work.feed_lag import FeedLag
from rescan.work.feeds_seen import FeedsSeen
from rescan.work.ports import SweepRecord
from tests.support.anchore_answers import WHERE
from tests.support.entries import FRESH
from tests.support.fakes import NOON, FakeLedger
from tests.support.pending_notices import pending

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TAG = ImageTag.parse("reg.io/a:1")
SWEPT = Gate(TAG, Trigger(TriggerKind.SCHEDULE), sweep=NOON)
PUSHED = Gate(TAG, Trigger(TriggerKind.ECR_PUSH))
BEFORE = Coverage(NOON - 6 * HOUR, 1, 1, 1, 0)
NEW = DataVersion("new", received_at=NOON - 10 * MINUTE)
OLD = DataVersion("old", received_at=NOON - 7 * HOUR)


def published(
    kind: EventType = EventType.STOP, at: datetime = NOON + MINUTE, *, pushed: bool = False
) -> PendingNotice:
    return pending(1, "CVE-1", event_type=kind, at=at, pushed=pushed)


def measured(ledger: FakeLedger, *notices: PendingNotice) -> dict[Metric, float]:
    tally, logger = Tally(), Logger(service="lag", logger_handler=logging.NullHandler())
    FeedLag(ledger, tally, logger, lambda: NOON + 5 * MINUTE).measure(notices)
    return tally.take()


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger(sweeps=[SweepRecord(NOON, 1, BEFORE, data=NEW)])


def test_it_is_measured_from_the_arrival_of_the_data_and_remembered(ledger: FakeLedger) -> None:
    assert measured(ledger, published()) == {Metric.FEED_NOTICE_LAG_SECONDS: 15 * 60}
    assert ledger.sweeps[-1].noticed_at == NOON + 5 * MINUTE


@pytest.mark.parametrize(
    "notices",
    [
        pytest.param((), id="nothing"),
        pytest.param((published(pushed=True),), id="a-push"),
        pytest.param((published(EventType.RECOVERED),), id="no-stop"),
        pytest.param((published(at=NOON - MINUTE),), id="of-the-sweep-before"),
    ],
)
def test_what_waited_for_no_new_data_is_not_measured(
    ledger: FakeLedger, notices: tuple[PendingNotice, ...]
) -> None:
    assert measured(ledger, *notices) == {}
    assert ledger.sweeps[-1].noticed_at is None


@pytest.mark.parametrize("data", [OLD, DataVersion("unknown"), None])
def test_nor_is_a_sweep_on_data_that_are_not_known_to_be_new(
    ledger: FakeLedger, data: DataVersion | None
) -> None:
    ledger.sweeps = [SweepRecord(NOON, 1, BEFORE, data=data)]
    assert measured(ledger, published()) == {}


@pytest.mark.parametrize("call", ["last_sweep", "note_notice"])
def test_a_ledger_that_refuses_holds_nothing_up(ledger: FakeLedger, call: str) -> None:
    ledger.refuses = {call}
    assert measured(ledger, published())[Metric.LEDGER_ERRORS] == 1


@pytest.mark.parametrize(
    ("data", "is_swept", "expected"),
    [
        (NEW, True, DataAge(NOON - 10 * MINUTE, 12 * MINUTE, 15 * MINUTE)),
        (NEW, False, DataAge(NOON - 10 * MINUTE)),
        (OLD, True, DataAge(NOON - 7 * HOUR)),
        (None, True, None),
    ],
)
def test_both_lags_are_told_once_the_sweep_is_through(
    data: DataVersion | None, is_swept: bool, expected: DataAge | None
) -> None:
    sweep = SweepRecord(NOON, 1, BEFORE, data=data, noticed_at=NOON + 5 * MINUTE)
    mark = NOON if is_swept else NOON - 6 * HOUR
    entry = replace(FRESH, sweep=mark, evaluated_at=NOON + 2 * MINUTE)
    assert data_age(sweep, [entry]) == expected


def test_lags_are_told_in_minutes_and_then_in_hours() -> None:
    age = DataAge(NOON - 3 * HOUR, timedelta(seconds=20), 5.5 * HOUR)
    assert age.told(NOON) == (
        "received 3 h ago, the last verdict after 1 min, the last notice after 5 h"
    )


# --- which feeds there are


def test_anchore_is_asked_for_its_feeds_once_in_five_minutes_whatever_it_answers() -> None:
    answers: list[DataVersion | Exception] = [NEW, AnchoreUnreachable("no route", **WHERE), OLD]
    now = NOON

    def read(deadline: Deadline) -> DataVersion:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    seen = FeedsSeen(read, lambda: now)
    told = []
    for minutes in (0, 4, 5, 9, 10):
        now = NOON + minutes * MINUTE
        told.append(seen.version(SWEPT, Deadline.after(60)))
    assert seen.version(PUSHED, Deadline.after(60)) is None
    assert seen.version(replace(SWEPT, feeds="told"), Deadline.after(60)) == "told"
    assert told == ["new", "new", None, None, "old"]
