"""The mode with queue and ledger: sweeps only enqueue, results are remembered, one publisher."""

from typing import Any

from aws_lambda_powertools import Logger

from rescan.events.commands import Gate, Sweep
from rescan.events.gate_log import logged
from rescan.events.gate_result import GateResult
from rescan.kernel.deadline import Deadline
from rescan.settings import Settings
from rescan.work.daily_summary import DailySummary
from rescan.work.publisher import Publisher
from rescan.work.sweep import FullSweep
from rescan.work.worker import Worker


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

    def gate_now(self, gate: Gate, deadline: Deadline) -> GateResult:
        return self._gate_now(gate, deadline)

    def work(self, gate: Gate, deadline: Deadline) -> GateResult:
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
