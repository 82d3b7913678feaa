"""The pump stands for Lambda's event source mapping: what it forgot would look like no loss."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.lab.faults.container import DIED
from tests.lab.faults.moto_server import Aws, moto_server
from tests.lab.faults.pump import Pump
from tests.lab.faults.queues import Queues
from tests.support.aws_server import SESSION
from tests.support.runtime_api import Invocation

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with moto_server() as running:
        yield running


@pytest.fixture
def queues(aws: Aws, request: pytest.FixtureRequest) -> Queues:
    queues = Queues(SESSION, aws.url, str(abs(hash(request.node.name))))
    queues.send(["good", "bad"])
    return queues


def failing(*bodies: str) -> Callable[[Any], Invocation]:
    """A function that reports these as failed."""

    def invoke(event: Any) -> Invocation:
        failed = [r["messageId"] for r in event["Records"] if r["body"] in bodies]
        failures = [{"itemIdentifier": message_id} for message_id in failed]
        return Invocation(answer={"batchItemFailures": failures})

    return invoke


def test_what_is_reported_failed_comes_back_five_times_and_is_a_dead_letter(queues):
    pump = Pump(queues, failing("bad"))
    pump.run()
    assert (pump.done, pump.delivered) == (1, ["good", *["bad"] * 5])
    assert queues.take(queues.dead) == ["bad"]


@pytest.mark.parametrize(
    "ended",
    [
        pytest.param(DIED, id="crash"),
        pytest.param(
            Invocation(answer={"batchItemFailures": [{"itemIdentifier": "unknown"}]}),
            id="unknown-id",
        ),
    ],
)
def test_a_batch_without_a_good_answer_comes_back_whole(queues, ended):
    pump = Pump(queues, lambda event: ended)
    pump.run()
    assert (pump.done, queues.held(queues.dead)) == (0, 2)


def test_redriven_dead_letters_begin_anew(queues):
    Pump(queues, lambda event: DIED).run()
    assert queues.move_to_work(queues.dead) == 2
    pump = Pump(queues, failing())
    pump.run()
    assert (pump.done, queues.sent, queues.held(queues.work)) == (2, 2, 0)


def test_a_duplicate_is_delivered_again_but_done_once(queues):
    pump = Pump(queues, failing())
    pump.twice = True
    pump.run()
    assert (pump.done, pump.delivered) == (2, ["good", "bad", "good", "bad"])


def test_backwards_hands_over_the_newest_first(queues):
    pump = Pump(queues, failing())
    pump.backwards = True
    pump.run()
    assert pump.delivered == ["bad", "good"]
