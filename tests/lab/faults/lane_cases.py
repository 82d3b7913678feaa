"""The two lanes: what befalls one of them must not hold the other up."""

from collections.abc import Iterator

from rescan.gate.model import Step
from tests.lab.faults.anchore_faults import NOT_ANALYZED
from tests.lab.faults.aws_calls import AwsCall
from tests.lab.faults.aws_faults import refused
from tests.lab.faults.case import Case, at_anchore, both
from tests.lab.faults.lane import Lane
from tests.lab.faults.outcome import Stage
from tests.lab.faults.rules import Expected
from tests.lab.faults.sqs_front import SqsFront
from tests.lab.faults.story import FIVE_RECEIVES, Story


def lane_cases() -> Iterator[Case]:
    """A sweep that waits for a free place, and a queue of pushes that takes no copy."""
    at_once = Expected(Stage.FAULT)
    yield Case(
        "Two lanes", "the sweep's lane is full", "pushes", Story(_is_full), at_once, sample=True
    )
    begin = both(at_anchore(Step.REGATE, NOT_ANALYZED), _pushes_are_refused)
    # The sweep's own copies go back, and bring the verdict; the pushes end as dead letters.
    expected = Expected(Stage.LATER, dead_letters=True)
    story = Story(begin, lasts=FIVE_RECEIVES)
    yield Case("Two lanes", "refused", "send a copy of a push", story, expected)


def _is_full(lane: Lane) -> None:
    lane.pump.sweeps.is_full = True


def _pushes_are_refused(lane: Lane) -> None:
    lane.aws.fault(refused("AccessDenied"), AwsCall.COPY, about=(SqsFront.push_url,))
