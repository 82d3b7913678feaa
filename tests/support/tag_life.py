"""The life of one tag: its messages, what Anchore says of it, what fails, and what is left."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from rescan.events.commands import Gate
from rescan.events.gate_result import GateResult
from rescan.events.parse import parse_event
from rescan.gate.model import Trigger, TriggerKind
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import RescanError
from rescan.kernel.metrics import Tally
from rescan.ledger.entry import Entry
from rescan.outbox.items import Channel
from rescan.settings import Settings
from rescan.work.recorder import Recorder
from rescan.work.requeue import Requeue
from rescan.work.topics import Topics
from rescan.work.worker import Worker
from tests.support.entries import FRESH, TAG, WORKING
from tests.support.environment import LEAST
from tests.support.fakes import NOON, FakeDeferred, FakeLedger, FakeOutbox, FakeQueue, FakeTopic
from tests.support.faults import Crash, Fault, Faults, Faulty
from tests.support.one_image import Answer, Evaluated, OneImage
from tests.support.one_publisher import publisher_of
from tests.support.reader import Reader

QUARTER = timedelta(minutes=15)
# A dozen messages at most, each of which is given up after its two hours.
MOST_DELIVERIES = 200


@dataclass(frozen=True)
class Step:
    """A while passes, Anchore changes its mind, and a message is delivered: new, or one that waits.

    `overtaken_by`: what a duplicate of the message is answered that is worked on just before this
    one's call `overtaken_at`, so many seconds later and with faults of its own.
    """

    answer: Answer
    minutes: int = 1
    sends: TriggerKind | None = TriggerKind.ECR_PUSH
    picks: int = 0
    duplicated: bool = False
    faults: Mapping[str, Fault] = field(default_factory=dict)
    overtaken_by: Evaluated | None = None
    overtaken_at: str = "write"
    overtaken_after: int = 1
    overtaken_with: Mapping[str, Fault] = field(default_factory=dict)


@dataclass(frozen=True)
class Delivery:
    """One delivery, and what it left; `gated` None: it failed, and the message stays.

    `reader` has read what the publisher said then, and `will_read` also what waits for it.
    """

    gate: Gate
    at: datetime
    answer: Answer
    faults: Mapping[str, Fault]
    asked: bool
    overtaken: bool
    outdated: bool
    before: Entry
    after: Entry
    gated: GateResult | None
    reader: Reader
    will_read: Reader

    @property
    def done_with(self) -> Evaluated | None:
        """The real evaluation that the message was done with, unless it was outdated."""
        gated = self.gated
        if gated is None or gated.report is None or gated.requeued or self.outdated:
            return None
        is_real = isinstance(self.answer, Evaluated) and self.answer.is_real
        return self.answer if is_real else None  # type: ignore[return-value]


class Life:
    """A worker and a publisher between fakes that fail.

    `waiting` are the messages that are not done. The publisher has a turn behind each delivery.
    """

    def __init__(self) -> None:
        self.now = NOON
        self.image = OneImage(lambda: self.now)
        self.ledger, self.topic, self.queue = FakeLedger(), FakeTopic(), FakeQueue()
        self.deferred = FakeDeferred()
        self.reader, self._read = Reader(), 0
        self.waiting: list[Gate] = []
        self.deliveries: list[Delivery] = []
        self._ports: list[Any] = [
            Faulty(it)
            for it in (self.image, self.ledger, self.topic, self.queue, FakeOutbox(self.ledger))
        ]
        image, ledger, topic, queue, outbox = self._ports
        self._worker = Worker(
            Settings.parse(LEAST),
            lambda deadline: image,
            Recorder(
                ledger,
                Topics({Channel.STOPS: topic}, Tally()),
                Tally(),
                lambda: self.now,
                lambda seconds: None,
            ),
            Requeue(queue, self.deferred, lambda: self.now, lambda: 1.0),
            Tally(),
            lambda: self.now,
            with_scanner=lambda report: replace(report, scans=WORKING),
        )
        self._publisher = publisher_of(outbox, topic, lambda: self.now)

    @property
    def entry(self) -> Entry:
        return self.ledger.entries.get(FRESH.subject, FRESH)

    # --- what happens

    def lives(self, steps: list[Step]) -> "Life":
        for step in steps:
            self._take(step)
        return self

    def settles(self) -> "Life":
        """The faults are over: whatever waits is delivered until it is done."""
        for _ in range(MOST_DELIVERIES):
            self.now += QUARTER
            self._publish(Faults())
            self._readers_read()
            if not self.waiting:
                return self
            self._deliver(self.waiting[0], Step(self.image.answer))
        raise AssertionError(f"still not done: {self.waiting}")

    def is_swept(self) -> "Life":
        self.now += QUARTER
        self._send(TriggerKind.SCHEDULE)
        return self.settles()

    def is_quiet_for(self, time: timedelta) -> "Life":
        """Nothing comes, and then the publisher looks."""
        self.now += time
        self._publish(Faults())
        return self

    def _take(self, step: Step) -> None:
        self.now += timedelta(minutes=step.minutes)
        if step.sends is not None or not self.waiting:
            self._send(step.sends or TriggerKind.ECR_PUSH)
        gate = self.waiting[step.picks % len(self.waiting)]
        if step.duplicated:
            self.waiting.append(gate)
        self._deliver(gate, step)

    def _send(self, kind: TriggerKind) -> None:
        sweep = self.now if kind is TriggerKind.SCHEDULE else None
        self.waiting.append(Gate(TAG, Trigger(kind, self.now), sweep=sweep, first_seen=sweep))

    def _deliver(self, gate: Gate, step: Step) -> None:
        sent = len(self.queue.messages)
        if self._record(gate, step) is not None:
            self.waiting.remove(gate)
        self.waiting += [_read(body) for body, _ in self.queue.messages[sent:]]
        self.waiting += [gate for gate, _ in self.deferred.work.values()]
        self.deferred.work.clear()

    def _record(self, gate: Gate, step: Step) -> GateResult | None:
        at, asked, before = self.now, self.image.asked, self.entry
        self.image.answer = step.answer
        faults = Faults(step.faults, self._overtaking(gate, step))
        gated = self._work(gate, faults)
        self._publish(faults)
        self._readers_read()
        overtaken = step.overtaken_by is not None and not faults.first
        self.deliveries.append(
            Delivery(
                gate=gate,
                at=at,
                answer=step.answer,
                faults=step.faults,
                asked=self.image.asked > asked,
                overtaken=overtaken,
                outdated=overtaken and step.overtaken_at == "write",
                before=before,
                after=self.entry,
                gated=gated,
                reader=self.reader,
                will_read=self._when_all_is_said(),
            )
        )
        return gated

    def _readers_read(self) -> None:
        for notice in self.topic.notices[self._read :]:
            self.reader = self.reader.after(notice)
        self._read = len(self.topic.notices)

    def _when_all_is_said(self) -> Reader:
        reader = self.reader
        for item in sorted(self.ledger.notices.values(), key=lambda item: item.envelope.order):
            reader = reader.after(item.notice)
        return reader

    def _publish(self, faults: Faults) -> None:
        before = self._ports[0].faults
        self._fail(faults)
        try:
            self._publisher.run(Deadline.after(60))
        except Crash:
            pass  # its claim ends by itself
        finally:
            self._fail(before)

    def _work(self, gate: Gate, faults: Faults) -> GateResult | None:
        before = self._ports[0].faults
        self._fail(faults)
        try:
            return self._worker.work(gate, Deadline.after(60))
        except (Crash, RescanError):
            return None
        finally:
            self._fail(before)

    def _overtaking(self, gate: Gate, step: Step) -> dict[str, Any]:
        faster = step.overtaken_by
        if faster is None:
            return {}

        def overtake() -> None:
            self.now += timedelta(seconds=step.overtaken_after)
            if self._record(gate, Step(faster, faults=step.overtaken_with)) is None:
                self.waiting.append(gate)
            self.image.answer = step.answer

        return {step.overtaken_at: overtake}

    def _fail(self, faults: Faults) -> None:
        for port in self._ports:
            port.faults = faults


def _read(body: str) -> Gate:
    gate = parse_event(msgspec.json.decode(body), lambda region: None)
    assert isinstance(gate, Gate)
    return gate
