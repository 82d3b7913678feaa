"""The matrix: what goes wrong, where, and what may come of it beyond the rules for every case."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import cache
from random import Random

from rescan.gate.model import Step
from tests.lab.faults.anchore_cases import (
    anchore_cases,
    given_up_cases,
    old_digest_cases,
    platform_cases,
)
from tests.lab.faults.anchore_faults import NOT_ANALYZED
from tests.lab.faults.aws_calls import AwsCall
from tests.lab.faults.aws_cases import ledger_cases, queue_cases, topic_cases
from tests.lab.faults.aws_faults import killing, refused, skewed
from tests.lab.faults.case import Begin, Case, at_anchore, at_aws, both
from tests.lab.faults.clock_cases import clock_cases
from tests.lab.faults.lambda_cases import deferred_cases, lambda_cases, one_at_a_time
from tests.lab.faults.lane import Lane
from tests.lab.faults.lane_cases import lane_cases
from tests.lab.faults.outcome import Role, Stage
from tests.lab.faults.page_cases import page_cases
from tests.lab.faults.rules import Expected
from tests.lab.faults.story import THREE_TRIES, Story
from tests.support.sqs_queue import Message


@cache
def cases() -> tuple[Case, ...]:
    """Every one; no two have the same name."""
    return (
        *anchore_cases(),
        *platform_cases(),
        *old_digest_cases(),
        *given_up_cases(),
        *ledger_cases(),
        *topic_cases(),
        *queue_cases(),
        *_crashes(),
        *_messages(),
        *lambda_cases(),
        *deferred_cases(),
        *lane_cases(),
        *clock_cases(),
        *page_cases(),
    )


# --- crashes

# What a dead process held is hidden until then.
_UNTIL_IT_COMES_BACK = 1801.0


def _crashes() -> Iterator[Case]:
    boundaries = {
        "before the ledger": (AwsCall.WRITE, False),
        "after the ledger": (AwsCall.WRITE, True),
        "before publish": (AwsCall.PUBLISH, False),
        "after publish": (AwsCall.PUBLISH, True),
        "before the claim": (AwsCall.CLAIM, False),
        "after the claim": (AwsCall.CLAIM, True),
        "before clear": (AwsCall.CLEAR, False),
        "after clear": (AwsCall.CLEAR, True),
        "before a sweep enqueues": (AwsCall.ENQUEUE, False),
        "after a sweep enqueued": (AwsCall.ENQUEUE, True),
    }
    for column, (kind, forwarded) in boundaries.items():
        story = Story(_killing(kind, forwarded, times=1), lasts=_UNTIL_IT_COMES_BACK)
        sample = forwarded and kind is AwsCall.PUBLISH
        yield Case("Crash", "killed once", column, story, Expected(Stage.FAULT), sample)
    for row, times in {"killed twice": 2, "killed each time": None}.items():
        story = Story(_killing(AwsCall.PUBLISH, forwarded=True, times=times))
        yield Case("Crash", row, "after publish", story, Expected(Stage.FAULT))
    for column, forwarded in {"before a copy": False, "after a copy": True}.items():
        kill = _killing(AwsCall.COPY, forwarded, times=1)
        story = Story(both(at_anchore(Step.REGATE, NOT_ANALYZED), kill))
        yield Case("Crash", "killed once", column, story)


def _killing(kind: AwsCall, forwarded: bool, times: int | None) -> Begin:
    # Of the calls that name an image, those about the one that becomes a STOP.
    about = f"/{Role.FLIPS}" if kind in (AwsCall.WRITE, AwsCall.PUBLISH) else ""

    def begin(lane: Lane) -> None:
        fault = killing(lane.container.kill, forwarded=forwarded)
        lane.aws.fault(fault, kind, about=(about,), times=times)

    return begin


# --- messages, and the secret

_CHANCE = Random(1)  # noqa: S311 - chance, no secret

_POISON = (
    "{",
    "[]",
    '"a text"',
    '{"unknown": 1}',
    '{"rescan": {"tag": 1}}',
    '{"tag": "@"}',
    '{"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": "{}"}]}',
    "[" * 20_000,
)


def _messages() -> Iterator[Case]:
    at_once = Expected(Stage.FAULT)
    stories = {
        "delivered twice": Story(_pumped("twice"), repeats=True),
        "twice in one batch": Story(_pumped("doubled"), repeats=True),
        "newest first": Story(_ordered(lambda messages: list(messages)[::-1])),
        "in any order": Story(_ordered(lambda them: sorted(them, key=lambda _: _CHANCE.random()))),
        "one at a time": Story(one_at_a_time),
        "clock an hour ahead": Story(_skew(timedelta(hours=1))),
        "clock an hour behind": Story(_skew(timedelta(hours=-1))),
    }
    for row, story in stories.items():
        sample = row == "twice in one batch"
        yield Case("Messages", row, "every message", story, at_once, sample)
    story = Story(_poisoned)
    expected = Expected(Stage.FAULT, poison=len(_POISON))
    yield Case("Messages", "poison", "beside the others", story, expected, sample=True)
    refusing = at_aws(refused("AccessDeniedException"), AwsCall.SECRET)
    story = Story(both(lambda lane: lane.container.stop(), refusing), lasts=THREE_TRIES)
    yield Case("Secret", "refused", "cold start", story, Expected(Stage.SWEEP, failed_events=1))


def _poisoned(lane: Lane) -> None:
    for number, body in enumerate(_POISON):
        lane.pump.lanes[number % 2].queue.send(body)


def _ordered(order: Callable[[Iterable[Message]], Iterable[Message]]) -> Begin:
    def begin(lane: Lane) -> None:
        for each in lane.pump.lanes:
            each.queue.order = order

    return begin


def _pumped(how: str) -> Begin:
    return lambda lane: setattr(lane.pump, how, True)


def _skew(by: timedelta) -> Begin:
    def begin(lane: Lane) -> None:
        lane.push_skew = by
        lane.aws.fault(skewed(by), AwsCall.ENQUEUE)

    return begin
