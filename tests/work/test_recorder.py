"""Verdict and notice are one write; while the ledger refuses, a STOP is said all the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from rescan.gate.model import Notification, Outcome, Report
from rescan.kernel.errors import LedgerConflict, PublishFailed
from rescan.kernel.metrics import Metric, Tally
from rescan.ledger.entry import Entry
from rescan.ledger.transitions import Remembered, after_verdict
from rescan.notice.delivery import Topics
from rescan.outbox.items import Channel, Due
from rescan.work.recorder import Announcer, Change, Settled
from tests.support.entries import FRESH, PACE, finding, report
from tests.support.fakes import NOON, FakeLedger, FakeTopic

STOP = report(Outcome.STOP, finding("CVE-1"))
GO = report(Outcome.GO)
HOUR = timedelta(hours=1)


@dataclass
class Desk:
    """An announcer on fakes."""

    ledger: FakeLedger = field(default_factory=FakeLedger)
    topic: FakeTopic = field(default_factory=FakeTopic)
    tally: Tally = field(default_factory=Tally)

    @property
    def announcer(self) -> Announcer:
        return Announcer(self.ledger, Topics({Channel.STOPS: self.topic}, self.tally), self.tally)

    def settle(self, result: Report, at: datetime = NOON, said: str | None = None) -> Settled:
        announcer = self.announcer
        return announcer.settle(announcer.read(FRESH), FRESH, verdict(result, at), said)

    @property
    def entry(self) -> Entry:
        return self.ledger.entries[FRESH.subject]

    @property
    def waiting(self) -> list[str]:
        return [due.gist.event_type for due in self.ledger.due.values()]


def verdict(result: Report, at: datetime = NOON) -> Change:
    def change(entry: Entry) -> Remembered:
        return after_verdict(entry, result, at, PACE)

    return change


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(
    ("result", "notification", "waiting"),
    [
        pytest.param(STOP, Notification.QUEUED, ["STOP"], id="news"),
        pytest.param(GO, Notification.NONE, [], id="no-news"),
    ],
)
def test_a_result_takes_two_calls_of_the_ledger_and_none_of_the_topic(
    desk: Desk, result: Report, notification: Notification, waiting: list[str]
) -> None:
    assert desk.settle(result) == Settled(notification)
    assert (desk.ledger.calls, desk.topic.said, desk.waiting) == (["read", "write"], [], waiting)


@pytest.mark.parametrize(("first", "again"), [(STOP, Notification.KNOWN), (GO, Notification.NONE)])
def test_the_same_again_is_no_news(desk: Desk, first: Report, again: Notification) -> None:
    desk.settle(first)
    before = list(desk.waiting)
    assert desk.settle(first, NOON + HOUR) == Settled(again)
    assert desk.waiting == before


def test_a_stop_waits_beside_its_recovery(desk: Desk) -> None:
    desk.settle(STOP)
    desk.settle(GO, NOON + HOUR)
    assert desk.waiting == ["STOP", "RECOVERED"]


# --- a ledger that refuses


@pytest.mark.parametrize("call", ["read", "write"])
def test_a_ledger_that_refuses_holds_no_stop_back(desk: Desk, call: str) -> None:
    desk.ledger.refuses = {call}
    settled = desk.settle(STOP)
    assert (settled.notification, settled.forgotten) == (Notification.PUBLISHED, True)
    assert (desk.topic.said, desk.waiting) == (["STOP"], [])
    assert desk.tally.take() == {Metric.LEDGER_ERRORS: 1, Metric.PUBLISHED: 1}


@pytest.mark.parametrize("call", ["read", "write"])
def test_what_was_said_without_a_memory_is_not_said_again(desk: Desk, call: str) -> None:
    desk.ledger.refuses = {call}
    said = desk.settle(STOP).said
    assert desk.settle(STOP, NOON + HOUR, said) == Settled(Notification.NONE, True, said)
    desk.ledger.refuses = set()
    assert desk.settle(STOP, NOON + 2 * HOUR, said) == Settled(Notification.KNOWN)
    assert (desk.topic.said, desk.waiting, desk.entry.stopped) == (["STOP"], [], True)


def test_another_stop_than_the_one_that_was_said_is_said(desk: Desk) -> None:
    desk.ledger.refuses = {"read"}
    said = desk.settle(STOP).said
    worse = report(Outcome.STOP, finding("CVE-1"), finding("CVE-2"))
    assert desk.settle(worse, NOON + HOUR, said).notification is Notification.PUBLISHED
    assert len(set(desk.topic.ids)) == 2


@pytest.mark.parametrize(
    ("result", "settled"),
    [
        pytest.param(GO, Settled(Notification.NONE), id="recovery"),
        pytest.param(STOP, Settled(Notification.NONE, forgotten=True), id="known-stop"),
    ],
)
def test_without_a_write_only_news_of_a_stop_is_said(
    desk: Desk, result: Report, settled: Settled
) -> None:
    desk.settle(STOP)
    desk.ledger.refuses = {"write"}
    assert desk.settle(result, NOON + HOUR) == settled
    assert desk.topic.said == []


def test_while_both_refuse_it_is_the_publishing_that_failed(desk: Desk) -> None:
    desk.ledger.refuses, desk.topic.refuses = {"read"}, True
    with pytest.raises(PublishFailed):
        desk.settle(STOP)
    assert desk.tally.take()[Metric.PUBLISH_FAILURES] == 1


# --- another run at the same time


def test_a_conflict_is_decided_again_on_what_is_there_now(desk: Desk) -> None:
    mine = desk.announcer.read(FRESH)
    desk.settle(STOP)
    later = verdict(STOP, NOON + timedelta(seconds=1))
    assert desk.announcer.settle(mine, FRESH, later) == Settled(Notification.KNOWN)
    assert (desk.waiting, desk.entry.version) == (["STOP"], 2)


def test_a_change_that_finds_itself_outdated_writes_nothing(desk: Desk) -> None:
    desk.settle(STOP)
    entry = desk.announcer.read(FRESH)
    assert desk.announcer.settle(entry, FRESH, lambda e: (e, None)) == Settled(Notification.NONE)
    assert desk.entry.version == 1


def test_conflicts_without_end_are_an_error(desk: Desk) -> None:
    class Contested(FakeLedger):
        def write(self, entry: Entry, due: Sequence[Due] = ()) -> None:
            raise LedgerConflict("always")

    desk.ledger = Contested()
    with pytest.raises(LedgerConflict, match="5 times"):
        desk.settle(STOP)
