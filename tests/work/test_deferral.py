"""Work that left the queue comes back when it is due, whatever fails in between."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from aws_lambda_powertools import Logger

from rescan.events.commands import Gate
from rescan.gate.model import Trigger, TriggerKind
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import LedgerUnavailable
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.metrics import Tally
from rescan.work.deferral import Deferral
from tests.support.fakes import NOON, FakeDeferred, FakeQueue

GATES = [
    Gate(ImageTag("reg.io", name, "1"), Trigger(TriggerKind.SCHEDULE, NOON), attempt=13)
    for name in "ab"
]


def deferral(deferred: FakeDeferred, queue: FakeQueue, now: datetime = NOON) -> Deferral:
    logger = Logger(service="deferral", logger_handler=logging.NullHandler())
    return Deferral(deferred, queue, Tally(), logger, lambda: now)


@pytest.fixture
def deferred() -> FakeDeferred:
    deferred = FakeDeferred()
    deferred.defer(GATES[0], NOON)
    deferred.defer(GATES[1], NOON + timedelta(minutes=5))
    return deferred


def test_what_is_due_is_on_the_queue_once(deferred: FakeDeferred) -> None:
    queue = FakeQueue()
    answers = [deferral(deferred, queue).release(Deadline.after(60)) for _ in range(2)]
    assert answers == [1, 0]
    later = NOON + timedelta(minutes=5)
    assert deferral(deferred, queue, later).release(Deadline.after(60)) == 1
    assert queue.take() == GATES


def test_a_queue_that_refuses_leaves_it_for_the_next_run(deferred: FakeDeferred) -> None:
    queue = FakeQueue(refuses=True)
    assert deferral(deferred, queue).release(Deadline.after(60)) == 0
    queue.refuses = False
    assert deferral(deferred, queue).release(Deadline.after(60)) == 1


def test_what_cannot_be_removed_is_only_done_twice(deferred: FakeDeferred) -> None:
    class Refusing(FakeDeferred):
        def remove(self, gates: Iterable[Gate]) -> None:
            raise LedgerUnavailable("refused")

    queue = FakeQueue()
    deferral(Refusing(work=deferred.work), queue).release(Deadline.after(60))
    deferral(deferred, queue).release(Deadline.after(60))
    assert queue.take() == [GATES[0], GATES[0]]


def test_without_time_it_stays(deferred: FakeDeferred) -> None:
    assert deferral(deferred, FakeQueue()).release(Deadline.after(0)) == 0
    assert len(deferred.work) == 2
