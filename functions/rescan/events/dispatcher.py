"""Routes an event to what it asks for; how that is done is the mode's: in place, or queued."""

from collections.abc import Callable
from typing import Any, Protocol

from aws_lambda_powertools import Logger

from rescan.events import responses as answers
from rescan.events.commands import Batch, Gate, Ignored, Publish, Summarize, Sweep
from rescan.events.gate_result import GateResult
from rescan.events.parse import parse_event
from rescan.events.sqs_batch import answer_batch
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import EventRefused


class Mode(Protocol):
    """How work is done."""

    def gate_now(self, gate: Gate, deadline: Deadline) -> GateResult:
        """For one who waits for the answer."""
        ...

    def work(self, gate: Gate, deadline: Deadline) -> GateResult:
        """For a queue: what raises comes back."""
        ...

    def sweep(self, sweep: Sweep, deadline: Deadline) -> dict[str, Any]:
        """What a sweep is answered."""
        ...

    def publish(self, deadline: Deadline) -> dict[str, Any]:
        """Publish the notices that wait; how many there were."""
        ...

    def summarize(self) -> dict[str, Any]:
        """Have it said how things are; the numbers."""
        ...


class Dispatcher:
    """`dns_suffix` knows AWS's partitions."""

    def __init__(self, mode: Mode, dns_suffix: Callable[[str], str | None], logger: Logger) -> None:
        self._mode = mode
        self._dns_suffix = dns_suffix
        self._logger = logger

    def handle(self, event: object, deadline: Deadline) -> dict[str, Any]:
        """The function's answer to one event; RescanError when it must fail."""
        match parse_event(event, self._dns_suffix):
            case Batch(event=batch):
                return answer_batch(
                    batch, lambda body: self._asked_by_queue(body, deadline), self._logger
                )
            case Ignored(reason=reason):
                self._logger.info("event ignored", reason=reason)
                return {"results": [], "ignored": reason}
            case Sweep() as sweep:
                return self._mode.sweep(sweep, deadline)
            case Publish():
                return self._mode.publish(deadline)
            case Summarize():
                return self._mode.summarize()
            case Gate(answer_in_full=True) as gate:
                return answers.in_full(self._mode.gate_now(gate, deadline))
            case gate:
                return {"results": [answers.result(self._mode.gate_now(gate, deadline))]}

    def _asked_by_queue(self, event: object, deadline: Deadline) -> None:
        """One body of a batch: what raises here comes back."""
        match parse_event(event, self._dns_suffix):
            case Batch():
                raise EventRefused("it is a batch within a batch", "one event as JSON")
            case Ignored(reason=reason):
                self._logger.info("event ignored", reason=reason)
            case Sweep() as sweep:
                self._mode.sweep(sweep, deadline)
            case Publish():
                self._mode.publish(deadline)
            case Summarize():
                self._mode.summarize()
            case gate:
                self._mode.work(gate, deadline)
