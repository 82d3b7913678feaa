"""Sends work back to the queue: sends a copy, then the original is acknowledged.

The copy carries when the work was first seen and how often it was sent back. It is a new message,
so it never counts against the queue's maxReceiveCount, and nothing waits inside the function.

A push is looked at again within 50 s for its first 20 minutes, so that the end of an analysis is
seen soon, and ever more rarely after that. All else waits twice as long each time: a sweep's images
are many, and a ledger that refuses a STOP is down.

Each copy is a link of a chain, and Lambda's recursive loop detection is off for this function
(`RecursiveLoop: Allow`): the brake is here. After so many copies the work is deferred to the
ledger's table, from which the next chain begins (`deferral.py`).
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from rescan.events.commands import Gate
from rescan.events.gate_result import GateResult
from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.errors import PublishFailed, RescanError
from rescan.work.ports import DeferredWork, WorkQueue

# Invocations in a row; Lambda's own detection would end a chain after about 16.
LONGEST_CHAIN = 14
# Of one message. Whoever begins the chain, a sweep or the deferral, is an invocation too.
COPIES = LONGEST_CHAIN - 1
_FIRST = timedelta(seconds=30)
# What SQS allows for DelaySeconds.
_LONGEST = timedelta(seconds=900)
# A push waits for so long, or for such a part of its age: 50 s are a 24th of 20 minutes.
_LOOK, _PART_OF_AGE = timedelta(seconds=50), 24
# Deferred work comes back up to a minute late: a run of the publisher looks each minute.
_LATE = timedelta(seconds=60)


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
        now, is_last_link = self._clock(), ends_chain(gate)
        longest = _longest_wait(gate, error, now) - (_LATE if is_last_link else timedelta())
        wait = delay(longest, self._jitter(), getattr(error, "retry_after", None))
        copy = replace(gate, attempt=gate.attempt + 1)
        if is_last_link:
            self._deferred.defer(copy, now + wait)
        else:
            self._queue.send(copy, wait)
        return GateResult(gate.tag, requeued=True, why=str(error or ""))


def ends_chain(gate: Gate) -> bool:
    """Whether a copy of it on the queue would make the chain too long."""
    return (gate.attempt + 1) % COPIES == 0


def _longest_wait(gate: Gate, error: RescanError | None, now: datetime) -> timedelta:
    """Before chance, and before what the server asks for; never more than 900 s."""
    is_refused = gate.published_id is not None or isinstance(error, PublishFailed)
    if gate.trigger.is_push and not is_refused:
        return min(_LONGEST, max(_LOOK, (now - (gate.first_seen or now)) / _PART_OF_AGE))
    return doubled(gate.attempt)


def doubled(attempt: int) -> timedelta:
    """Twice as long with each attempt, never more than 900 s."""
    longest: timedelta = _FIRST * 2 ** min(attempt, 10)
    return min(_LONGEST, longest)


def delay(longest: timedelta, jitter: float, retry_after: float | None) -> timedelta:
    """Half of the longest and a random part of the rest; no less than the server asked for.

    From 0 to 900 s.
    """
    wait: timedelta = max(timedelta(), longest) * (0.5 + jitter / 2)
    asked = timedelta(seconds=min(retry_after or 0, _LONGEST.total_seconds()))
    return max(wait, asked)
