"""One invocation on a queue, a ledger and an outbox of its own, which end with it.

So nothing is left for later: what is new is published before the invocation answers, and what is
unfinished is the caller's to repeat.

    an image is pending           its result says so; a queue's message stays in the queue
    SNS does not take a notice    PublishFailed, for whoever asked about its image
    a sweep                       is worked through at once, and answered image by image
"""

from collections.abc import Collection
from datetime import timedelta
from threading import Lock

from msgspec.structs import replace

from rescan.events.commands import Gate, Sweep
from rescan.events.dispatcher import Answer, Handlers
from rescan.events.gate_result import GateResult
from rescan.gate.model import Notification, Outcome
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import ImagePending, PublishFailed
from rescan.kernel.image_tag import ImageTag
from rescan.memory.consumer import consume
from rescan.memory.deferred import MemoryDeferred
from rescan.memory.ledger import MemoryLedger
from rescan.memory.outbox import MemoryOutbox
from rescan.memory.queue import MemoryQueue
from rescan.work.parts import Container, Parts

_MOST_NAMED = 20


class Invocation:
    """Many threads may handle its events, the records of a batch, at once."""

    def __init__(self, container: Container) -> None:
        self._settings = container.settings
        self._logger = container.logger
        self._queue, self._ledger = MemoryQueue(), MemoryLedger()
        outbox = MemoryOutbox(self._ledger)
        # What waited for another window would never be published.
        self._parts = Parts(
            container, self._queue, self._ledger, outbox, MemoryDeferred(), window=timedelta()
        )
        self._enqueuing, self._publishing = Lock(), Lock()

    @property
    def handlers(self) -> Handlers:
        """What handles the invocation's events."""
        return Handlers(
            gate_now=self.gate_now,
            work=self.work,
            sweep=self.sweep,
            publish=lambda deadline: _ignored("no notice waits to be published"),
            summarize=lambda asked: _ignored("there is nothing to sum up"),
            check=lambda deadline: _ignored("no sweep is known that feeds could be compared with"),
            page=lambda page, deadline: _ignored("no sweep has pages"),
        )

    def gate_now(self, gate: Gate, deadline: Deadline) -> GateResult:
        """The result, once its news is published; every error is the caller's."""
        gated = self._gate(gate, deadline)
        self._publish([gate.tag], deadline)
        return gated

    def work(self, gate: Gate, deadline: Deadline) -> GateResult:
        """The same for a queue, which is to try again while Anchore is not done: ImagePending."""
        gated = self.gate_now(gate, deadline)
        if gated.report is not None and gated.outcome is Outcome.PENDING:
            raise ImagePending(f"{gate.tag}: {gated.report.reason}; the queue tries again.")
        return gated

    def sweep(self, sweep: Sweep, deadline: Deadline) -> Answer:
        """{"results": one for each watched tag}; AnchoreError of listing them, SweepIncomplete."""
        gates = self._enqueued(sweep, deadline)
        consumed = consume(gates, self._gate, deadline, self._logger)
        try:
            self._publish([gate.tag for gate in gates], deadline)
        except PublishFailed as error:
            consumed.failures.insert(0, str(error))
        consumed.check()
        return {"results": consumed.results}

    def _gate(self, gate: Gate, deadline: Deadline) -> GateResult:
        """The result as it is answered, which is only once its news is published."""
        gated = self._parts.gate_now(gate, deadline)
        is_new = gated.notification is Notification.QUEUED
        return replace(gated, notification=Notification.PUBLISHED) if is_new else gated

    def _enqueued(self, sweep: Sweep, deadline: Deadline) -> list[Gate]:
        watch_list = sweep.watched(self._settings)
        with self._enqueuing:
            # A new ledger knows of no sweep that could be measured.
            self._parts.full_sweep.run(sweep.trigger, watch_list, deadline, measured=False)
            return self._queue.take()

    def _publish(self, tags: Collection[ImageTag], deadline: Deadline) -> None:
        """Publish all that waits; PublishFailed when notices of these images are left or aside."""
        with self._publishing:
            self._run_publisher(deadline.with_grace())
            unpublished = [*self._ledger.notices.values(), *self._ledger.aside.values()]
        left = [item for item in unpublished if item.envelope.tag in tags]
        if left:
            subjects = "; ".join(item.notice.subject for item in left[:_MOST_NAMED])
            reason = self._parts.topics.last_refusal or "No time was left."
            raise PublishFailed(f"Notices not published: {len(left)}: {subjects}. {reason}")

    def _run_publisher(self, deadline: Deadline) -> None:
        """Each run ends within a minute, so there may be several; one that fails is the last."""
        while self._ledger.notices and not deadline.passed:
            run = self._parts.publisher.run(deadline)
            if run["failed"] or not run["published"]:
                return


def _ignored(reason: str) -> Answer:
    return {"results": [], "ignored": f"without a ledger {reason}"}
