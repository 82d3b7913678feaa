"""What starts the function: Lambda's pollers of the two queues, and its asynchronous events.

Nothing waits: the pump moves its own clock from each moment at which something happens to the next.
The function's process has the machine's clock.
"""

from collections.abc import Callable
from typing import Any

from tests.lab.faults.async_events import THROTTLED, AsyncEvents
from tests.lab.faults.source import Source
from tests.lab.faults.stack import template
from tests.support.lambda_poller import Batch, trace_of
from tests.support.runtime_api import Invocation

# The event and the trace id that Lambda hands over.
Invoke = Callable[[Any, str], Invocation]
_MOST_MOMENTS = 2000


class Pump:
    """`now` is in seconds.

    Until `throttled_until` no container is free. `twice`: each batch is delivered again after it
    was done, as SQS may. `doubled`: each record stands in its batch twice.
    """

    def __init__(self, invoke: Invoke) -> None:
        words = template()
        self._invoke = invoke
        self.now = self.throttled_until = 0.0
        self.twice = self.doubled = False
        self.sweeps = Source(self._clock, words.sweeps, allows_loops=words.allows_loops)
        self.pushes = Source(self._clock, words.pushes, allows_loops=words.allows_loops)
        self.lanes = (self.sweeps, self.pushes)
        self.events = AsyncEvents(self._clock, self._start, words.most_retries, words.oldest_event)

    @property
    def delivered(self) -> list[str]:
        """Each body that was handed over, those of a lane in their order."""
        return [body for lane in self.lanes for body in lane.delivered]

    @property
    def is_idle(self) -> bool:
        """Whether no work is left, now or later."""
        return not any(lane.queue.messages for lane in self.lanes)

    @property
    def is_throttled(self) -> bool:
        """Whether Lambda invokes nothing now."""
        return self.now < self.throttled_until

    def run(self, seconds: float | None = None) -> None:
        """So much time passes; None: until nothing is left to do, now or later."""
        until = float("inf") if seconds is None else self.now + seconds
        for _ in range(_MOST_MOMENTS):
            moment = self._next_at()
            if moment is None or moment > until:
                self.now = self.now if seconds is None else until
                return
            self.now = max(self.now, moment)
            self.events.run()
            self._poll()
        raise AssertionError(f"There is still something to do after {_MOST_MOMENTS} moments.")

    def _clock(self) -> float:
        return self.now

    def _next_at(self) -> float | None:
        moments = (self.events.next_at, *(lane.next_at for lane in self.lanes))
        return min((at for at in moments if at is not None), default=None)

    def _start(self, event: Any) -> Invocation:
        """With an event that no function sent."""
        return THROTTLED if self.is_throttled else self._invoke(event, trace_of(1))

    def _poll(self) -> None:
        for lane in self.lanes:
            while batch := lane.take():
                if not self.is_throttled:
                    lane.poller.settle(batch, self._hand_over(lane, batch))
                    if self.twice:
                        self._hand_over(lane, batch)

    def _hand_over(self, lane: Source, batch: Batch) -> Invocation:
        event = batch.event(2 if self.doubled else 1)
        lane.delivered += [record["body"] for record in event["Records"]]
        return self._invoke(event, trace_of(batch.links))
