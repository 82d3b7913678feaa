"""Verdict and notice are one write; while the ledger refuses, a STOP is said all the same."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from random import Random

import pytest

from rescan.gate.model import Notification, Outcome
from rescan.gate.report import Report
from rescan.kernel.errors import LedgerConflict, PublishFailed
from rescan.kernel.metrics import Metric, Tally
from rescan.kernel.ui_link import UiLink
from rescan.ledger.entry import Entry
from rescan.ledger.transitions import Remembered, after_verdict
from rescan.outbox.items import Channel, OutboxItem
from rescan.outbox.notice import Notice
from rescan.work.recorder import Change, Recorded, Recorder
from rescan.work.topics import Topics
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
    slept: list[float] = field(default_factory=list)
    ui_link: UiLink | None = None
    channels: Sequence[Channel] = (Channel.STOPS,)

    @cached_property
    def recorder(self) -> Recorder:
        topics = Topics(dict.fromkeys(self.channels, self.topic), self.tally)
        return Recorder(
            self.ledger,
            topics,
            self.tally,
            lambda: NOON,
            self.slept.append,
            jitter=lambda: 0.0,
            ui_link=self.ui_link,
        )

    def record(
        self, result: Report, at: datetime = NOON, said: str | None = None, patient: bool = False
    ) -> Recorded:
        recorder, change = self.recorder, verdict(result, at)
        return recorder.record(recorder.read(FRESH), FRESH, change, said, patient=patient)

    @property
    def entry(self) -> Entry:
        return self.ledger.entries[FRESH.subject]

    @property
    def waiting(self) -> list[str]:
        return [item.envelope.event_type for item in self.ledger.notices.values()]


def verdict(result: Report, at: datetime = NOON) -> Change:
    def change(entry: Entry) -> Remembered:
        return after_verdict(entry, result, at, PACE)

    return change


@pytest.mark.parametrize("template", ["https://anchore.example.com/{repository}:{tag}", None])
def test_notice_has_the_link_of_its_image_where_the_deployment_knows_one(
    template: str | None,
) -> None:
    desk = Desk(ui_link=UiLink.parse(template) if template else None, channels=list(Channel))
    desk.record(STOP)
    link = "https://anchore.example.com/app:1" if template else None
    mail, chat = (item.notice for item in desk.ledger.notices.values())
    assert (f"\nAnchore    {link}\n" in mail.body) is (link is not None)
    assert (f"- In Anchore: {link}\\n" in chat.body) is (link is not None)
    assert json.loads(mail.result)["anchore_url"] == link


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
    assert desk.record(result) == Recorded(notification)
    assert (desk.ledger.calls, desk.topic.said, desk.waiting) == (["read", "write"], [], waiting)


@pytest.mark.parametrize(("first", "again"), [(STOP, Notification.KNOWN), (GO, Notification.NONE)])
def test_the_same_again_is_no_news(desk: Desk, first: Report, again: Notification) -> None:
    desk.record(first)
    before = list(desk.waiting)
    assert desk.record(first, NOON + HOUR) == Recorded(again)
    assert desk.waiting == before


def test_a_stop_waits_beside_its_recovery(desk: Desk) -> None:
    desk.record(STOP)
    desk.record(GO, NOON + HOUR)
    assert desk.waiting == ["STOP", "RECOVERED"]


# --- a ledger that refuses


@pytest.mark.parametrize("call", ["read", "write"])
def test_a_ledger_that_refuses_holds_no_stop_back(desk: Desk, call: str) -> None:
    desk.ledger.refuses = {call}
    recorded = desk.record(STOP)
    assert (recorded.notification, recorded.unrecorded) == (Notification.PUBLISHED, True)
    assert (desk.topic.said, desk.waiting) == (["STOP"], [])
    assert desk.tally.take() == {Metric.LEDGER_ERRORS: 1, Metric.PUBLISHED: 1}


@pytest.mark.parametrize("call", ["read", "write"])
def test_what_was_said_without_a_memory_is_not_said_again(desk: Desk, call: str) -> None:
    desk.ledger.refuses = {call}
    said = desk.record(STOP).published_id
    assert desk.record(STOP, NOON + HOUR, said) == Recorded(Notification.NONE, True, said)
    desk.ledger.refuses = set()
    assert desk.record(STOP, NOON + 2 * HOUR, said) == Recorded(Notification.KNOWN)
    assert (desk.topic.said, desk.waiting, desk.entry.stopped) == (["STOP"], [], True)


@pytest.mark.parametrize("call", ["read", "write"])
def test_what_was_said_is_said_again_behind_an_end_that_may_still_wait(
    desk: Desk, call: str
) -> None:
    """Readers may get the end of the STOP before only after the one that was published directly."""
    desk.record(STOP, NOON - 2 * HOUR)
    desk.record(GO, NOON - HOUR)
    desk.ledger.refuses = {call}
    said = desk.record(STOP).published_id
    desk.ledger.refuses = set()
    assert desk.record(STOP, NOON + HOUR, said).notification is Notification.QUEUED
    assert (desk.topic.said, desk.waiting) == (["STOP"], ["STOP", "RECOVERED", "STOP"])


@pytest.mark.parametrize("call", ["read", "write"])
def test_what_turned_out_to_be_exploited_since_is_said_all_the_same(desk: Desk, call: str) -> None:
    before, now = (
        report(
            Outcome.STOP,
            finding("CVE-1"),
            severities={"CVE-1": "High"},
            exploited={"CVE-1": exploited},
        )
        for exploited in (False, True)
    )
    desk.ledger.refuses = {call}
    said = desk.record(before).published_id
    desk.ledger.refuses = set()
    desk.record(now, NOON + HOUR, said)
    assert (desk.topic.said, desk.waiting) == (["STOP"], ["STOP"])


@pytest.mark.parametrize("calls", [("read", "write"), ("write", "read")])
def test_a_ledger_that_can_be_read_now_and_then_makes_no_other_stop_of_it(
    desk: Desk, calls: tuple[str, str]
) -> None:
    desk.record(GO)
    said = None
    for call in calls:
        desk.ledger.refuses = {call}
        said = desk.record(STOP, NOON + HOUR, said).published_id
    assert desk.topic.said == ["STOP"]


@pytest.mark.parametrize("call", ["read", "write"])
def test_whoever_tries_again_publishes_nothing_yet(desk: Desk, call: str) -> None:
    desk.ledger.refuses = {call}
    assert desk.record(STOP, patient=True) == Recorded(Notification.NONE, unrecorded=True)
    assert desk.topic.said == []


def test_what_is_published_without_a_memory_takes_a_second_each(desk: Desk) -> None:
    desk.ledger.refuses = {"read"}
    for _ in range(4):
        desk.record(STOP)
    assert desk.slept == [0, 1, 2, 3]


@dataclass
class Container:
    """At work without a pause, on a ledger that refuses; `said`: at which seconds."""

    containers: int
    number: int
    seconds: float = 0
    said: list[float] = field(default_factory=list)

    def works_until(self, end: int) -> list[float]:
        ledger, topics = FakeLedger(refuses={"read"}), Topics({Channel.STOPS: self}, Tally())
        jitter = Random(self.number).random  # noqa: S311 - the same at each run
        recorder = Recorder(ledger, topics, Tally(), self.now, self.wait, self.containers, jitter)
        while self.seconds < end:
            try:
                recorder.record(None, FRESH, verdict(STOP))
            except PublishFailed:  # the message comes back
                self.wait(30)
        return self.said

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    def publish(self, notice: Notice) -> str:
        self.said.append(self.seconds)
        return ""

    def confirmed_subscriptions(self) -> int:
        return 1


@pytest.mark.slow
@pytest.mark.parametrize("containers", [2, 15, 100])
def test_what_all_containers_publish_without_a_memory_suspends_no_mailbox(containers: int) -> None:
    said = [Container(containers, n).works_until(600) for n in range(containers)]
    a_second = Counter(int(moment) for moments in said for moment in moments)
    assert max(a_second.values()) <= 10
    assert 600 < a_second.total() <= 2 * 600 + containers


def test_a_stop_whose_turn_is_far_off_is_tried_again_later() -> None:
    desk = Desk(FakeLedger(refuses={"read"}))
    topics = Topics({Channel.STOPS: desk.topic}, desk.tally)
    recorder = Recorder(
        desk.ledger, topics, desk.tally, lambda: NOON, desk.slept.append, 50, lambda: 0.5
    )
    recorder.record(None, FRESH, verdict(STOP))
    with pytest.raises(PublishFailed, match="publishes its next in 38 s"):
        recorder.record(None, FRESH, verdict(STOP))
    assert (desk.slept, desk.topic.said) == ([12.5], ["STOP"])


def test_another_stop_than_the_one_that_was_said_is_said(desk: Desk) -> None:
    desk.ledger.refuses = {"read"}
    said = desk.record(STOP).published_id
    worse = report(Outcome.STOP, finding("CVE-1"), finding("CVE-2"))
    assert desk.record(worse, NOON + HOUR, said).notification is Notification.PUBLISHED
    assert len(set(desk.topic.ids)) == 2


@pytest.mark.parametrize(
    ("result", "recorded"),
    [
        pytest.param(GO, Recorded(Notification.NONE), id="recovery"),
        pytest.param(STOP, Recorded(Notification.NONE, unrecorded=True), id="known-stop"),
    ],
)
def test_without_a_write_only_news_of_a_stop_is_said(
    desk: Desk, result: Report, recorded: Recorded
) -> None:
    desk.record(STOP)
    desk.ledger.refuses = {"write"}
    assert desk.record(result, NOON + HOUR) == recorded
    assert desk.topic.said == []


def test_while_both_refuse_it_is_the_publishing_that_failed(desk: Desk) -> None:
    desk.ledger.refuses, desk.topic.refuses = {"read"}, True
    with pytest.raises(PublishFailed):
        desk.record(STOP)
    assert desk.tally.take()[Metric.PUBLISH_FAILURES] == 1


# --- another run at the same time


def test_a_conflict_is_decided_again_on_what_is_there_now(desk: Desk) -> None:
    mine = desk.recorder.read(FRESH)
    desk.record(STOP)
    later = verdict(STOP, NOON + timedelta(seconds=1))
    assert desk.recorder.record(mine, FRESH, later) == Recorded(Notification.KNOWN)
    assert (desk.waiting, desk.entry.version) == (["STOP"], 2)


def test_a_change_that_finds_itself_outdated_writes_nothing(desk: Desk) -> None:
    desk.record(STOP)
    entry = desk.recorder.read(FRESH)
    assert desk.recorder.record(entry, FRESH, lambda e: (e, None)) == Recorded(Notification.NONE)
    assert desk.entry.version == 1


def test_a_mark_that_meets_a_write_is_set_again(desk: Desk) -> None:
    class Contested(FakeLedger):
        writes: int = 2

        def mark_swept(self, subject: str, sweep: datetime) -> None:
            if self.writes:
                self.writes -= 1
                raise LedgerConflict("being written")
            super().mark_swept(subject, sweep)

    desk.ledger = Contested()
    desk.record(STOP)
    desk.recorder.mark_swept(desk.entry, NOON + HOUR)
    assert desk.entry.sweep == NOON + HOUR


def test_a_mark_that_the_ledger_refuses_is_counted_and_fails_nothing(desk: Desk) -> None:
    desk.record(STOP)
    desk.ledger.refuses = {"mark_swept"}
    desk.recorder.mark_swept(desk.entry, NOON + HOUR)
    assert desk.entry.sweep is None
    assert desk.tally.take()[Metric.LEDGER_ERRORS] == 1


def test_conflicts_without_end_are_an_error(desk: Desk) -> None:
    class Contested(FakeLedger):
        def write(self, entry: Entry, notices: Sequence[OutboxItem] = ()) -> None:
            raise LedgerConflict("always")

    desk.ledger = Contested()
    with pytest.raises(LedgerConflict, match="5 times"):
        desk.record(STOP)
