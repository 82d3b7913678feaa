"""Sends work back to the queue: sends a copy, then the original is acknowledged.

The copy carries when the work was first seen and how often it was sent back. It is a new message,
so it never counts against the queue's maxReceiveCount, and nothing waits inside the function.

Each copy is a link of a chain, and Lambda's recursive loop detection is off for this function
(`RecursiveLoop: Allow`): the brake is here. After so many copies the work is deferred to the
ledger's table, from which the next chain begins (`deferral.py`).
"""

import random
from collections.abc import Callable
from datetime import timedelta

from msgspec.structs import replace

from rescan.events.commands import Gate
from rescan.events.gate_result import GateResult
from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.errors import RescanError
from rescan.work.ports import DeferredWork, WorkQueue

# Invocations in a row; Lambda's own detection would end a chain after about 16.
LONGEST_CHAIN = 14
# Whoever begins the chain, a sweep or the deferral, is an invocation too.
_COPIES = LONGEST_CHAIN - 1
_FIRST = timedelta(seconds=30)
# What SQS allows for DelaySeconds.
_LONGEST = timedelta(seconds=900)


class Requeue:
    """`jitter` returns a number from 0 to 1."""

    def __init__(
        self,
        queue: WorkQueue,
        deferred: DeferredWork,
        clock: Clock = utc_now,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._queue = queue
        self._deferred = deferred
        self._clock = clock
        self._jitter = jitter

    def send(self, gate: Gate, error: RescanError | None = None) -> GateResult:
        """Send the copy, to be read after a delay, or defer it.

        QueueUnavailable and LedgerUnavailable leave the original in the queue.
        """
        asked = getattr(error, "retry_after", None)
        wait = delay(gate.attempt, self._jitter(), asked)
        copy = replace(gate, attempt=gate.attempt + 1)
        if ends_chain(gate):
            self._deferred.defer(copy, self._clock() + wait)
        else:
            self._queue.send(copy, wait)
        return GateResult(gate.tag, requeued=True, why=str(error or ""))


def ends_chain(gate: Gate) -> bool:
    """Whether a copy of it on the queue would make the chain too long."""
    return (gate.attempt + 1) % _COPIES == 0


def delay(attempt: int, jitter: float, retry_after: float | None) -> timedelta:
    """30 s, doubled with each attempt, half of it random; no less than the server asked for.

    Never more than 900 s.
    """
    grown: timedelta = min(_LONGEST, _FIRST * 2 ** min(attempt, 10)) * (0.5 + jitter / 2)
    asked = timedelta(seconds=min(retry_after or 0, _LONGEST.total_seconds()))
    return min(_LONGEST, max(grown, asked))
