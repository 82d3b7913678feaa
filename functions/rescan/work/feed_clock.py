"""Begins a sweep when the data that Anchore judges by have changed.

A schedule asks every few minutes, with one small request. A sweep begins when feeds or policy
differ from those that the last one began with; never while it is under way, and never sooner than
MIN_SWEEP_MINUTES after it began. The schedule of sweeps stays as the floor: what cannot be read
here is only late. Nor does a sweep begin that the ledger cannot note: nothing would keep the next
look from beginning another one.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

from rescan.gate.data_version import DataVersion, ReadDataVersion
from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError, LedgerUnavailable
from rescan.kernel.metrics import Metric, Tally
from rescan.work.ports import Ledger, SweepRecord, WorkQueue

# A sweep that has begun is recorded within one invocation, or fails.
_ENQUEUING = timedelta(minutes=15)


class FeedClock:
    """`sweep` begins a full sweep and returns its answer."""

    def __init__(
        self,
        data_version: ReadDataVersion,
        ledger: Ledger,
        queue: WorkQueue,
        sweep: Callable[[Deadline], dict[str, Any]],
        shortest: timedelta,
        tally: Tally,
        logger: Logger,
        clock: Clock = utc_now,
    ) -> None:
        self._data_version = data_version
        self._ledger = ledger
        self._queue = queue
        self._sweep = sweep
        self._shortest = shortest
        self._tally = tally
        self._logger = logger
        self._clock = clock

    def run(self, deadline: Deadline) -> dict[str, Any]:
        """{"feeds": what became of the look, "ageHours"?} and the answer of a sweep, if one began.

        AnchoreError and QueueUnavailable are the sweep's; QueueUnavailable also when it cannot be
        told whether one is under way.
        """
        try:
            version = self._data_version(deadline.half())
            waits = self._why_no_sweep(version, self._ledger.last_sweep())
        except AnchoreError as error:
            self._tally.add(Metric.ANCHORE_ERRORS)
            return self._answer("cannot be read", reason=str(error))
        except LedgerUnavailable as error:
            self._tally.add(Metric.LEDGER_ERRORS)
            return self._answer("the ledger refuses", reason=str(error))
        hours = self._measure_age(version)
        if waits:
            return self._answer(waits, **hours)
        return self._answer("moved", **hours, **self._sweep(deadline))

    def _why_no_sweep(self, version: DataVersion, last: SweepRecord | None) -> str | None:
        """None: one begins, and the ledger has noted so."""
        now = self._clock()
        if last is not None:
            if not version.differs_from(last.data):
                return "unchanged"
            if now - last.started < self._shortest:
                return "moved, but the last sweep began too short a time ago"
            if self._queue.is_busy() or last.enqueuing:
                return "moved, but a sweep is under way"
        begins = self._ledger.begin_sweep(now, now - min(self._shortest, _ENQUEUING))
        return None if begins else "moved, but a sweep is being enqueued"

    def _measure_age(self, version: DataVersion) -> dict[str, float]:
        """{"ageHours"}, or nothing when Anchore does not say."""
        if version.received_at is None:
            return {}
        hours = max(0.0, (self._clock() - version.received_at) / timedelta(hours=1))
        self._tally.add(Metric.FEED_AGE_HOURS, hours)
        return {"ageHours": round(hours, 1)}

    def _answer(self, feeds: str, **more: Any) -> dict[str, Any]:
        self._logger.info("feeds checked", feeds=feeds, **more)
        return {"feeds": feeds, **more}
