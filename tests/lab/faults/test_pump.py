"""The pump stands for SQS and Lambda: what it forgot would look like no loss."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.lab.faults.async_events import AsyncEvents
from tests.lab.faults.container import DIED
from tests.lab.faults.pump import Pump
from tests.support.lambda_poller import MOST_LINKS
from tests.support.runtime_api import Invocation

pytestmark = pytest.mark.slow  # SAM translates the template

FINE = Invocation(answer={"batchItemFailures": []})
VISIBILITY, MINUTE = 1801, 60


def failing(*bodies: str) -> Callable[[Any, str], Invocation]:
    """A function that reports these as failed."""

    def invoke(event: Any, trace: str) -> Invocation:
        failed = [r["messageId"] for r in event["Records"] if r["body"] in bodies]
        failures = [{"itemIdentifier": message_id} for message_id in failed]
        return Invocation(answer={"batchItemFailures": failures})

    return invoke


def pumping(invoke: Callable[[Any, str], Invocation], *bodies: str) -> Pump:
    pump = Pump(invoke)
    for body in bodies or ("good", "bad"):
        pump.sweeps.queue.send(body)
    return pump


def dead(pump: Pump) -> list[str]:
    return [message.body for message in pump.sweeps.dead.messages]


# --- the queue


def test_what_is_reported_failed_comes_back_five_times_and_is_a_dead_letter() -> None:
    pump = pumping(failing("bad"))
    pump.run()
    assert (pump.sweeps.poller.done, pump.delivered) == (1, ["good", *["bad"] * 5])
    assert (dead(pump), pump.now) == (["bad"], 5 * VISIBILITY)


def test_what_is_not_done_is_hidden_for_the_visibility_timeout() -> None:
    pump = pumping(failing("bad"))
    pump.run(VISIBILITY - 1)
    assert pump.delivered == ["good", "bad"]
    pump.run(1)
    assert pump.delivered == ["good", "bad", "bad"]


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
def test_a_batch_without_a_good_answer_comes_back_whole(ended: Invocation) -> None:
    pump = pumping(lambda event, trace: ended)
    pump.run()
    assert (pump.sweeps.poller.done, len(pump.delivered), dead(pump)) == (0, 10, ["good", "bad"])


def test_redriven_dead_letters_begin_anew() -> None:
    pump = pumping(failing("good", "bad"))
    pump.run()
    pump.sweeps.delivered.clear()
    assert pump.sweeps.queue.redrive() == 2
    pump.run()
    assert (len(pump.delivered), pump.sweeps.queue.sent, len(dead(pump))) == (10, 2, 2)


def test_a_message_with_a_delay_comes_when_it_is_over() -> None:
    pump = Pump(failing())
    pump.sweeps.queue.send("late", delay=900)
    pump.run(899)
    assert pump.delivered == []
    pump.run(1)
    assert pump.delivered == ["late"]


def test_a_duplicate_is_delivered_again_but_done_once() -> None:
    pump = pumping(failing())
    pump.twice = True
    pump.run()
    assert (pump.sweeps.poller.done, pump.delivered) == (2, ["good", "bad", "good", "bad"])


def test_the_queue_may_hand_over_in_any_order() -> None:
    pump = pumping(failing(), *"abcdefg")
    pump.sweeps.queue.order = lambda messages: list(messages)[::-1]
    pump.run()
    assert pump.delivered == list("gfedcba")


def test_a_batch_holds_no_more_than_the_template_says() -> None:
    sizes: list[int] = []

    def invoke(event: Any, trace: str) -> Invocation:
        sizes.append(len(event["Records"]))
        return FINE

    pumping(invoke, *"abcdefg").run()
    assert sizes == [5, 2]


def test_a_throttled_batch_is_received_and_comes_back() -> None:
    pump = pumping(failing())
    pump.throttled_until = 4 * VISIBILITY
    pump.run()
    assert (pump.delivered, pump.now) == (["good", "bad"], 4 * VISIBILITY)
    pump = pumping(failing())
    pump.throttled_until = float("inf")
    pump.run()
    assert (pump.delivered, dead(pump)) == ([], ["good", "bad"])


# --- two lanes


def test_what_is_pushed_is_handed_over_while_the_lane_of_sweeps_is_full() -> None:
    pump = pumping(failing(), "swept")
    pump.pushes.queue.send("pushed")
    pump.sweeps.is_full = True
    pump.run()
    assert pump.delivered == ["pushed"]
    pump.sweeps.is_full = False
    pump.run()
    assert (pump.delivered, pump.is_idle) == (["swept", "pushed"], True)


# --- loops


def endless(loops_allowed: bool) -> Pump:
    """Of a function that sends each message back under the trace id that it was given."""

    def invoke(event: Any, trace: str) -> Invocation:
        for record in event["Records"]:
            pump.sweeps.queue.send(record["body"], delay=15, trace=trace)
        return FINE

    pump = pumping(invoke, "forever")
    pump.sweeps.poller.allows_loops = loops_allowed
    return pump


def test_the_seventeenth_link_is_refused_and_becomes_a_dead_letter() -> None:
    pump = endless(loops_allowed=False)
    pump.run()
    assert (len(pump.delivered), pump.sweeps.poller.longest_chain) == (16, MOST_LINKS)
    assert dead(pump) == ["forever"]


def test_a_loop_that_is_allowed_has_no_end() -> None:
    pump = endless(loops_allowed=True)
    with pytest.raises(AssertionError, match="still something to do"):
        pump.run()
    assert pump.sweeps.poller.longest_chain > 1000


# --- asynchronous events


def repeated(ended: list[Invocation], patience: float) -> tuple[list[float], AsyncEvents]:
    """When an event is tried that ends so, the last of them again and again."""
    now, tries = [0.0], []

    def invoke(event: Any) -> Invocation:
        tries.append(now[0])
        return ended[min(len(tries), len(ended)) - 1]

    events = AsyncEvents(lambda: now[0], invoke, most_retries=2, oldest=patience)
    events.put("sweep")
    while (at := events.next_at) is not None:
        now[0] = at
        events.run()
    return tries, events


def test_an_event_that_fails_is_tried_after_one_minute_and_after_two() -> None:
    tries, events = repeated([DIED], patience=6 * 3600)
    assert tries == [0, MINUTE, 3 * MINUTE]
    assert (events.destination, events.handled) == (["sweep"], 0)
    tries, events = repeated([DIED, FINE], patience=6 * 3600)
    assert (tries, events.destination, events.handled) == ([0, MINUTE], [], 1)


def test_a_throttled_event_is_tried_until_it_is_too_old() -> None:
    pump = Pump(lambda event, trace: FINE)
    pump.throttled_until = 5 * 3600
    pump.events.put("sweep")
    pump.run()
    assert (pump.events.handled, pump.now // 3600) == (1, 5)
    pump.throttled_until = float("inf")
    pump.events.put("sweep")
    pump.run()
    assert (pump.events.destination, pump.events.handled) == (["sweep"], 1)
