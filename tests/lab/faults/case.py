"""A cell of the matrix, and how its fault is switched on."""

from collections.abc import Callable
from dataclasses import dataclass

from rescan.gate.model import Step
from tests.lab.faults.anchore import ANY
from tests.lab.faults.anchore_faults import SLOW
from tests.lab.faults.aws_calls import AwsCall
from tests.lab.faults.aws_proxy import Fault
from tests.lab.faults.lane import Lane
from tests.lab.faults.outcome import Outcome
from tests.lab.faults.rules import Expected
from tests.lab.faults.story import Story, Telling
from tests.support.scripted_server import Act

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

    def is_disturbed(self, lane: Lane) -> bool:
        """Whether the function gave up an answer that no fault held back."""
        return bool(lane.aws.journal.too_late or lane.anchore.too_late)

    @property
    def waits(self) -> bool:
        """Whether it takes much longer than others."""
        return self.row in ("no answer", *SLOW)


def at_anchore(step: Step, act: Act, of: str = ANY) -> Begin:
    """The step of Anchore's is answered by the act; `of` as in `LoopbackAnchore.fault`."""
    return lambda lane: lane.anchore.fault(step, act, of)


def at_aws(fault: Fault, *kinds: AwsCall, times: int | None = None) -> Begin:
    """These calls to AWS meet the fault; `times`: only so many of them."""
    return lambda lane: lane.aws.fault(fault, *kinds, times=times)


def both(*begins: Begin) -> Begin:
    """One after the other."""

    def begin(lane: Lane) -> None:
        for each in begins:
            each(lane)

    return begin
