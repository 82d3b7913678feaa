"""When new data of Anchore's begin a sweep, and when that waits."""

import io
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger

from rescan.events.commands import Gate
from rescan.gate.data_version import DataVersion
from rescan.gate.model import Trigger, TriggerKind
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreUnreachable
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.metrics import Metric, Tally
from rescan.work.feed_clock import FeedClock
from rescan.work.ports import SweepRecord
from tests.support.anchore_answers import WHERE
from tests.support.fakes import NOON, FakeLedger, FakeQueue

MINUTE = timedelta(minutes=1)
OLD = DataVersion("old", "policy of monday", NOON - 300 * MINUTE)
NEW = DataVersion("new", "policy of monday", NOON - 30 * MINUTE)
UNDER_WAY = Gate(ImageTag("reg.io", "app", "1"), Trigger(TriggerKind.SCHEDULE))


@dataclass
class Look:
    """A look at the feeds, an hour and a half after the last sweep began."""

    data: DataVersion | Exception = NEW
    last: SweepRecord | None = field(
        default_factory=lambda: SweepRecord(NOON - 90 * MINUTE, 2, data=OLD)
    )
    ledger: FakeLedger = field(default_factory=FakeLedger)
    queue: FakeQueue = field(default_factory=FakeQueue)
    tally: Tally = field(default_factory=Tally)
    log: io.StringIO = field(default_factory=io.StringIO)
    swept: int = 0

    def at(self, now: datetime = NOON) -> dict[str, Any]:
        logger = Logger(service=f"feeds-{uuid4()}", logger_handler=logging.StreamHandler(self.log))
        if self.last is not None:
            self.ledger.sweeps = [self.last]
        clock = FeedClock(
            self._read,
            self.ledger,
            self.queue,
            self._sweep,
            60 * MINUTE,
            self.tally,
            logger,
            lambda: now,
        )
        return clock.run(Deadline.after(60))

    def _read(self, deadline: Deadline) -> DataVersion:
        if isinstance(self.data, Exception):
            raise self.data
        return self.data

    def _sweep(self, deadline: Deadline) -> dict[str, Any]:
        self.swept += 1
        return {"enqueued": 2, "sweep": NOON.isoformat()}


def test_new_feeds_begin_a_sweep() -> None:
    look = Look()
    sweep = {"enqueued": 2, "sweep": NOON.isoformat()}
    assert look.at() == {"feeds": "moved", "ageHours": 0.5} | sweep
    assert look.swept == 1


@pytest.mark.parametrize(
    ("data", "swept"),
    [
        pytest.param(OLD, 0, id="nothing-has-changed"),
        pytest.param(DataVersion("old", "policy of tuesday"), 1, id="an-edited-policy"),
        pytest.param(DataVersion("old", None), 0, id="a-policy-that-may-not-be-read"),
        pytest.param(DataVersion("new", None), 1, id="new-feeds-beside-such-a-policy"),
    ],
)
def test_only_what_decides_begins_a_sweep(data: DataVersion, swept: int) -> None:
    look = Look(data)
    look.at()
    assert look.swept == swept


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(None, id="no-sweep-has-begun"),
        pytest.param(SweepRecord(NOON - 90 * MINUTE, 2), id="of-a-version-that-did-not-look"),
        pytest.param(
            SweepRecord(NOON - 90 * MINUTE, 2, data=DataVersion("old", None)),
            id="of-one-that-could-not-read-the-policy",
        ),
    ],
)
def test_a_sweep_that_may_have_seen_other_data_is_followed_by_one(
    last: SweepRecord | None,
) -> None:
    look = Look(last=last)
    look.at()
    assert look.swept == 1


def test_a_sweep_that_began_short_of_an_hour_ago_is_not_followed_yet() -> None:
    look = Look()
    began = NOON - 90 * MINUTE
    assert "too short a time ago" in look.at(began + 59 * MINUTE)["feeds"]
    assert look.swept == 0
    look.at(began + 60 * MINUTE)
    assert look.swept == 1


def test_a_sweep_under_way_is_not_overtaken() -> None:
    look = Look()
    look.queue.send(UNDER_WAY, timedelta())
    assert "under way" in look.at()["feeds"]
    assert look.swept == 0
    look.queue.take()
    look.at()
    assert look.swept == 1


def test_a_sweep_whose_pages_are_not_all_done_is_not_overtaken() -> None:
    look = Look(last=SweepRecord(NOON - 90 * MINUTE, 2, data=OLD, enqueuing=True))
    assert "under way" in look.at()["feeds"]
    assert look.swept == 0


def test_a_sweep_that_is_being_enqueued_is_not_overtaken() -> None:
    look = Look()
    look.ledger.begin_sweep(NOON)
    assert "being enqueued" in look.at(NOON + 14 * MINUTE)["feeds"]
    assert look.swept == 0
    look.at(NOON + 16 * MINUTE)
    assert look.swept == 1


def test_looks_while_the_ledger_records_no_sweep_begin_one_in_a_quarter_of_an_hour() -> None:
    look = Look()
    for minutes in range(0, 60, 5):
        look.at(NOON + minutes * MINUTE)
    assert look.swept == 3  # at 0, 20 and 40 minutes


def test_no_sweep_begins_that_the_ledger_cannot_note() -> None:
    look = Look()
    look.ledger.refuses.add("begin_sweep")
    assert look.at()["feeds"] == "the ledger refuses"
    assert (look.swept, look.tally.take()[Metric.LEDGER_ERRORS]) == (0, 1)


def test_feeds_that_differ_at_each_look_begin_a_sweep_an_hour() -> None:
    look, begun = Look(), []
    for minutes in range(0, 240, 5):
        look.data, now = DataVersion(f"flapping {minutes}"), NOON + minutes * MINUTE
        if look.at(now)["feeds"] == "moved":
            look.last = SweepRecord(now, 2, data=look.data)
            begun.append(minutes)
    assert begun == [0, 60, 120, 180]


def test_an_anchore_that_does_not_answer_is_counted_and_fails_nothing() -> None:
    look = Look(AnchoreUnreachable("no route to the host", **WHERE))
    assert look.at()["feeds"] == "cannot be read"
    assert look.swept == 0
    assert look.tally.take() == {Metric.ANCHORE_ERRORS: 1}
    assert "no route to the host" in look.log.getvalue()


def test_a_ledger_that_refuses_is_counted_and_fails_nothing() -> None:
    look = Look()
    look.ledger.refuses.add("last_sweep")
    assert look.at()["feeds"] == "the ledger refuses"
    assert (look.swept, look.tally.take()) == (0, {Metric.LEDGER_ERRORS: 1})


@pytest.mark.parametrize(
    ("received", "hours"), [(NOON - 90 * MINUTE, 1.5), (NOON + MINUTE, 0.0), (None, None)]
)
def test_the_age_of_the_feeds_is_measured(received: datetime | None, hours: float | None) -> None:
    look = Look(DataVersion("old", None, received))
    assert look.at().get("ageHours") == hours
    assert look.tally.take().get(Metric.FEED_AGE_HOURS) == hours
    assert ("ageHours" in look.log.getvalue()) is (hours is not None)
