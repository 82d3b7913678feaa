"""Each call of the one publisher with each of its faults, in the middle of a storm."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from tests.lab.faults.aws_calls import AwsCall
from tests.lab.faults.aws_faults import answer_lost, killing, refused, silent
from tests.lab.faults.aws_proxy import Fault
from tests.lab.faults.case import Begin, at_aws, both
from tests.lab.faults.lane import Lane
from tests.lab.faults.storm import Phase, Storm, StormOutcome, StormTelling
from tests.lab.faults.storm_rules import broken_storm_rules

_CLAIMS = (AwsCall.CLAIM, AwsCall.LIST)
_EACH_MESSAGE = (AwsCall.MARK_IN_FLIGHT, AwsCall.PUBLISH, AwsCall.CLEAR)
_CALLS = (*_EACH_MESSAGE, AwsCall.RELEASE)


@dataclass(frozen=True, eq=False)
class StormCase:
    """A cell of the table: its row is the fault, its column the call that meets it.

    `latest`: when the last of the first STOPs is published at the latest. `sample`: whether the
    storm is among those that are run with all other tests.
    """

    row: str
    column: str
    storm: Storm
    latest: Phase = Phase.FAULT
    sample: bool = False
    table: str = "Storm"

    def __str__(self) -> str:
        return f"{self.table}: {self.row}, {self.column}"

    def is_disturbed(self, lane: Lane) -> bool:
        """Whether the function gave up an answer of AWS that no fault held back."""
        return bool(lane.aws.journal.too_late)

    @property
    def waits(self) -> bool:
        """Each does."""
        return True

    def tell(self, lane: Lane) -> StormOutcome:
        """What the storm comes to."""
        return StormTelling(lane, self.storm).outcome()

    def broken_rules(self, outcome: StormOutcome) -> list[str]:
        """In words."""
        return broken_storm_rules(outcome, self.latest)


@cache
def storm_cases() -> tuple[StormCase, ...]:
    """Every one; no two have the same name."""
    return (
        *_without_a_fault(),
        *_calls_that_fail(),
        *_crashes(),
        *_forgetful_containers(),
        *_refused_for_good(),
        *_a_channel_apart(),
    )


def _without_a_fault() -> Iterator[StormCase]:
    yield StormCase("none", "nowhere", Storm(lambda lane: None))


def _calls_that_fail() -> Iterator[StormCase]:
    for call in (*_CLAIMS, *_CALLS):
        error = "AuthorizationError" if call is AwsCall.PUBLISH else "AccessDeniedException"
        yield _failing("refused", refused(error), call, _latest(call))
    yield _failing("no answer", silent, AwsCall.PUBLISH, Phase.AFTER)
    for call in _CALLS:
        yield _failing("done, answer lost", answer_lost, call, _latest(call))


def _latest(call: AwsCall) -> Phase:
    """What cannot be cleared holds nothing up."""
    return Phase.FAULT if call in (AwsCall.CLEAR, AwsCall.RELEASE) else Phase.AFTER


def _failing(row: str, fault: Fault, call: AwsCall, latest: Phase) -> StormCase:
    return StormCase(row, call, Storm(at_aws(fault, call)), latest)


def _crashes() -> Iterator[StormCase]:
    for call in _CALLS:
        for row, forwarded in {"killed before it": False, "killed behind it": True}.items():
            storm = Storm(_killing(call, forwarded=forwarded))
            sample = forwarded and call is AwsCall.PUBLISH
            yield StormCase(row, call, storm, sample=sample)
    # Two deletions of 25 notices and of 5.
    storm = Storm(_killing(AwsCall.CLEAR, forwarded=True), payments=30)
    yield StormCase("killed in the middle", AwsCall.CLEAR, storm)


def _killing(call: AwsCall, *, forwarded: bool) -> Begin:
    return lambda lane: lane.aws.fault(
        killing(lane.container.kill, forwarded=forwarded), call, times=1
    )


def _forgetful_containers() -> Iterator[StormCase]:
    storm = Storm(at_aws(refused("AccessDeniedException"), AwsCall.CLEAR), restarts=True)
    yield StormCase("refused, then a new container", AwsCall.CLEAR, storm, sample=True)


# --- what SNS never takes, and what fails on one channel alone

_OLDEST = frozenset({"payments-00", "payments-01", "payments-02"})
_OF_A_GROUP = frozenset({"payments-03"})
_TOO_LONG = refused("InvalidParameter", text="Invalid parameter: Message too long")
_UNEXPLAINED = refused("InvalidParameter", text="Invalid parameter: it is bad")
_PAYMENTS = frozenset({"payments"})


def _refused_for_good() -> Iterator[StormCase]:
    row, grouped, oldest = "never taken", "one of a group", "the three oldest"
    begin = _refusing(_OF_A_GROUP, _TOO_LONG)
    storm = Storm(begin, refused=_OF_A_GROUP, one_by_one=_PAYMENTS)
    yield StormCase(row, grouped, storm, sample=True)
    # Of so few, none is in a group.
    begin = _refusing(_OLDEST, _TOO_LONG)
    few = Storm(begin, payments=3, refused=_OLDEST, one_by_one=_PAYMENTS)
    yield StormCase(row, oldest, few)
    for call, forwarded in ((AwsCall.SET_ASIDE, True), (AwsCall.RELEASE, False)):
        killed = replace(few, begin=both(begin, _killing(call, forwarded=forwarded)))
        when = "behind" if forwarded else "before"
        yield StormCase(f"{row}, killed {when} it", call, killed)
    begin = _refusing(_OLDEST, _UNEXPLAINED)
    doubtful = replace(few, begin=begin, runs=3, refused=frozenset(), held=_OLDEST)
    yield StormCase("refused without a reason", oldest, doubtful)
    newer = Storm(_are_newer, refused=_OF_A_GROUP)
    yield StormCase("of a newer version", grouped, newer)


def _refusing(images: frozenset[str], fault: Fault) -> Begin:
    return lambda lane: lane.aws.fault(fault, AwsCall.PUBLISH, about=tuple(images))


def _are_newer(lane: Lane) -> None:
    for name in _OF_A_GROUP:
        lane.stack.write_as_a_newer_version(name)


def _a_channel_apart() -> Iterator[StormCase]:
    disabled = Storm(at_aws(refused("KMSDisabledException"), AwsCall.PUBLISH), runs=3)
    yield StormCase("its key is disabled", AwsCall.PUBLISH, disabled, Phase.AFTER)
    chat = Storm(lambda lane: None, chat=True)
    yield StormCase("the chat topic is deleted", AwsCall.PUBLISH, chat)
