"""The mode with queue and ledger: sweeps only enqueue, results are remembered, one publisher."""

from typing import Any

from aws_lambda_powertools import Logger

from rescan.daily_summary import DailySummary
from rescan.deadline import Deadline
from rescan.events import Gate, Sweep
from rescan.full_sweep import FullSweep
from rescan.gated import Gated
from rescan.image_log import logged
from rescan.publishing import Publisher
from rescan.settings import Settings
from rescan.worker import Worker

__all__ = ["Queued"]


class Queued:
    """Implements `dispatcher.Mode`."""

    def __init__(
        self,
        settings: Settings,
        worker: Worker,
        full_sweep: FullSweep,
        publisher: Publisher,
        daily_summary: DailySummary,
        logger: Logger,
    ) -> None:
        self._settings = settings
        self._gate_now = logged(worker.gate_now, logger)
        self._work = logged(worker.work, logger)
        self._full_sweep = full_sweep
        self._publisher = publisher
        self._daily_summary = daily_summary

    def gate_now(self, gate: Gate, deadline: Deadline) -> Gated:
        return self._gate_now(gate, deadline)

    def work(self, gate: Gate, deadline: Deadline) -> Gated:
        return self._work(gate, deadline)

    def sweep(self, sweep: Sweep, deadline: Deadline) -> dict[str, Any]:
        watch_list = sweep.watched(self._settings)
        return self._full_sweep.run(
            sweep.trigger, watch_list, deadline, measured=sweep.watch_list is None
        )

    def publish(self, deadline: Deadline) -> dict[str, Any]:
        return self._publisher.run(deadline)

    def summarize(self) -> dict[str, Any]:
        return self._daily_summary.run()
