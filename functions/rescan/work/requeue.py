"""Sends work back to the queue: sends a copy, then the original is acknowledged.

The copy carries when the work was first seen and how often it was sent back. It is a new message,
so it never counts against the queue's maxReceiveCount, and nothing waits inside the function.
"""

import random
from collections.abc import Callable
from datetime import timedelta

from msgspec.structs import replace

from rescan.events.commands import Gate
from rescan.events.gate_result import GateResult
from rescan.kernel.errors import RescanError
from rescan.work.ports import WorkQueue

_FIRST = timedelta(seconds=30)
# What SQS allows for DelaySeconds.
_LONGEST = timedelta(seconds=900)


class Requeue:
    """`jitter` returns a number from 0 to 1."""

    def __init__(self, queue: WorkQueue, jitter: Callable[[], float] = random.random) -> None:
        self._queue = queue
        self._jitter = jitter

    def send(self, gate: Gate, error: RescanError | None = None) -> GateResult:
        """Send the copy, after a delay; QueueUnavailable leaves the original in the queue."""
        asked = getattr(error, "retry_after", None)
        wait = delay(gate.attempt, self._jitter(), asked)
        self._queue.send(replace(gate, attempt=gate.attempt + 1), wait)
        return GateResult(gate.tag, requeued=True, why=str(error or ""))


def delay(attempt: int, jitter: float, retry_after: float | None) -> timedelta:
    """30 s, doubled with each attempt, half of it random; no less than the server asked for.

    Never more than 900 s.
    """
    grown: timedelta = min(_LONGEST, _FIRST * 2 ** min(attempt, 10)) * (0.5 + jitter / 2)
    return min(_LONGEST, max(grown, timedelta(seconds=retry_after or 0)))
