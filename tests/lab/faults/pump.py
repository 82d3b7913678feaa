"""What starts the function: Lambda's poller of the work queue, and its asynchronous events.

Nothing waits: the pump moves its own clock from each moment at which something happens to the next.
The function's process has the machine's clock.
"""

from collections.abc import Callable
from typing import Any

from tests.lab.faults.async_events import THROTTLED, AsyncEvents
from tests.lab.faults.stack import template
from tests.support.lambda_poller import Batch, Poller, trace_of
from tests.support.runtime_api import Invocation
from tests.support.sqs_queue import SqsQueue

# The event and the trace id that Lambda hands over.
Invoke = Callable[[Any, str], Invocation]
_MOST_MOMENTS = 2000


class Pump:
    """`now` is in seconds; `delivered` holds each body that was handed over.

    Until `throttled_until` no container is free. `twice`: each batch is delivered again after it
    was done, as SQS may. `doubled`: each record stands in its batch twice.
    """

    def __init__(self, invoke: Invoke) -> None:
        words = template()
        self._invoke = invoke
        self.now = self.throttled_until = 0.0
        self.delivered: list[str] = []
        self.twice = self.doubled = False
        self.dead = SqsQueue(self._clock)
        self.work = SqsQueue(self._clock, words.visibility, words.most_receives, self.dead)
        self.poller = Poller(
            self.work, words.batch_size, words.reports_failures, words.allows_loops
        )
        self.events = AsyncEvents(self._clock, self._start, words.most_retries, words.oldest_event)

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
        moments = (self.work.next_at, self.events.next_at)
        return min((at for at in moments if at is not None), default=None)

    def _start(self, event: Any) -> Invocation:
        """With an event that no function sent."""
        return THROTTLED if self.is_throttled else self._invoke(event, trace_of(1))

    def _poll(self) -> None:
        while batch := self.poller.take():
            if not self.is_throttled:
                self.poller.settle(batch, self._hand_over(batch))
                if self.twice:
                    self._hand_over(batch)

    def _hand_over(self, batch: Batch) -> Invocation:
        event = batch.event(2 if self.doubled else 1)
        self.delivered += [record["body"] for record in event["Records"]]
        return self._invoke(event, trace_of(batch.links))
