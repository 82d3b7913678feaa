"""SQS and Lambda's poller of it: so many batches at once, the records of each side by side."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from threading import local

import msgspec

from rescan.events.commands import Gate, SweepPage
from rescan.events.parse import parse_event
from rescan.kernel.deadline import Deadline
from tests.lab.simulation.turns import SimulatedTime
from tests.support.lambda_poller import Batch, Poller, links_of, trace_of
from tests.support.runtime_api import Invocation
from tests.support.sqs_queue import Message, SqsQueue

# The function's timeout without what it keeps back for itself; the template's VisibilityTimeout.
SECONDS_FOR_A_BATCH, _VISIBILITY = 265, 1801
_DONE = Invocation(answer={"batchItemFailures": []})


class SimulatedQueue:
    """Implements `ports.WorkQueue`; `work` is to be set before the first message.

    A free worker takes at most a batch at once, and waits for no company. Whoever sends outside the
    queue's own threads is the first invocation of its chain.
    """

    def __init__(self, workers: int, batch_size: int, time: SimulatedTime) -> None:
        self.work: Callable[[Gate, Deadline], object] = _nobody
        self.page: Callable[[SweepPage, Deadline], object] = _nobody
        self._queue = SqsQueue(time.passed, _VISIBILITY)
        self.poller = Poller(self._queue, batch_size, reports_failures=True, allows_loops=True)
        self._sender = local()
        self._time = time
        self._free = workers

    def send(self, gate: Gate, delay: timedelta) -> None:
        """A copy that goes back: seen after the delay."""
        seconds = int(delay.total_seconds())
        self._queue.send(gate.encode(), seconds, self._trace)
        self._time.begin(self._poll, after=seconds)

    def send_page(self, page: SweepPage, delay: timedelta) -> None:
        """The next page of a sweep, or a copy of one."""
        seconds = int(delay.total_seconds())
        self._queue.send(page.encode(), seconds, self._trace)
        self._time.begin(self._poll, after=seconds)

    def send_all(self, gates: Iterable[Gate]) -> int:
        """What a sweep enqueues: seen at once."""
        before = self.sent
        for gate in gates:
            self._queue.send(gate.encode(), trace=self._trace)
        self._poll()
        return self.sent - before

    @property
    def sent(self) -> int:
        """How many messages were sent."""
        return self._queue.sent

    @property
    def gone_back(self) -> int:
        """How many of them were copies."""
        return len(self._queue.delays)

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do, now or later."""
        return not self._queue.messages

    def is_busy(self) -> bool:
        """Whether messages wait or are worked on."""
        return bool(self._queue.visible or self._queue.in_flight)

    @property
    def _trace(self) -> str:
        return getattr(self._sender, "trace", trace_of(1))

    def _poll(self) -> None:
        while self._free and (batch := self.poller.take()):
            self._free -= 1
            deadline = Deadline.after(SECONDS_FOR_A_BATCH, self._time.passed)
            running = _Running(batch, deadline, len(batch.messages))
            for message in batch.messages:
                self._time.begin(partial(self._handle, message, running))

    def _handle(self, message: Message, running: "_Running") -> None:
        self._sender.trace = trace_of(links_of(message.trace) + 1)
        asked = parse_event(msgspec.json.decode(message.body), lambda region: None)
        if isinstance(asked, SweepPage):
            self.page(asked, running.deadline)
        else:
            assert isinstance(asked, Gate)
            self.work(asked, running.deadline)
        del self._sender.trace
        running.left -= 1
        if not running.left:
            self.poller.settle(running.batch, _DONE)
            self._free += 1
            self._poll()


@dataclass
class _Running:
    """An invocation, which ends with the last of its records."""

    batch: Batch
    deadline: Deadline
    left: int


def _nobody(asked: Gate | SweepPage, deadline: Deadline) -> None:
    raise NotImplementedError("nobody consumes the queue")
