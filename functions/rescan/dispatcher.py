"""Routes an event to what it asks for, and writes one log line per image."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from rescan import answers
from rescan.batch import answer_batch
from rescan.deadline import Deadline
from rescan.errors import EventRefused, ImagePending, OutOfTime, RescanError
from rescan.events import Batch, Gate, Ignored, Sweep, parse_event
from rescan.gatekeeper import Gated, Gatekeeper
from rescan.model import Outcome, RescanRequest
from rescan.settings import Settings
from rescan.sweep import ActiveTags, run_sweep

__all__ = ["Dispatcher"]

# A verdict is news enough for INFO; what a person should look into is a warning.
_WORRYING = {Outcome.NOT_EVALUATED, Outcome.NOT_FOUND}


class Dispatcher:
    """`active_tags` lists what Anchore has; `dns_suffix` knows AWS's partitions."""

    def __init__(
        self,
        settings: Settings,
        gatekeeper: Gatekeeper,
        active_tags: ActiveTags,
        dns_suffix: Callable[[str], str | None],
        logger: Logger,
    ) -> None:
        self._settings = settings
        self._gatekeeper = gatekeeper
        self._active_tags = active_tags
        self._dns_suffix = dns_suffix
        self._logger = logger

    def handle(self, event: object, deadline: Deadline) -> dict[str, Any]:
        """The function's answer to one event; RescanError when it must fail."""
        match parse_event(event, self._dns_suffix):
            case Batch(event=batch):
                return answer_batch(batch, self._asked_by_queue, deadline, self._logger)
            case Ignored(reason=reason):
                self._logger.info("event ignored", reason=reason)
                return {"results": [], "ignored": reason}
            case Sweep() as sweep:
                return {"results": self._sweep(sweep, deadline)}
            case Gate(answer_in_full=True) as gate:
                return answers.in_full(self._gate(gate, deadline))
            case gate:
                return {"results": [answers.result(self._gate(gate, deadline))]}

    def _asked_by_queue(self, event: object, deadline: Deadline) -> None:
        """One body of a batch: what raises here comes back."""
        match parse_event(event, self._dns_suffix):
            case Batch():
                raise EventRefused("it is a batch within a batch", "one event as JSON")
            case Ignored(reason=reason):
                self._logger.info("event ignored", reason=reason)
            case Sweep() as sweep:
                self._sweep(sweep, deadline)
            case gate:
                gated = self._gate(gate, deadline)
                if gated.report.outcome is Outcome.PENDING:
                    raise ImagePending(f"{gate.tag}: {gated.report.reason}; the queue tries again.")

    def _sweep(self, sweep: Sweep, deadline: Deadline) -> list[dict[str, Any]]:
        watch_list = sweep.watch_list or self._settings.watch_list
        if watch_list.needs_listing and self._settings.anchore_dialect == "arazzo":
            raise EventRefused(
                "patterns need a list of the active tags, which the arazzo dialect lacks",
                "tags without *",
            )
        return run_sweep(
            watch_list, sweep.trigger, self._gate, self._active_tags, deadline, self._logger
        )

    def _gate(self, gate: Gate, deadline: Deadline) -> Gated:
        request = RescanRequest(
            tag=gate.tag,
            trigger=gate.trigger,
            vtype=gate.vtype or self._settings.vulnerability_type,
            policy_id=gate.policy_id or self._settings.policy_id,
            digest=gate.digest,
        )
        try:
            if deadline.passed:
                raise OutOfTime(f"No time was left to gate {gate.tag}: Anchore was not asked.")
            gated = self._gatekeeper.gate(request, deadline)
        except RescanError as error:
            self._log_failure(gate, error)
            raise
        self._log(gated)
        return gated

    def _log(self, gated: Gated) -> None:
        report = gated.report
        log = self._logger.warning if report.outcome in _WORRYING else self._logger.info
        log(
            "image gated",
            **answers.result(gated),
            trigger=report.trigger.kind.value,
            message_id=gated.message_id,
        )

    def _log_failure(self, gate: Gate, error: RescanError) -> None:
        self._logger.error(
            "image failed",
            tag=str(gate.tag),
            trigger=gate.trigger.kind.value,
            error=type(error).__name__,
            fate=error.fate.value,
            reason=str(error),
        )
