"""What Lambda itself does to work: no free container, and chains that become too long."""

from collections.abc import Iterator

from rescan.gate.model import Step
from tests.lab.faults.anchore_faults import NOT_ANALYZED
from tests.lab.faults.aws_calls import AwsCall
from tests.lab.faults.aws_faults import answer_lost, forgotten_attempts, killing, refused
from tests.lab.faults.case import Begin, Case, at_anchore, at_aws, both
from tests.lab.faults.lane import Lane
from tests.lab.faults.outcome import Stage
from tests.lab.faults.rules import Expected
from tests.lab.faults.story import FIVE_RECEIVES, LONGEST_DELAY, Story
from tests.support.lambda_poller import MOST_LINKS

# Until every message has been sent back as often as a chain allows, and was then deferred.


_COPIES = 13 * LONGEST_DELAY
_HOUR = 3600.0
_AS_USUAL = Expected()
_VISIBILITY = 1801.0
_PENDING = at_anchore(Step.REGATE, NOT_ANALYZED)


def lambda_cases() -> Iterator[Case]:
    """Throttled for so long, while a burst of pushes and a sweep come."""
    # The fifth receive is invoked again; a sixth there is not.
    lasting = {"two hours": 4 * _VISIBILITY, "three hours": FIVE_RECEIVES, "seven hours": 7 * _HOUR}
    for row, seconds in lasting.items():
        is_dead = seconds >= FIVE_RECEIVES
        # Lambda keeps an event for six hours.
        expected = Expected(
            Stage.REDRIVEN if is_dead else Stage.LATER,
            dead_letters=is_dead,
            failed_events=int(seconds > 6 * _HOUR),
        )
        story = Story(_throttled, lasts=seconds - 1, pushes=10)
        yield Case("Throttled", row, "a burst of pushes, and a sweep", story, expected)


def _throttled(lane: Lane) -> None:
    lane.pump.throttled_until = float("inf")


def deferred_cases() -> Iterator[Case]:
    """Anchore has not finished when a chain is as long as it may be: its work is deferred."""
    for column, allowed in {"loops are allowed": True, "loops are detected": False}.items():
        yield _deferred("none", column, _loops(allowed=allowed))
    # Six messages are one link too many at last, are received five times, and are dead.
    forgotten = both(at_aws(forgotten_attempts, AwsCall.COPY), _loops(allowed=False))
    expected = Expected(Stage.SWEEP, poison=6, chain=MOST_LINKS)
    yield _deferred(
        "copies forget their number", "loops are detected", forgotten, expected=expected
    )
    for call in (AwsCall.DEFER, AwsCall.PUT_BACK, AwsCall.REMOVE_DEFERRED):
        # Three: all that one call is sent.
        yield _deferred("done, answer lost", call, at_aws(answer_lost, call, times=3))
        yield _deferred("killed before it", call, _killing(call, forwarded=False))
        yield _deferred("killed behind it", call, _killing(call, forwarded=True))
    for call in (
        AwsCall.DEFER,
        AwsCall.LIST_DEFERRED,
        AwsCall.PUT_BACK,
        AwsCall.REMOVE_DEFERRED,
    ):
        # The chain of a push ends after minutes: its message is received five times meanwhile.
        expected = Expected(dead_letters=call is AwsCall.DEFER)
        begin = at_aws(refused("AccessDeniedException"), call)
        yield _deferred("refused", call, begin, expected=expected)


def _deferred(
    row: str,
    column: str,
    begin: Begin,
    *,
    expected: Expected = _AS_USUAL,
) -> Case:
    # AWS does not say which chain a batch of several belongs to, so each message is one.
    fault = both(_PENDING, one_at_a_time, begin)
    story = Story(fault, lasts=_COPIES, come_due=True)
    return Case("Deferred", row, column, story, expected)


def one_at_a_time(lane: Lane) -> None:
    """Each message is a batch."""
    for each in lane.pump.lanes:
        each.poller.batch_size = 1


def _loops(*, allowed: bool) -> Begin:
    def begin(lane: Lane) -> None:
        for each in lane.pump.lanes:
            each.poller.allows_loops = allowed

    return begin


def _killing(call: AwsCall, *, forwarded: bool) -> Begin:
    return lambda lane: lane.aws.fault(
        killing(lane.container.kill, forwarded=forwarded), call, times=1
    )
