"""Puts deferred work back on the queue once its time has come: each the first link of a new chain.

It is sent first and deleted then: a crash in between repeats work and loses none.
"""

from aws_lambda_powertools import Logger

from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import LedgerUnavailable, QueueUnavailable
from rescan.kernel.metrics import Metric, Tally
from rescan.work.ports import DeferredWork, WorkQueue

# In one run; the others follow a minute later.
_MOST = 1000


class Deferral:
    """One run with each run of the publisher."""

    def __init__(
        self,
        deferred: DeferredWork,
        queue: WorkQueue,
        tally: Tally,
        logger: Logger,
        clock: Clock = utc_now,
    ) -> None:
        self._deferred = deferred
        self._queue = queue
        self._tally = tally
        self._logger = logger
        self._clock = clock

    def release(self, deadline: Deadline) -> int:
        """So many are on the queue again; what fails stays for the next run."""
        released = 0
        try:
            for gates in self._deferred.ready(self._clock(), _MOST):
                if deadline.passed:
                    break
                released += self._queue.send_all(gates)
                self._deferred.remove(gates)
        except (LedgerUnavailable, QueueUnavailable) as error:
            self._tally.add(Metric.LEDGER_ERRORS, isinstance(error, LedgerUnavailable))
            self._logger.error("deferred work cannot be released", reason=str(error))
        if released:
            self._logger.info("deferred work released", released=released)
        return released
