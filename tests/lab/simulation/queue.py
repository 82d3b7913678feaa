"""SQS and Lambda's poller of it: so many batches at once, the records of each side by side."""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from threading import local
from typing import NamedTuple

import msgspec

from rescan.events.commands import Gate
from rescan.events.parse import parse_event
from rescan.kernel.deadline import Deadline
from tests.lab.simulation.scenario import Scenario
from tests.lab.simulation.turns import SimulatedTime

# The function's timeout without what it keeps back for itself.
SECONDS_FOR_A_BATCH = 265


class SimulatedQueue:
    """Implements `ports.WorkQueue`; `work` is to be set before the first message.

    A message is seen when it is due, in the order in which they become so; a free worker takes at
    most a batch at once, and waits for no company. `longest_chain` counts invocations of which each
    was started by a message of the one before, as Lambda's recursive loop detection does; whoever
    sends outside the queue's own threads is the first of its chain.
    """

    def __init__(self, scenario: Scenario, time: SimulatedTime) -> None:
        self.work: Callable[[Gate, Deadline], object] = _nobody
        self.sent = 0
        self.gone_back = 0
        self.longest_chain = 0
        self._chain = local()
        self._time = time
        self._workers = self._free = scenario.workers
        self._delayed = 0
        self._batch_size = scenario.batch_size
        self._visible: deque[_Link] = deque()

    def send(self, gate: Gate, delay: timedelta) -> None:
        """A copy that goes back: seen after the delay."""
        self.sent += 1
        self.gone_back += 1
        self._delayed += 1
        self._time.begin(partial(self._return, self._link(gate)), after=delay.total_seconds())

    def _return(self, link: "_Link") -> None:
        self._delayed -= 1
        self._arrive([link])

    def send_all(self, gates: Iterable[Gate]) -> int:
        """What a sweep enqueues: seen at once."""
        links = [self._link(gate) for gate in gates]
        self.sent += len(links)
        self._arrive(links)
        return len(links)

    def _link(self, gate: Gate) -> "_Link":
        return _Link(gate.encode(), getattr(self._chain, "number", 1) + 1)

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do, now or later."""
        return not (self._visible or self._delayed or self._free < self._workers)

    def is_busy(self) -> bool:
        """Whether messages wait or are worked on."""
        return bool(self._visible) or self._free < self._workers

    def _arrive(self, links: "list[_Link]") -> None:
        self._visible += links
        self._poll()

    def _poll(self) -> None:
        while self._free and self._visible:
            size = min(self._batch_size, len(self._visible))
            batch = _Batch(self._time, [self._visible.popleft() for _ in range(size)])
            self._free -= 1
            for link in batch.links:
                self._time.begin(partial(self._handle, link, batch))

    def _handle(self, link: "_Link", batch: "_Batch") -> None:
        self._chain.number = link.number
        self.longest_chain = max(self.longest_chain, link.number)
        gate = parse_event(msgspec.json.decode(link.body), lambda region: None)
        assert isinstance(gate, Gate)
        self.work(gate, batch.deadline)
        batch.left -= 1
        if not batch.left:
            self._free += 1
            self._poll()


class _Link(NamedTuple):
    """A message, and which invocation of its chain it starts."""

    body: str
    number: int


class _Batch:
    """An invocation ends with the last of its records."""

    def __init__(self, time: SimulatedTime, links: "list[_Link]") -> None:
        self.links = links
        self.left = len(links)
        self.deadline = Deadline.after(SECONDS_FOR_A_BATCH, time.passed)


def _nobody(gate: Gate, deadline: Deadline) -> None:
    raise NotImplementedError("nobody consumes the queue")
