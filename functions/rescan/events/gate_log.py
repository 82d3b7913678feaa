"""One log line for each image: its outcome, and what became of its notice."""

from collections.abc import Callable

from aws_lambda_powertools import Logger

from rescan.events import responses
from rescan.events.commands import Gate
from rescan.events.gate_result import GateResult
from rescan.gate.model import Outcome
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import RescanError

GateImage = Callable[[Gate, Deadline], GateResult]

# What a person should look into; a verdict is no reason to warn.
_WORRYING = {Outcome.NOT_EVALUATED, Outcome.NOT_FOUND}


def logged(gate_image: GateImage, logger: Logger) -> GateImage:
    """The same function, which also logs how each call ends."""

    def gate_and_log(gate: Gate, deadline: Deadline) -> GateResult:
        try:
            gated = gate_image(gate, deadline)
        except RescanError as error:
            _log_error(logger, gate, error)
            raise
        _log(logger, gate, gated)
        return gated

    return gate_and_log


def _log(logger: Logger, gate: Gate, gated: GateResult) -> None:
    worrying = gated.outcome in _WORRYING and not gated.requeued
    log = logger.warning if worrying else logger.info
    facts = responses.result(gated)
    log(
        "image gone back" if gated.requeued else "image gated",
        **facts,
        trigger=gate.trigger.kind.value,
        attempt=gate.attempt,
    )


def _log_error(logger: Logger, gate: Gate, error: RescanError) -> None:
    logger.error(
        "image failed",
        tag=str(gate.tag),
        trigger=gate.trigger.kind.value,
        attempt=gate.attempt,
        error=type(error).__name__,
        fate=error.fate.value,
        reason=str(error),
    )
