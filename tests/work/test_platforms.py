"""The work on an image of several platforms: what is told, and what comes back."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from msgspec import json
from msgspec.structs import replace

from rescan.events.commands import Gate
from rescan.events.gate_result import GateResult
from rescan.events.parse import parse_event
from rescan.gate.inventory import Place, RunningImage
from rescan.gate.model import Outcome, Trigger, TriggerKind
from rescan.gate.running import TagInventory
from rescan.kernel.deadline import Deadline
from rescan.kernel.metrics import Metric, Tally
from rescan.ledger.entry import Entry, subject_of
from rescan.outbox.items import Channel
from rescan.settings import Settings
from rescan.work.recorder import Recorder
from rescan.work.requeue import Requeue
from rescan.work.topics import Topics
from rescan.work.worker import Worker
from tests.support.entries import HOUR, TAG, WORKING
from tests.support.environment import LEAST
from tests.support.fakes import NOON, FakeDeferred, FakeLedger, FakeQueue, FakeTopic
from tests.support.several_platforms import Platforms, digest_of

CVES = {"arm64": ("CVE-1",), "amd64": ("CVE-2",)}
SWEPT = Gate(TAG, Trigger(TriggerKind.SCHEDULE, NOON), sweep=NOON - HOUR)


@dataclass
class _Desk:
    """A worker on fakes; `comes_to` as in `Platforms`."""

    comes_to: dict[str, str]
    now: datetime = NOON
    empty: frozenset[str] = frozenset()
    ledger: FakeLedger = field(default_factory=FakeLedger)
    queue: FakeQueue = field(default_factory=FakeQueue)
    tally: Tally = field(default_factory=Tally)
    anchore: Platforms = field(default_factory=lambda: Platforms({}))

    def work(self, gate: Gate) -> GateResult:
        return self._worker.work(gate, Deadline.after(60))

    def gate_now(self) -> GateResult:
        return self._worker.gate_now(replace(SWEPT, sweep=None), Deadline.after(60))

    @property
    def _worker(self) -> Worker:
        topics = Topics({Channel.STOPS: FakeTopic()}, self.tally)
        recorder = Recorder(self.ledger, topics, self.tally, sleep=lambda seconds: None)
        requeue = Requeue(self.queue, FakeDeferred(), lambda: self.now, lambda: 1.0)
        self.anchore = Platforms(self.comes_to, CVES, self.empty)
        settings = Settings.parse(LEAST)
        return Worker(
            settings,
            lambda deadline: self.anchore,
            recorder,
            requeue,
            self.tally,
            lambda: self.now,
            with_scanner=lambda report: replace(report, scans=WORKING),
        )

    @property
    def returned(self) -> Gate:
        gate = parse_event(json.decode(self.queue.messages[-1][0]), lambda region: None)
        assert isinstance(gate, Gate)
        return gate

    @property
    def entry(self) -> Entry:
        return self.ledger.entries[subject_of(None, TAG, None)]

    @property
    def queued(self) -> list[str]:
        return [item.envelope.event_type.value for item in self.ledger.due.values()]


@pytest.mark.parametrize("other", ["down", "timeout", "analyzing"])
def test_a_stop_is_recorded_at_once_and_the_work_comes_back_for_the_others(other: str) -> None:
    desk = _Desk({"arm64": other, "amd64": "stop"})
    gated = desk.work(SWEPT)
    assert (gated.outcome, gated.requeued, gated.notification) == ("stop", True, "queued")
    assert (desk.entry.verdict, desk.entry.failing is not None) == (Outcome.STOP, True)
    assert (desk.queued, desk.returned.attempt) == (["STOP"], 1)

    desk.comes_to = {"arm64": "go", "amd64": "stop"}
    gated = desk.work(desk.returned)
    assert (gated.requeued, gated.notification, desk.entry.failing) == (False, "known", None)
    assert desk.queued == ["STOP"]


@pytest.mark.parametrize("other", ["forbidden", "doubt"])
def test_what_a_person_must_mend_does_not_come_back(other: str) -> None:
    desk = _Desk({"arm64": other, "amd64": "stop"})
    assert not desk.work(SWEPT).requeued
    assert desk.entry.failing is not None
    assert desk.entry.failing.reason.startswith("linux/arm64: ")


def test_work_that_comes_back_too_long_is_given_up_with_its_stop() -> None:
    desk = _Desk({"arm64": "down", "amd64": "stop"})
    desk.work(SWEPT)
    desk.now += timedelta(hours=30)
    assert not desk.work(desk.returned).requeued
    assert (desk.tally.take()[Metric.GIVEN_UP], desk.entry.verdict) == (1, Outcome.STOP)


@pytest.mark.parametrize("error", ["down", "timeout"])
def test_without_a_stop_an_error_of_one_platform_tells_nothing(error: str) -> None:
    desk = _Desk({"arm64": "go", "amd64": error})
    assert desk.work(SWEPT).requeued
    assert desk.ledger.entries == {}


def test_a_platform_that_was_refused_for_a_while_is_asked_no_sooner_than_it_said() -> None:
    desk = _Desk({"arm64": "throttled", "amd64": "stop"})
    desk.work(SWEPT)
    assert desk.queue.messages[0][1] == timedelta(seconds=600)


def test_an_analysis_is_awaited_until_the_work_is_given_up() -> None:
    desk = _Desk({"arm64": "analyzing", "amd64": "go"})
    assert desk.work(SWEPT).requeued
    assert desk.ledger.entries == {}
    desk.now += timedelta(hours=30)
    assert desk.work(desk.returned).outcome is Outcome.GO
    assert desk.entry.verdict is Outcome.GO


@pytest.mark.parametrize(("runs", "outcome"), [("arm64", "not_evaluated"), ("amd64", "go")])
def test_a_platform_that_is_not_analyzed_is_needed_where_the_sweep_saw_it_run(
    runs: str, outcome: str
) -> None:
    image = RunningImage(str(TAG), digest_of(runs), (Place("ecs", "prod", NOON),), 1)
    desk = _Desk({"arm64": "analysis_failed", "amd64": "go"})
    gated = desk.work(replace(SWEPT, running=TagInventory(NOON, (image,))))
    assert gated.outcome == outcome
    assert (desk.entry.failing is not None) == (outcome == "not_evaluated")


def test_a_caller_who_waits_learns_of_each_platform() -> None:
    gated = _Desk({"arm64": "down", "amd64": "stop"}).gate_now()
    assert gated.report is not None
    assert gated.report.reason.endswith("; linux/amd64: 1 finding")


def test_a_stop_that_only_readers_know_of_ends_by_no_empty_list_at_first_sight() -> None:
    told = replace(SWEPT, published_id="of the STOP", first_seen=NOON - HOUR)
    desk = _Desk({"s390x": "go"}, empty=frozenset({"s390x"}))
    assert desk.work(told).outcome == "not_evaluated"
    assert (desk.entry.stopped, desk.queued) == (True, [])
    desk.now += HOUR
    assert desk.work(replace(SWEPT, sweep=None)).outcome == "go"
    assert desk.queued == ["RECOVERED"]


def test_a_stop_that_the_ledger_refuses_comes_back_once_and_is_told_once() -> None:
    desk = _Desk({"arm64": "down", "amd64": "stop"})
    desk.ledger.refuses = {"write"}
    assert desk.work(SWEPT).requeued
    assert (len(desk.queue.messages), desk.returned.unrecorded, desk.queued) == (1, True, [])

    desk.ledger.refuses = set()
    assert desk.work(desk.returned).requeued
    assert (len(desk.queue.messages), desk.returned.unrecorded, desk.queued) == (2, False, ["STOP"])

    desk.comes_to = {"arm64": "go", "amd64": "stop"}
    assert not desk.work(desk.returned).requeued
    assert (desk.queued, desk.entry.failing) == (["STOP"], None)
