"""A cell of the matrix, and how its fault is switched on."""

from collections.abc import Callable
from dataclasses import dataclass

from rescan.model import Step
from tests.anchore.scripted_server import Act
from tests.faults.anchore_faults import SLOW
from tests.faults.aws_proxy import AwsCall, Fault
from tests.faults.lane import Lane
from tests.faults.outcome import Outcome
from tests.faults.rules import Expected
from tests.faults.story import Story, Telling

__all__ = ["Begin", "Case", "at_anchore", "at_aws", "both"]

_AS_USUAL = Expected()
Begin = Callable[[Lane], None]


@dataclass(frozen=True, eq=False)
class Case:
    """A cell of a table: its row is the fault, its column where that happens.

    `sample`: whether it is among those that are run with all other tests.
    """

    table: str
    row: str
    column: str
    story: Story
    expected: Expected = _AS_USUAL
    sample: bool = False

    def __str__(self) -> str:
        return f"{self.table}: {self.row}, {self.column}"

    def tell(self, lane: Lane) -> Outcome:
        """What the story comes to."""
        return Telling(lane, self.story).outcome()

    @property
    def waits(self) -> bool:
        """Whether it takes much longer than others."""
        return self.row in ("no answer", *SLOW)


def at_anchore(step: Step, act: Act) -> Begin:
    """The step of Anchore's is answered by the act."""
    return lambda lane: lane.anchore.fault(step, act)


def at_aws(fault: Fault, *kinds: AwsCall, times: int | None = None) -> Begin:
    """These calls to AWS meet the fault; `times`: only so many of them."""
    return lambda lane: lane.aws.fault(fault, *kinds, times=times)


def both(*begins: Begin) -> Begin:
    """One after the other."""

    def begin(lane: Lane) -> None:
        for each in begins:
            each(lane)

    return begin
