"""The feed clock: feeds have moved since the last sweep, and it looks at them every five minutes.

Each story has two sweeps of the schedule, at its beginning and at its end. The others are the
clock's.
"""

from collections.abc import Iterator

from rescan.gate.model import Step
from tests.lab.faults.anchore_faults import LASTING, PASSING
from tests.lab.faults.aws_calls import LEDGER, AwsCall
from tests.lab.faults.aws_faults import answer_lost, killing, refused
from tests.lab.faults.case import Begin, Case, at_anchore, at_aws
from tests.lab.faults.lane import Lane
from tests.lab.faults.outcome import Stage
from tests.lab.faults.rules import Expected
from tests.lab.faults.story import Story

_LOOKS = 3
_SCHEDULED = 2
_WRITES = tuple(
    set(LEDGER)
    - {AwsCall.READ, AwsCall.SCAN, AwsCall.LAST_SWEEP, AwsCall.LIST, AwsCall.FETCH}
    - {AwsCall.READ_PAGES}
)
_DENIED = refused("AccessDeniedException")


def clock_cases() -> Iterator[Case]:
    """One sweep for feeds that have moved, by whichever look can read them."""
    look, record = "look at the feeds", AwsCall.RECORD_SWEEP
    yield _case("none", look, lambda lane: None, Stage.FAULT, sample=True)
    for row in ("403", "404, HTML", "500", "no answer in time"):
        act = {**PASSING, **LASTING}[row]
        yield _case(row, look, at_anchore(Step.LIST_FEEDS, act), Stage.LATER)
    unlisted = at_anchore(Step.LIST_POLICIES, LASTING["403"])
    yield _case("403", "look at the policies", unlisted, Stage.FAULT)
    yield _case("a sweep is under way", look, _under_way, Stage.LATER, sweeps=2)
    # What has begun and is not recorded is begun again, by a look a quarter of an hour later.
    killed = _killed(AwsCall.ENQUEUE, forwarded=False)
    yield _case("killed once", "before a sweep enqueues", killed, Stage.LATER)
    killed = _killed(record, forwarded=False)
    yield _case("killed once", "before its record", killed, Stage.FAULT, sweeps=2)
    killed = _killed(record, forwarded=True)
    yield _case("killed once", "after its record", killed, Stage.FAULT)
    yield _case("refused", record, at_aws(_DENIED, record), Stage.FAULT, sweeps=2)
    yield _case("refused", "write anything", at_aws(_DENIED, *_WRITES), Stage.LATER)
    begins = AwsCall.BEGIN_SWEEP
    yield _case("done, answer lost", begins, at_aws(answer_lost, begins, times=1), Stage.FAULT)


def _case(
    row: str, column: str, begin: Begin, latest: Stage, sweeps: int = 1, *, sample: bool = False
) -> Case:
    story = Story(begin, looks=_LOOKS)
    expected = Expected(latest, sweeps=_SCHEDULED + sweeps)
    return Case("Feed clock", row, column, story, expected, sample)


def _killed(call: AwsCall, *, forwarded: bool) -> Begin:
    return lambda lane: lane.aws.fault(
        killing(lane.container.kill, forwarded=forwarded), call, times=1
    )


def _under_way(lane: Lane) -> None:
    """The schedule's has begun with other feeds, and no place is free for its messages."""
    lane.pump.sweeps.is_full = True
    lane.sweep()
    lane.pump.run(0)
    lane.anchore.feeds += 1
