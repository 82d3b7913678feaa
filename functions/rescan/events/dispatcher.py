"""Hands each event to whoever handles what it asks for, and answers it."""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeAlias

from aws_lambda_powertools import Logger
from msgspec import Struct

from rescan.events import responses
from rescan.events.commands import (
    Batch,
    Check,
    Examine,
    Gate,
    Ignored,
    Publish,
    Summarize,
    Sweep,
    SweepPage,
)
from rescan.events.gate_log import GateImage
from rescan.events.parse import parse_event
from rescan.events.sqs_batch import answer_batch
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import EventRefused
from rescan.kernel.side_by_side import SideBySide

Answer: TypeAlias = dict[str, Any]


class Handlers(Struct, frozen=True):
    """Who handles what; each may raise any RescanError.

    `gate_now` is for a caller who waits for the result, `work` for a queue, which keeps a message
    on which it raises. The others return the whole answer.
    """

    gate_now: GateImage
    work: GateImage
    sweep: Callable[[Sweep, Deadline], Answer]
    publish: Callable[[Deadline], Answer]
    summarize: Callable[[Summarize], Answer]
    check: Callable[[Deadline], Answer]
    page: Callable[[SweepPage, Deadline], Answer]


class Dispatcher:
    """`begin` returns the handlers for one invocation, and `examine` the answer of the checks.

    `dns_suffix` knows AWS's partitions. The images of batches are gated `side_by_side`; `threads`
    is an argument for the tests' sake.
    """

    def __init__(
        self,
        begin: Callable[[], Handlers],
        examine: Callable[[Deadline], Answer],
        dns_suffix: Callable[[str], str | None],
        logger: Logger,
        side_by_side: SideBySide | None = None,
        threads: Callable[[int], Executor] = ThreadPoolExecutor,
    ) -> None:
        self._begin = begin
        self._examine = examine
        self._dns_suffix = dns_suffix
        self._logger = logger
        self._side_by_side = side_by_side or SideBySide()
        self._threads = threads

    def handle(self, event: object, deadline: Deadline) -> Answer:
        """The function's answer to one event; RescanError when it must fail."""
        handlers = self._begin()
        match parse_event(event, self._dns_suffix):
            case Batch(event=batch):
                return answer_batch(
                    batch,
                    lambda body: self._handle_record(body, handlers, deadline),
                    self._logger,
                    self._threads,
                )
            case Gate(answer_in_full=True) as gate:
                return responses.in_full(handlers.gate_now(gate, deadline))
            case Gate() as gate:
                return {"results": [responses.result(handlers.gate_now(gate, deadline))]}
            case command:
                return self._answer(command, handlers, deadline)

    def _handle_record(self, event: object, handlers: Handlers, deadline: Deadline) -> None:
        """One body of a batch: it comes back when this raises."""
        match parse_event(event, self._dns_suffix):
            case Batch():
                raise EventRefused("it is a batch within a batch", "one event as JSON")
            case Gate() as gate:
                with self._side_by_side.turn(deadline):
                    handlers.work(gate, deadline)
            case command:
                self._answer(command, handlers, deadline)

    def _answer(
        self,
        command: Sweep | SweepPage | Publish | Summarize | Check | Examine | Ignored,
        handlers: Handlers,
        deadline: Deadline,
    ) -> Answer:
        match command:
            case Sweep():
                return handlers.sweep(command, deadline)
            case SweepPage():
                return handlers.page(command, deadline)
            case Publish():
                return handlers.publish(deadline)
            case Summarize():
                return handlers.summarize(command)
            case Check():
                return handlers.check(deadline)
            case Examine():
                return self._examine(deadline)
            case Ignored(reason=reason):
                self._logger.info("event ignored", reason=reason)
                return {"results": [], "ignored": reason}
