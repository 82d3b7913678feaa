"""What becomes of one message: done, or gone back; and what is said meanwhile."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from rescan.events.commands import Gate
from rescan.events.gate_result import GateResult
from rescan.events.parse import parse_event
from rescan.gate.data_version import DataVersion
from rescan.gate.evaluation import Evaluation
from rescan.gate.inventory import Place, RunningImage
from rescan.gate.model import (
    DetectedTag,
    ImageRecord,
    Notification,
    Trigger,
    TriggerKind,
    VulnerabilityList,
)
from rescan.gate.report import Report
from rescan.gate.running import TagInventory
from rescan.kernel import errors
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.metrics import Metric, Tally
from rescan.kernel.publish_fault import PublishFault
from rescan.ledger.entry import Entry, Refresh, UnknownPush, subject_of
from rescan.outbox.items import Channel
from rescan.outbox.notice import Notice
from rescan.settings import Settings
from rescan.work.feeds_seen import FeedsSeen
from rescan.work.recorder import Recorder
from rescan.work.requeue import LONGEST_CHAIN, Requeue, delay
from rescan.work.topics import Topics
from rescan.work.worker import Worker
from tests.support.anchore_answers import ROWS, WHERE
from tests.support.environment import LEAST
from tests.support.fakes import NOON, FakeDeferred, FakeLedger, FakeOutbox, FakeQueue, FakeTopic
from tests.support.one_platform import OnePlatform
from tests.support.one_publisher import publisher_of

TAG = ImageTag.parse("reg.io/app:1")
SUBJECT = subject_of(None, TAG, None)
DIGEST = Digest("sha256:" + "c" * 64)
HOUR = timedelta(hours=1)
DOWN = errors.AnchoreUnreachable("no connection", **WHERE)
UNREADABLE = errors.AnchoreAnswerUnreadable("HTML", **WHERE)


@dataclass
class Desk(OnePlatform):
    """A worker on fakes; `anchore` is a final action, "unknown", "analyzing", or an error."""

    anchore: Any = "go"
    annotation: str | None = None
    settings: dict[str, str] = field(default_factory=dict)
    now: datetime = NOON
    ledger: FakeLedger = field(default_factory=FakeLedger)
    topic: FakeTopic = field(default_factory=FakeTopic)
    chat: FakeTopic | None = None
    queue: FakeQueue = field(default_factory=FakeQueue)
    deferred: FakeDeferred = field(default_factory=FakeDeferred)
    tally: Tally = field(default_factory=Tally)
    asked: int = 0
    forced: int = 0
    feeds: str = "today"
    rows: VulnerabilityList = ROWS
    noting: timedelta = timedelta()
    submitted: list[str] = field(default_factory=list)

    @property
    def worker(self) -> Worker:
        return Worker(
            Settings.parse(LEAST | self.settings),
            lambda deadline: self,
            Recorder(
                self.ledger,
                Topics(self.topics, self.tally),
                self.tally,
                sleep=lambda seconds: None,
            ),
            Requeue(self.queue, self.deferred, lambda: self.now, lambda: 1.0),
            self.tally,
            lambda: self.now,
            FeedsSeen(lambda deadline: DataVersion(self.feeds), lambda: self.now).version,
            self._note,
        )

    def _note(self, report: Report) -> Report:
        """That scans work, which takes the ledger so long."""
        self.now += self.noting
        return report

    @property
    def topics(self) -> dict[Channel, FakeTopic]:
        chat = {Channel.CHAT: self.chat} if self.chat else {}
        return {Channel.STOPS: self.topic, **chat}

    def work(self, gate: Gate, seconds: float = 60) -> GateResult:
        return self.worker.work(gate, Deadline.after(seconds))

    @property
    def returned(self) -> Gate:
        """The copy that went back last, as it will be read."""
        gate = parse_event(msgspec.json.decode(self.queue.messages[-1][0]), lambda region: None)
        assert isinstance(gate, Gate)
        return gate

    @property
    def entry(self) -> Entry:
        return self.ledger.entries[SUBJECT]

    @property
    def notices(self) -> list[Notice]:
        """What readers have, once the publisher has had its turn."""
        publisher_of(FakeOutbox(self.ledger), self.topic, lambda: self.now).run(Deadline.after(60))
        return self.topic.notices

    @property
    def said(self) -> list[str]:
        """The event types of the same."""
        return [str(notice.attributes["event_type"]) for notice in self.notices]

    # --- what the workflow asks

    def active_images(self, tag: ImageTag) -> list[ImageRecord]:
        self.asked += 1
        if isinstance(self.anchore, Exception):
            raise self.anchore
        if self.anchore == "unknown":
            return []
        status = self.anchore if self.anchore == "analyzing" else "analyzed"
        tags = (DetectedTag(str(tag)),)
        return [ImageRecord(DIGEST, tags, analysis_status=status, team=self.annotation)]

    def refreshed_vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        self.forced += 1
        return ROWS

    def vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        return self.rows

    def evaluate(self, digest: Digest, tag: ImageTag, policy_id: str | None) -> Evaluation:
        return Evaluation(
            image_digest=digest,
            evaluated_tag=str(tag),
            policy_id="p1",
            final_action=self.anchore,
            mapped_to_rule=True,
            problems=(),
        )

    def submit(
        self, tag: ImageTag, digest: Digest | None = None, since: datetime | None = None
    ) -> None:
        self.submitted.append(str(tag))


@pytest.fixture
def desk() -> Desk:
    return Desk()


PUSH = Gate(TAG, Trigger(TriggerKind.ECR_PUSH, NOON))
SWEPT = Gate(TAG, Trigger(TriggerKind.SCHEDULE, NOON), sweep=NOON - HOUR, first_seen=NOON - HOUR)


def test_a_verdict_is_remembered_and_its_news_said(desk: Desk) -> None:
    desk.anchore = "stop"
    gated = desk.work(PUSH)
    assert (gated.notification, gated.requeued) == (Notification.QUEUED, False)
    assert (desk.entry.stopped, desk.said, desk.queue.messages) == (True, ["STOP"], [])


# --- going back


@pytest.mark.parametrize(
    "anchore",
    [
        pytest.param("analyzing", id="pending"),
        pytest.param("unknown", id="push-that-anchore-does-not-know"),
        pytest.param(DOWN, id="unreachable"),
        pytest.param(errors.AnchoreServerError("HTTP 503", **WHERE), id="server-error"),
        pytest.param(errors.AnchoreThrottled("HTTP 429", **WHERE), id="throttled"),
        pytest.param(errors.AnchoreTimeout("no answer", **WHERE), id="timeout"),
    ],
)
def test_what_passes_by_itself_goes_back_with_its_history(desk: Desk, anchore: Any) -> None:
    desk.anchore = anchore
    assert desk.work(PUSH).requeued
    assert desk.returned == replace(PUSH, first_seen=NOON, attempt=1)
    desk.now += HOUR
    desk.work(desk.returned)
    assert desk.returned == replace(PUSH, first_seen=NOON, attempt=2)
    assert desk.said == []


def test_without_time_left_the_work_goes_back_unasked(desk: Desk) -> None:
    assert desk.work(PUSH, seconds=0).requeued
    assert desk.asked == 0


def test_a_retry_after_is_respected(desk: Desk) -> None:
    desk.anchore = errors.AnchoreThrottled("HTTP 429", retry_after=600.0, **WHERE)
    desk.work(PUSH)
    assert desk.queue.messages[0][1] == timedelta(seconds=600)


@pytest.mark.parametrize(
    ("longest", "jitter", "retry_after", "seconds"),
    [
        (30, 1.0, None, 30),
        (30, 0.0, None, 15),
        (900, 0.0, None, 450),
        (-10, 1.0, None, 0),
        (30, 1.0, 120.0, 120),
        (30, 1.0, 90_000.0, 900),
        (30, 1.0, float("inf"), 900),
    ],
)
def test_chance_shortens_a_wait_and_the_server_may_lengthen_it(
    longest: int, jitter: float, retry_after: float | None, seconds: int
) -> None:
    assert delay(timedelta(seconds=longest), jitter, retry_after) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(0, 30), (1, 60), (4, 480), (5, 900), (11, 900), (60, 900)]
)
def test_an_image_of_a_sweep_waits_twice_as_long_each_time(
    desk: Desk, attempt: int, seconds: int
) -> None:
    desk.anchore = "analyzing"
    desk.work(replace(SWEPT, attempt=attempt))
    assert desk.queue.messages[0][1] == timedelta(seconds=seconds)


@pytest.mark.parametrize("anchore", ["analyzing", "unknown", DOWN])
@pytest.mark.parametrize(
    ("minutes", "attempt", "seconds"),
    [(0, 0, 50), (3, 5, 50), (20, 30, 50), (48, 60, 120), (600, 99, 900)],
)
def test_a_push_waits_by_its_age(
    desk: Desk, anchore: Any, minutes: int, attempt: int, seconds: int
) -> None:
    desk.anchore, desk.settings = anchore, {"PENDING_HOURS": "24"}
    desk.now += timedelta(minutes=minutes)
    desk.work(replace(PUSH, first_seen=NOON, attempt=attempt))
    assert desk.queue.messages[0][1] == timedelta(seconds=seconds)


def test_a_push_at_the_end_of_its_chain_comes_back_with_the_next_run_of_the_publisher(
    desk: Desk,
) -> None:
    desk.anchore = "analyzing"
    desk.work(replace(PUSH, first_seen=NOON, attempt=LONGEST_CHAIN - 2))
    [(_, until)] = desk.deferred.work.values()
    assert until == NOON


# --- a chain that is too long


@pytest.mark.parametrize(("gate", "begins_with"), [(PUSH, 0), (SWEPT, 1)])
@pytest.mark.parametrize("hours", ["0", "2", "24"])
def test_no_chain_is_longer_than_14_invocations_and_all_end(
    desk: Desk, hours: str, gate: Gate, begins_with: int
) -> None:
    """A message of the queue is the next link of its chain; deferred work begins a new one."""
    desk.anchore, desk.settings = DOWN, {"PENDING_HOURS": hours}
    gate, links, longest = replace(gate, first_seen=NOON), begins_with + 1, 0
    while desk.work(gate).requeued:
        if desk.deferred.work:
            [(gate, desk.now)] = desk.deferred.work.values()
            desk.deferred.work.clear()
            links = 2  # the run that puts it back, and the worker's
        else:
            gate, delay = desk.returned, desk.queue.messages[-1][1]
            desk.queue.sent.clear()
            desk.now += delay
            links += 1
        longest = max(longest, links)
    assert longest <= LONGEST_CHAIN
    assert desk.now - NOON <= timedelta(hours=int(hours), minutes=15)
    failing = desk.entry.failing
    assert failing is not None
    assert (failing.since, desk.tally.take()[Metric.GIVEN_UP]) == (NOON, 1)


LAST_LINK = replace(PUSH, first_seen=NOON - HOUR, attempt=LONGEST_CHAIN - 2)


def test_work_that_cannot_be_deferred_stays_in_the_queue(desk: Desk) -> None:
    desk.anchore, desk.deferred.refuses = DOWN, True
    with pytest.raises(errors.LedgerUnavailable):
        desk.work(LAST_LINK)
    assert desk.queue.messages == []


def test_a_stop_that_is_told_and_not_recorded_ends_with_its_chain(desk: Desk) -> None:
    desk.anchore, desk.ledger.refuses, desk.deferred.refuses = "stop", {"read", "write"}, True
    gated = desk.work(LAST_LINK)
    assert (gated.notification, gated.requeued) == (Notification.PUBLISHED, False)
    assert desk.tally.take()[Metric.GIVEN_UP] == 1


def test_a_queue_that_takes_no_copy_leaves_the_original(desk: Desk) -> None:
    desk.anchore, desk.queue.refuses = DOWN, True
    with pytest.raises(errors.QueueUnavailable):
        desk.work(PUSH)


OLD = replace(PUSH, first_seen=NOON - 2 * HOUR, attempt=9)


@pytest.mark.parametrize(
    ("anchore", "step"),
    [
        pytest.param("analyzing", "findActiveImage", id="pending"),
        pytest.param(DOWN, "a step", id="anchore-down"),
    ],
)
def test_after_its_hours_it_is_a_failure_since_it_was_first_seen(
    desk: Desk, anchore: Any, step: str
) -> None:
    desk.anchore = anchore
    assert not desk.work(OLD).requeued
    failing = desk.entry.failing
    assert failing is not None
    assert (failing.since, failing.step, desk.queue.messages) == (NOON - 2 * HOUR, step, [])


def test_a_push_that_anchore_never_learned_of_ends_as_not_found(desk: Desk) -> None:
    desk.anchore = "unknown"
    gated = desk.work(OLD)
    assert gated.report is not None
    assert (gated.report.outcome, gated.requeued) == ("not_found", False)
    assert desk.tally.take()["OutcomeNotFound"] == 1  # type: ignore[index]
    assert desk.entry.unknown_push == UnknownPush(NOON)


def test_a_push_that_anchore_has_not_caught_up_with_stays_unknown_behind_a_sweep(
    desk: Desk,
) -> None:
    pushed = Digest("sha256:" + "d" * 64)
    assert not desk.work(replace(OLD, digest=pushed)).requeued
    assert desk.entry.unknown_push == UnknownPush(NOON, pushed)
    desk.now += HOUR
    desk.work(replace(SWEPT, sweep=desk.now))
    assert (desk.entry.verdict, desk.entry.unknown_push) == ("go", UnknownPush(NOON, pushed))


@pytest.mark.parametrize("error", [UNREADABLE, "analyzing"])
def test_a_push_that_failed_is_asked_for_while_anchore_has_its_tag_on_the_image_before(
    desk: Desk, error: Any
) -> None:
    """No list names the tag: once it is not failing, nobody would ask for the push again."""
    pushed = Digest("sha256:" + "d" * 64)
    desk.anchore = error
    assert not desk.work(replace(OLD, digest=pushed)).requeued
    assert desk.entry.failing is not None
    assert desk.entry.failing.pushed == pushed
    desk.anchore, desk.now = "go", NOON + HOUR
    desk.work(replace(SWEPT, sweep=desk.now))
    assert (desk.entry.digest, desk.entry.failing is not None) == (DIGEST, True)


def test_a_push_whose_image_is_evaluated_is_asked_for_no_more(desk: Desk) -> None:
    desk.anchore = UNREADABLE
    desk.work(replace(OLD, digest=DIGEST))
    desk.anchore, desk.now = "go", NOON + HOUR
    desk.work(replace(SWEPT, sweep=desk.now))
    assert (desk.entry.verdict, desk.entry.failing) == ("go", None)


@dataclass
class LateDesk(Desk):
    """Anchore learns of an image late: that its tag is on another since is not said by this."""

    detected: datetime = NOON

    def active_images(self, tag: ImageTag) -> list[ImageRecord]:
        detected = (DetectedTag(str(tag), self.detected),)
        return [replace(record, tags=detected) for record in super().active_images(tag)]

    def tag_history(self, tag: ImageTag) -> list[ImageRecord]:  # type: ignore[override]
        return self.active_images(tag)


def test_a_push_waits_for_its_image_while_anchore_learns_late_of_the_one_before() -> None:
    """Two pushes within seconds, of which Anchore detects the first behind the second."""
    pushed = Digest("sha256:" + "d" * 64)
    desk = LateDesk(detected=NOON + timedelta(seconds=30))
    gate = replace(PUSH, digest=pushed)
    for minutes in (1, 30, 119):
        desk.now = NOON + timedelta(minutes=minutes)
        assert desk.work(gate).requeued
        gate = desk.returned
    assert (SUBJECT in desk.ledger.entries, desk.forced) == (False, 0)


def test_a_push_that_seems_superseded_is_done_with_the_newer_image_when_its_time_is_over() -> None:
    pushed = Digest("sha256:" + "d" * 64)
    desk = LateDesk(detected=NOON + timedelta(seconds=30), now=NOON + 2 * HOUR)
    assert not desk.work(replace(PUSH, digest=pushed, first_seen=NOON + HOUR)).requeued
    assert (desk.entry.digest, desk.entry.verdict) == (DIGEST, "go")
    assert (desk.entry.unknown_push, desk.entry.failing) == (None, None)


@pytest.mark.parametrize(
    ("anchore", "gate"),
    [
        pytest.param("analyzing", OLD, id="known-and-not-analyzed"),
        pytest.param(DOWN, OLD, id="anchore-down"),
        pytest.param("unknown", replace(SWEPT, first_seen=NOON), id="swept"),
    ],
)
def test_nothing_else_is_a_push_that_anchore_does_not_know(
    desk: Desk, anchore: Any, gate: Gate
) -> None:
    desk.anchore = anchore
    desk.work(gate)
    assert desk.entry.unknown_push is None


@pytest.mark.parametrize(
    "error",
    [
        errors.AnchoreUnauthorized("HTTP 401", **WHERE),
        errors.AnchoreForbidden("HTTP 403", **WHERE),
        errors.AnchoreRefused("HTTP 400", **WHERE),
        errors.AnchoreAnswerUnreadable("HTML", **WHERE),
        errors.AnchoreCertificateError("TLS", **WHERE),
    ],
)
def test_what_does_not_pass_by_itself_is_left_to_the_next_sweep(
    desk: Desk, error: AnchoreError
) -> None:
    desk.anchore = error
    gated = desk.work(PUSH)
    assert (gated.requeued, gated.outcome) == (False, "not_evaluated")
    failing = desk.entry.failing
    assert failing is not None
    assert (failing.since, failing.reason) == (NOON, str(error))


def test_a_defect_of_ours_brings_the_message_back(desk: Desk) -> None:
    desk.anchore = RuntimeError("a defect")
    with pytest.raises(RuntimeError):
        desk.work(PUSH)


# --- notices that could not be remembered, or published


def test_a_topic_that_refuses_is_no_concern_of_the_work(desk: Desk) -> None:
    desk.anchore, desk.topic.refuses = "stop", True
    assert not desk.work(PUSH).requeued
    assert desk.said == []
    desk.topic.refuses = False
    assert desk.said == ["STOP"]


def test_while_both_refuse_the_work_goes_back(desk: Desk) -> None:
    desk.anchore, desk.topic.refuses, desk.ledger.refuses = "stop", True, {"read", "write"}
    assert desk.work(PUSH).requeued
    desk.topic.refuses, desk.ledger.refuses = False, set()
    desk.work(desk.returned)
    assert desk.said == ["STOP"]


def test_while_both_refuse_old_work_fails_and_so_becomes_a_dead_letter(desk: Desk) -> None:
    desk.anchore, desk.topic.refuses, desk.ledger.refuses = "stop", True, {"read", "write"}
    with pytest.raises(errors.PublishFailed):
        desk.work(OLD)
    assert desk.queue.messages == []


@pytest.mark.parametrize(
    ("gate", "requeued"),
    [
        pytest.param(PUSH, True, id="young"),
        pytest.param(OLD, False, id="old"),
    ],
)
def test_a_known_stop_that_cannot_be_written_may_be_news_after_all(
    desk: Desk, gate: Gate, requeued: bool
) -> None:
    desk.anchore = "stop"
    desk.work(PUSH)
    desk.ledger.refuses = {"write"}
    assert desk.work(gate).requeued is requeued


@pytest.mark.parametrize("call", ["read", "write"])
def test_a_stop_that_cannot_be_recorded_goes_back_and_is_said_once_until_it_can_be(
    desk: Desk, call: str
) -> None:
    desk.anchore, desk.ledger.refuses = "stop", {call}
    first = desk.work(PUSH)
    assert (first.notification, first.requeued) == (Notification.NONE, True)
    gated = desk.work(desk.returned)
    assert (gated.notification, gated.requeued) == (Notification.PUBLISHED, True)
    again = desk.work(desk.returned)
    assert (again.notification, again.requeued) == (Notification.NONE, True)
    desk.ledger.refuses = set()
    remembered = desk.work(desk.returned)
    assert (remembered.notification, remembered.requeued) == (Notification.KNOWN, False)
    assert (desk.said, desk.entry.stopped) == (["STOP"], True)


@pytest.mark.parametrize("call", ["read", "write"])
@pytest.mark.parametrize("anchore", [UNREADABLE, "maybe"])
def test_a_push_whose_failure_cannot_be_recorded_goes_back(
    desk: Desk, call: str, anchore: Any
) -> None:
    """No sweep may look at its tag, and nothing else would remember it."""
    desk.anchore, desk.ledger.refuses = anchore, {call}
    assert desk.work(PUSH).requeued
    desk.anchore, desk.ledger.refuses = "stop", set()
    desk.work(desk.returned)
    assert desk.said == ["STOP"]


@pytest.mark.parametrize("anchore", [UNREADABLE, "maybe", "analyzing", "unknown", DOWN])
def test_an_old_push_whose_failure_cannot_be_recorded_becomes_a_dead_letter(
    desk: Desk, anchore: Any
) -> None:
    desk.anchore, desk.ledger.refuses = anchore, {"read"}
    with pytest.raises(errors.LedgerUnavailable, match="stays in the queue"):
        desk.work(replace(PUSH, first_seen=NOON - 3 * HOUR))
    assert not desk.queue.messages


@pytest.mark.parametrize("anchore", [UNREADABLE, "maybe"])
def test_what_a_sweep_asks_for_is_left_to_the_next_one_when_it_cannot_be_recorded(
    desk: Desk, anchore: Any
) -> None:
    desk.anchore, desk.ledger.refuses = anchore, {"read"}
    assert not desk.work(replace(SWEPT, sweep=NOON)).requeued
    assert not desk.queue.messages


def _published_without_a_ledger(desk: Desk) -> Gate:
    """The message behind a STOP that readers know, and the ledger does not."""
    desk.anchore, desk.ledger.refuses = "stop", {"read", "write"}
    desk.work(PUSH)
    desk.work(desk.returned)
    assert desk.topic.said == ["STOP"]
    desk.ledger.refuses = set()
    return desk.returned


def _published_in_part(desk: Desk) -> Gate:
    """The message behind a STOP that mail has, and neither the chat nor the ledger."""
    desk.chat = FakeTopic(refuses=True)
    desk.anchore, desk.ledger.refuses = "stop", {"read", "write"}
    desk.work(PUSH)
    desk.work(desk.returned)
    assert (desk.topic.said, desk.chat.said) == (["STOP"], [])
    desk.chat.refuses = False
    return desk.returned


def test_a_stop_that_reached_one_channel_alone_is_told_again_or_told_to_be_over(desk: Desk) -> None:
    copy = _published_in_part(desk)
    desk.work(copy)
    assert [topic.said for topic in desk.topics.values()] == [["STOP", "STOP"], ["STOP"]]
    desk.anchore, desk.ledger.refuses = "go", set()
    desk.work(copy)
    assert sorted(item.channel for item in desk.ledger.notices.values()) == ["chat", "stops"]
    assert {item.envelope.event_type for item in desk.ledger.notices.values()} == {"RECOVERED"}


@pytest.mark.parametrize(("then", "told"), [("go", "RECOVERED"), ("stop", "REMINDER")])
def test_a_stop_that_reached_one_channel_alone_is_remembered_while_attempts_fail(
    desk: Desk, then: str, told: str
) -> None:
    copy, desk.anchore, desk.ledger.refuses = _published_in_part(desk), UNREADABLE, set()
    desk.work(copy)
    assert desk.entry.stopped
    desk.now, desk.anchore = NOON + HOUR, then
    desk.work(SWEPT)
    items = desk.ledger.notices.values()
    assert sorted((item.channel, item.envelope.event_type) for item in items) == [
        ("chat", told),
        ("stops", told),
    ]


@pytest.mark.parametrize(
    ("fault", "told"), [(PublishFault.UNHEARD, ["RECOVERED"]), (PublishFault.MOMENT, [])]
)
def test_a_stop_that_readers_may_have_is_told_to_be_over(
    desk: Desk, fault: PublishFault, told: list[str]
) -> None:
    desk.topic.refused, desk.topic.fault = {""}, fault
    desk.anchore, desk.ledger.refuses = "stop", {"read", "write"}
    desk.work(PUSH)
    desk.work(desk.returned)
    desk.topic.refused, desk.ledger.refuses, desk.anchore = set(), set(), "go"
    desk.work(desk.returned)
    assert desk.said == told


@pytest.mark.parametrize("sweep", [None, NOON - HOUR])
def test_a_stop_that_was_told_without_a_ledger_is_told_to_be_over(
    desk: Desk, sweep: datetime | None
) -> None:
    gate = replace(_published_without_a_ledger(desk), sweep=sweep)
    desk.anchore = "go"
    desk.work(replace(PUSH, first_seen=NOON))  # another run, which knows nothing of the STOP
    assert desk.said == ["STOP"]
    desk.now += HOUR
    desk.work(gate)
    assert (desk.said, desk.entry.stopped) == (["STOP", "RECOVERED"], False)


def test_a_stop_that_was_told_without_a_ledger_is_remembered_while_attempts_fail(
    desk: Desk,
) -> None:
    gate = _published_without_a_ledger(desk)
    desk.anchore = UNREADABLE
    desk.work(gate)
    assert desk.entry.stopped
    desk.anchore = "go"
    desk.work(SWEPT)
    assert desk.said == ["STOP", "RECOVERED"]


def test_a_stop_that_another_run_has_ended_since_is_not_ended_again(desk: Desk) -> None:
    gate = _published_without_a_ledger(desk)
    for minutes, action in ((1, "stop"), (2, "go")):
        desk.now, desk.anchore = NOON + timedelta(minutes=minutes), action
        desk.work(PUSH)
    desk.now += HOUR
    desk.work(gate)
    assert desk.said == ["STOP", "STOP", "RECOVERED"]


@pytest.mark.parametrize("call", ["read", "write"])
def test_the_end_of_a_stop_that_was_told_without_a_ledger_goes_back(desk: Desk, call: str) -> None:
    gate = _published_without_a_ledger(desk)
    desk.anchore, desk.ledger.refuses = "go", {call}
    assert desk.work(gate).requeued
    desk.ledger.refuses = set()
    desk.work(desk.returned)
    assert desk.said == ["STOP", "RECOVERED"]


@pytest.mark.parametrize("action", ["stop", "go"])
def test_a_stop_that_was_told_without_a_ledger_is_not_given_up(desk: Desk, action: str) -> None:
    gate = _published_without_a_ledger(desk)
    desk.anchore, desk.ledger.refuses, desk.now = action, {"read", "write"}, NOON + 3 * HOUR
    with pytest.raises(errors.LedgerUnavailable, match="STOP was published"):
        desk.work(gate)
    assert desk.topic.said == ["STOP"]


def test_an_old_stop_is_told_once_and_goes_back_to_be_recorded(desk: Desk) -> None:
    desk.anchore, desk.ledger.refuses = "stop", {"read", "write"}
    gated = desk.work(replace(PUSH, first_seen=NOON - 3 * HOUR))
    assert (gated.notification, gated.requeued) == (Notification.PUBLISHED, True)
    assert desk.returned.published_id is not None


@pytest.mark.parametrize("known", [True, False])
def test_a_ledger_that_fails_for_a_moment_is_no_reason_to_publish_a_stop_on_its_own(
    desk: Desk, known: bool
) -> None:
    desk.anchore = "stop"
    if known:
        desk.work(PUSH)
        assert desk.said == ["STOP"]
    desk.ledger.refuses = {"read"}
    desk.work(SWEPT)
    desk.ledger.refuses = set()
    desk.work(desk.returned)
    assert (desk.said, desk.entry.sweep) == (["STOP"], SWEPT.sweep)


def test_an_image_that_was_missing_before_a_newer_verdict_ends_no_stop(desk: Desk) -> None:
    desk.anchore = "stop"
    desk.work(PUSH)
    desk.anchore, desk.now = "unknown", NOON - HOUR
    desk.work(replace(SWEPT, sweep=NOON + HOUR))
    assert (desk.entry.stopped, desk.said) == (True, ["STOP"])


# --- sweeps


def test_a_sweep_s_message_is_skipped_when_the_image_was_evaluated_since(desk: Desk) -> None:
    desk.work(PUSH)
    gated = desk.work(SWEPT)
    assert (gated.report, desk.asked, desk.entry.sweep) == (None, 1, SWEPT.sweep)


def test_a_sweep_s_message_is_not_skipped_for_an_older_evaluation(desk: Desk) -> None:
    desk.now = NOON - 2 * HOUR
    desk.work(PUSH)
    desk.now = NOON
    desk.work(SWEPT)
    assert (desk.asked, desk.entry.sweep) == (2, SWEPT.sweep)


def test_an_image_is_evaluated_when_anchore_has_answered(desk: Desk) -> None:
    desk.noting = timedelta(seconds=40)
    desk.work(PUSH)
    assert (desk.entry.evaluated_at, desk.now) == (NOON, NOON + desk.noting)


def test_a_failed_attempt_does_not_count_as_evaluated(desk: Desk) -> None:
    desk.anchore = errors.AnchoreForbidden("HTTP 403", **WHERE)
    desk.work(PUSH)
    desk.work(SWEPT)
    assert desk.asked == 2


def test_an_older_sweep_does_not_set_the_mark_back(desk: Desk) -> None:
    desk.work(replace(SWEPT, sweep=NOON + HOUR))
    desk.work(replace(SWEPT, sweep=NOON))
    assert desk.entry.sweep == NOON + HOUR


def test_a_verdict_is_not_overwritten_by_an_older_one(desk: Desk) -> None:
    desk.anchore = "stop"
    desk.work(PUSH)
    desk.now, desk.anchore = NOON - HOUR, "go"
    desk.work(PUSH)
    assert (desk.entry.stopped, desk.said) == (True, ["STOP"])


def test_a_stop_that_was_found_before_its_image_was_gone_does_not_come_back(desk: Desk) -> None:
    desk.anchore = "stop"
    desk.work(SWEPT)
    desk.now, desk.anchore = NOON + 2 * HOUR, "unknown"
    desk.work(replace(SWEPT, sweep=NOON + HOUR))
    desk.now, desk.anchore = NOON + HOUR, "stop"  # evaluated then, and written only now
    desk.work(PUSH)
    assert (desk.said, desk.entry.stopped) == (["STOP", "NOT_EVALUATED"], False)


def test_a_stopped_image_that_anchore_lost_ends_with_one_notice(desk: Desk) -> None:
    desk.anchore = "stop"
    desk.work(PUSH)
    desk.anchore, desk.now = "unknown", NOON + 2 * HOUR
    for _ in range(2):
        desk.work(replace(SWEPT, sweep=desk.now))
        desk.now += 9 * HOUR
    assert desk.said == ["STOP", "NOT_EVALUATED"]


def test_a_watched_tag_that_is_not_found_is_told(desk: Desk) -> None:
    desk.anchore, desk.settings = "unknown", {"WATCHED_TAGS": str(TAG)}
    for _ in range(2):
        desk.work(replace(SWEPT, sweep=desk.now))
        desk.now += 6 * HOUR
    assert desk.said == ["NOT_EVALUATED"]


# --- images that Anchore does not know


@pytest.mark.parametrize(("allowed", "submitted"), [("true", [str(TAG)]), ("false", [])])
def test_a_missing_image_is_submitted_once_where_that_is_wanted(
    desk: Desk, allowed: str, submitted: list[str]
) -> None:
    desk.anchore, desk.settings = "unknown", {"ADD_MISSING_IMAGES": allowed}
    desk.work(PUSH)
    desk.work(desk.returned)
    assert desk.submitted == submitted


def test_a_sweep_submits_nothing(desk: Desk) -> None:
    desk.anchore, desk.settings = "unknown", {"ADD_MISSING_IMAGES": "true"}
    desk.work(SWEPT)
    assert desk.submitted == []


@pytest.mark.parametrize("is_direct", [False, True])
def test_a_stop_outlives_a_list_that_was_emptied_before_the_evaluation(
    desk: Desk, is_direct: bool
) -> None:
    """Scans begin to fail between the two requests."""
    desk.anchore = "stop"
    desk.work(PUSH)
    desk.anchore, desk.rows, desk.now = "go", VulnerabilityList([], ROWS.answer), NOON + HOUR
    if is_direct:
        desk.worker.gate_now(PUSH, Deadline.after(60))
    else:
        desk.work(replace(SWEPT, sweep=desk.now))
    assert (desk.entry.stopped, desk.said) == (True, ["STOP"])
    desk.rows, desk.now = ROWS, NOON + 2 * HOUR
    desk.work(replace(SWEPT, sweep=desk.now))
    assert (desk.entry.stopped, desk.said) == (False, ["STOP", "RECOVERED"])


# --- direct invocations


def test_a_direct_call_is_remembered_and_said_like_any_other(desk: Desk) -> None:
    desk.anchore = "stop"
    gated = [desk.worker.gate_now(PUSH, Deadline.after(60)) for _ in range(2)]
    assert [g.notification for g in gated] == ["queued", "known"]


def test_a_direct_call_s_error_is_the_caller_s(desk: Desk) -> None:
    desk.anchore = DOWN
    with pytest.raises(errors.AnchoreUnreachable):
        desk.worker.gate_now(PUSH, Deadline.after(60))
    assert (desk.queue.messages, desk.ledger.entries) == ([], {})


@pytest.mark.parametrize("anchore", ["unknown", "analyzing"])
def test_a_direct_call_for_what_is_not_there_leaves_no_trace(desk: Desk, anchore: str) -> None:
    desk.anchore = anchore
    desk.worker.gate_now(PUSH, Deadline.after(60))
    assert desk.ledger.entries == {}


# --- the team

BY_NAME = {"TEAMS": "app=by-name"}


@pytest.mark.parametrize(
    ("annotation", "settings", "team"),
    [
        pytest.param("annotated", BY_NAME, "annotated", id="annotation"),
        pytest.param(None, BY_NAME, "by-name", id="name"),
        pytest.param(None, {}, "unrouted", id="neither"),
    ],
)
def test_the_annotation_goes_before_the_name(
    desk: Desk, annotation: str | None, settings: dict[str, str], team: str
) -> None:
    desk.anchore, desk.annotation, desk.settings = "stop", annotation, settings
    desk.work(PUSH)
    assert [notice.attributes["team"] for notice in desk.notices] == [team]
    assert desk.entry.team == team


def test_the_team_of_a_stop_hears_that_its_image_is_gone(desk: Desk) -> None:
    desk.anchore, desk.annotation, desk.settings = "stop", "annotated", BY_NAME
    desk.work(PUSH)
    desk.anchore, desk.now = "unknown", desk.now + HOUR
    desk.work(replace(SWEPT, sweep=desk.now))
    assert [(n.attributes["event_type"], n.attributes["team"]) for n in desk.notices] == [
        ("STOP", "annotated"),
        ("NOT_EVALUATED", "annotated"),
    ]


def test_an_image_that_was_never_evaluated_is_told_by_its_name(desk: Desk) -> None:
    desk.anchore, desk.settings = DOWN, BY_NAME | {"NOT_EVALUATED_HOURS": "0"}
    desk.work(replace(PUSH, first_seen=NOON - 9 * HOUR))
    assert [n.attributes["team"] for n in desk.notices] == ["by-name"]


def test_a_stop_without_a_ledger_is_told_to_its_team(desk: Desk) -> None:
    desk.anchore, desk.settings, desk.ledger.refuses = "stop", BY_NAME, {"read"}
    desk.work(PUSH)
    desk.work(desk.returned)
    assert [n.attributes["team"] for n in desk.notices] == ["by-name"]


# --- refresh by the feeds


def swept(at: datetime, feeds: str | None) -> Gate:
    return Gate(TAG, Trigger(TriggerKind.SCHEDULE, at), sweep=at, first_seen=at, feeds=feeds)


@pytest.mark.parametrize(
    ("then", "gate", "forced"),
    [
        pytest.param("go", swept(NOON + 6 * HOUR, "today"), 1, id="feeds-that-have-not-moved"),
        pytest.param("go", swept(NOON + 6 * HOUR, "newer"), 2, id="newer-feeds"),
        pytest.param("go", swept(NOON + 6 * HOUR, None), 2, id="feeds-that-are-not-known"),
        pytest.param("go", swept(NOON + 19 * HOUR, "today"), 2, id="once-a-day"),
        pytest.param("stop", swept(NOON + 6 * HOUR, "today"), 2, id="a-stopped-image"),
        pytest.param("go", replace(PUSH, first_seen=NOON + 6 * HOUR), 2, id="a-push"),
    ],
)
def test_a_sweep_forces_no_refresh_that_would_find_the_same(
    desk: Desk, then: str, gate: Gate, forced: int
) -> None:
    desk.anchore = then
    desk.work(swept(NOON, "today"))
    desk.now = gate.first_seen or NOON
    desk.work(gate)
    assert desk.forced == forced
    assert desk.entry.evaluated_at == desk.now


def test_the_feeds_of_a_sweep_s_verdict_are_remembered_also_where_all_refreshes_are_forced(
    desk: Desk,
) -> None:
    remembered = []
    for gate in (PUSH, swept(NOON + HOUR, None), swept(NOON + 2 * HOUR, None)):
        desk.now = gate.sweep or NOON
        desk.work(gate)
        remembered.append(desk.entry.refresh)
    refreshes = [Refresh(DIGEST, "today", NOON + hours * HOUR) for hours in (1, 2)]
    assert (remembered, desk.forced) == ([None, *refreshes], 3)


def test_a_direct_invocation_forces_a_refresh(desk: Desk) -> None:
    desk.work(swept(NOON, "today"))
    desk.worker.gate_now(Gate(TAG, Trigger(TriggerKind.DIRECT)), Deadline.after(60))
    assert desk.forced == 2


def test_an_attempt_that_failed_is_repeated_with_a_refresh(desk: Desk) -> None:
    desk.work(swept(NOON, "today"))
    desk.anchore = errors.AnchoreForbidden("HTTP 403", **WHERE)
    desk.work(swept(NOON + HOUR, "today"))
    desk.anchore = "go"
    desk.work(swept(NOON + 2 * HOUR, "today"))
    assert desk.forced == 2


# --- where it runs


EU = Place("kubernetes", "prod-eu/payments", NOON - HOUR)


def seen_in(*images: RunningImage, known: bool = True) -> Gate:
    """A message of a sweep at noon whose inventory says this of the tag."""
    inventory = TagInventory(NOON, images, known)
    return Gate(TAG, Trigger(TriggerKind.SCHEDULE), sweep=NOON, running=inventory)


def told(desk: Desk) -> list[tuple[bool, int]]:
    """What each notice says of where: whether that is known, and the number of places."""
    results = [msgspec.json.decode(notice.result)["running"] for notice in desk.notices]
    return [(running["known"], running["total"]) for running in results]


def test_a_notice_says_where_the_digest_runs_that_was_found(desk: Desk) -> None:
    desk.anchore, desk.now = "stop", NOON + HOUR
    desk.work(seen_in(RunningImage(None, DIGEST, (EU,), 1)))
    assert told(desk) == [(True, 1)]
    assert "Runs in prod-eu/payments (seen 11:00 UTC)." in desk.notices[0].body
    assert "running" in desk.notices[0].attributes["traits"]


@pytest.mark.parametrize(
    ("gate", "running"),
    [
        pytest.param(seen_in(), (True, 0), id="nowhere"),
        pytest.param(
            seen_in(RunningImage(None, Digest("sha256:" + "d" * 64), (EU,), 1)),
            (True, 0),
            id="another-digest-under-the-tag",
        ),
        pytest.param(seen_in(known=False), (False, 0), id="not-known"),
    ],
)
def test_a_notice_says_nowhere_only_when_that_is_known(
    desk: Desk, gate: Gate, running: tuple[bool, int]
) -> None:
    desk.anchore = "stop"
    desk.work(gate)
    assert told(desk) == [running]
    assert ("Seen running nowhere" in desk.notices[0].body) is running[0]
    assert "running" not in desk.notices[0].attributes["traits"]


@pytest.mark.parametrize("kind", [TriggerKind.ECR_PUSH, TriggerKind.DIRECT])
def test_between_sweeps_a_notice_says_what_the_last_one_saw(desk: Desk, kind: TriggerKind) -> None:
    desk.work(seen_in(RunningImage(None, DIGEST, (EU,), 1)))
    desk.anchore, desk.now = "stop", NOON + HOUR
    gate = Gate(TAG, Trigger(kind))
    desk.work(gate) if kind is TriggerKind.ECR_PUSH else desk.worker.gate_now(
        gate, Deadline.after(60)
    )
    assert told(desk) == [(True, 1)]


def test_a_failing_image_is_told_with_where_it_ran(desk: Desk) -> None:
    desk.work(seen_in(RunningImage(None, DIGEST, (EU,), 1)))
    desk.anchore, desk.now = errors.AnchoreForbidden("HTTP 403", **WHERE), NOON + 7 * HOUR
    desk.work(Gate(TAG, Trigger(TriggerKind.SCHEDULE), first_seen=NOON))
    assert (desk.said, told(desk)) == (["NOT_EVALUATED"], [(True, 1)])
