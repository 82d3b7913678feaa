"""Verdict and notice are one write; whatever fails behind it, the notice is said, and said once."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from msgspec.structs import replace

from rescan.announcer import Announcer, Change
from rescan.errors import LedgerConflict, NoSlot, PublishFailed
from rescan.memory import Entry, Remembered, after_verdict
from rescan.metrics import Metric, Tally
from rescan.model import Notification, Outcome, Report
from rescan.ports import Page
from tests.queue.fakes import NOON, FakeLedger, FakeTopic
from tests.queue.test_memory import FRESH, PACE, finding, report

STOP = report(Outcome.STOP, finding("CVE-1"))
GO = report(Outcome.GO)


@dataclass
class Desk:
    """An announcer on fakes, with a clock that only sleeping moves."""

    ledger: FakeLedger = field(default_factory=FakeLedger)
    topic: FakeTopic = field(default_factory=FakeTopic)
    tally: Tally = field(default_factory=Tally)
    now: datetime = NOON
    slept: list[float] = field(default_factory=list)

    @property
    def announcer(self) -> Announcer:
        return Announcer(self.ledger, self.topic, self.tally, lambda: self.now, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def settle(self, said: Report, at: datetime = NOON) -> Notification:
        """One run: read, publish what was left, settle."""
        announcer = self.announcer
        page = announcer.read(FRESH)
        if page is not None:
            announcer.flush(page)
            page = Page(page.entry)
        return announcer.settle(page, FRESH, verdict(said, at))

    @property
    def page(self) -> Page:
        return self.ledger.pages[FRESH.subject]

    @property
    def unsaid(self) -> int:
        return len(self.page.outbox)


def verdict(said: Report, at: datetime = NOON) -> Change:
    def change(entry: Entry) -> Remembered:
        return after_verdict(entry, said, at, PACE)

    return change


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_news_is_written_published_and_cleared(desk: Desk) -> None:
    assert desk.settle(STOP) is Notification.PUBLISHED
    assert (desk.topic.said, desk.page.entry.stopped) == (["STOP"], True)
    assert desk.unsaid == 0
    assert desk.ledger.calls == ["read", "write", "claim_slot", "clear_outbox"]


def test_no_news_takes_two_calls_of_the_ledger(desk: Desk) -> None:
    assert desk.settle(GO) is Notification.NONE
    assert desk.ledger.calls == ["read", "write"]


@pytest.mark.parametrize(("first", "again"), [(STOP, Notification.KNOWN), (GO, Notification.NONE)])
def test_the_same_again_is_not_said_again(desk: Desk, first: Report, again: Notification) -> None:
    desk.settle(first)
    before = list(desk.topic.said)
    assert desk.settle(first, NOON + timedelta(hours=1)) is again
    assert desk.topic.said == before


def test_a_notice_that_sns_refused_stays_and_is_published_by_the_next_run(desk: Desk) -> None:
    desk.topic.refuses = True
    with pytest.raises(PublishFailed):
        desk.settle(STOP)
    assert desk.unsaid == 1
    desk.topic.refuses = False
    desk.settle(STOP)
    assert desk.topic.said == ["STOP"]
    assert desk.unsaid == 0
    assert desk.tally.take()[Metric.PUBLISH_FAILURES] == 1


def test_a_stop_that_was_not_said_is_said_before_its_recovery(desk: Desk) -> None:
    desk.topic.refuses = True
    with pytest.raises(PublishFailed):
        desk.settle(STOP)
    desk.topic.refuses = False
    desk.settle(GO)
    assert desk.topic.said == ["STOP", "RECOVERED"]


@pytest.mark.parametrize("call", ["read", "write"])
def test_a_ledger_that_refuses_holds_no_stop_back(desk: Desk, call: str) -> None:
    desk.ledger.refuses = {call}
    assert desk.settle(STOP) is Notification.PUBLISHED
    assert desk.topic.said == ["STOP"]
    assert desk.tally.take()[Metric.LEDGER_ERRORS] == 1


def test_the_same_stop_has_the_same_id_while_the_ledger_refuses(desk: Desk) -> None:
    desk.ledger.refuses = {"read"}
    desk.settle(STOP)
    desk.settle(STOP, NOON + timedelta(hours=1))
    assert len(set(desk.topic.ids)) == 1


def test_without_a_memory_nothing_but_a_stop_is_said(desk: Desk) -> None:
    desk.settle(STOP)
    desk.ledger.refuses = {"read"}
    desk.settle(GO)
    assert desk.topic.said == ["STOP"]


@pytest.mark.parametrize("call", ["claim_slot", "clear_outbox"])
def test_a_ledger_that_fails_later_does_not_fail_the_notice(desk: Desk, call: str) -> None:
    desk.ledger.refuses = {call}
    assert desk.settle(STOP) is Notification.PUBLISHED


def test_what_could_not_be_cleared_is_said_once_more_not_lost(desk: Desk) -> None:
    desk.ledger.refuses = {"clear_outbox"}
    desk.settle(STOP)
    desk.ledger.refuses = set()
    desk.settle(STOP)
    assert desk.topic.said == ["STOP", "STOP"]
    assert desk.unsaid == 0
    assert len(set(desk.topic.ids)) == 1


# --- another run at the same time


def test_a_conflict_is_decided_again_on_what_is_there_now(desk: Desk) -> None:
    mine = desk.announcer.read(FRESH)
    desk.settle(STOP)
    other = desk.announcer.settle(mine, FRESH, verdict(STOP, NOON + timedelta(seconds=1)))
    assert (other, desk.topic.said, desk.page.entry.version) == (Notification.KNOWN, ["STOP"], 2)


def test_a_change_that_finds_itself_outdated_writes_nothing(desk: Desk) -> None:
    desk.settle(STOP)
    page = desk.announcer.read(FRESH)
    assert desk.announcer.settle(page, FRESH, lambda e: (e, None)) is Notification.NONE
    assert desk.page.entry.version == 1


def test_a_conflict_takes_over_the_notice_that_the_other_has_not_said_yet(desk: Desk) -> None:
    mine = desk.announcer.read(FRESH)
    desk.topic.refuses = True
    with pytest.raises(PublishFailed):
        desk.settle(STOP)
    desk.topic.refuses = False
    desk.announcer.settle(mine, FRESH, verdict(STOP, NOON + timedelta(seconds=1)))
    assert desk.topic.said == ["STOP"]
    assert desk.unsaid == 0


def test_conflicts_without_end_are_an_error(desk: Desk) -> None:
    class Contested(FakeLedger):
        def write(self, page: Page) -> None:
            raise LedgerConflict("always")

    desk.ledger = Contested()
    with pytest.raises(LedgerConflict, match="5 times"):
        desk.settle(STOP)


# --- the pace


def test_notices_of_the_stack_are_a_quarter_of_a_second_apart(desk: Desk) -> None:
    moments = []
    for number in range(12):
        fresh = replace(FRESH, subject=f"s{number}")
        desk.announcer.settle(Page(fresh), fresh, verdict(STOP))
        moments.append(desk.now)
    gaps = {(b - a).total_seconds() for a, b in pairwise(moments)}
    assert gaps == {0.25}


def test_a_notice_without_a_turn_stays_in_the_outbox(desk: Desk) -> None:
    desk.ledger.slot = NOON + timedelta(seconds=60)
    with pytest.raises(NoSlot):
        desk.settle(STOP)
    assert (desk.unsaid, desk.topic.said, desk.slept) == (1, [], [])
