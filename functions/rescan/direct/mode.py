"""The mode without queue and ledger: everything within the invocation, nothing remembered."""

from typing import Any

from aws_lambda_powertools import Logger

from rescan.direct.gatekeeper import Gatekeeper
from rescan.direct.sweep import run_sweep
from rescan.events.commands import Gate, Sweep
from rescan.events.gate_log import logged
from rescan.events.gate_result import GateResult
from rescan.events.watched_tags import ActiveTags
from rescan.kernel.deadline import Deadline
from rescan.settings import Settings


class InPlace:
    """Implements `dispatcher.Mode`."""

    def __init__(
        self,
        settings: Settings,
        gatekeeper: Gatekeeper,
        active_tags: ActiveTags,
        logger: Logger,
    ) -> None:
        self._settings = settings
        self._gate_now = logged(gatekeeper.gate_now, logger)
        self._work = logged(gatekeeper.work, logger)
        self._active_tags = active_tags
        self._logger = logger

    def gate_now(self, gate: Gate, deadline: Deadline) -> GateResult:
        return self._gate_now(gate, deadline)

    def work(self, gate: Gate, deadline: Deadline) -> GateResult:
        return self._work(gate, deadline)

    def sweep(self, sweep: Sweep, deadline: Deadline) -> dict[str, Any]:
        results = run_sweep(
            sweep.watched(self._settings),
            sweep.trigger,
            self._gate_now,
            self._active_tags,
            deadline,
            self._logger,
        )
        return {"results": results}

    def publish(self, deadline: Deadline) -> dict[str, Any]:
        return {"results": [], "ignored": "without a ledger no notice waits to be published"}

    def summarize(self) -> dict[str, Any]:
        return {"results": [], "ignored": "without a ledger there is nothing to sum up"}
