"""A sweep by pages: the sweep before had very many tags, so this one is a chain of three pages.

The first reads the ledger's entries, the second Anchore's list, the third sends what is left.
Nothing is pushed: what becomes a STOP is said by the chain, or by nobody.
"""

from collections.abc import Iterator

from rescan.gate.model import Step
from tests.lab.faults.anchore_faults import PASSING
from tests.lab.faults.aws_calls import AwsCall
from tests.lab.faults.aws_faults import answer_lost, killing, refused
from tests.lab.faults.aws_proxy import Fault
from tests.lab.faults.case import Begin, Case, at_anchore, both
from tests.lab.faults.lane import Lane
from tests.lab.faults.outcome import Stage
from tests.lab.faults.rules import Expected
from tests.lab.faults.story import Story

# What a dead process held is hidden until then, and a copy waits for half a minute before.
_UNTIL_IT_COMES_BACK = 1900.0
_FIRST, _SECOND, _LAST = '#0"', '#1"', '#2"'
_DENIED = refused("AccessDeniedException")


def page_cases() -> Iterator[Case]:
    """Killed at each boundary of a page, or refused there; each message twice; no list."""
    yield _case("none", "a chain of pages", lambda lane: None)
    yield _case("delivered twice", "every page", lambda lane: setattr(lane.pump, "twice", True))
    boundaries = {
        "the plan": (AwsCall.KEEP_PLAN, ""),
        "the first page's claim": (AwsCall.CLAIM_PAGE, _FIRST),
        "a page's claim": (AwsCall.CLAIM_PAGE, _SECOND),
        "a page's messages": (AwsCall.ENQUEUE, ""),
        "what a page came to": (AwsCall.KEEP_PAGE, _SECOND),
        "the next page": (AwsCall.SEND_PAGE, ""),
        "the last page's claim": (AwsCall.CLAIM_PAGE, _LAST),
        "the end of the sweep": (AwsCall.AMEND_SWEEP, ""),
    }
    for column, (kind, about) in boundaries.items():
        for when, forwarded in {"before": False, "after": True}.items():
            sample = kind is AwsCall.SEND_PAGE and not forwarded
            kill = _killed(kind, about, forwarded)
            yield _case("killed once", f"{when} {column}", kill, sample=sample)
        yield _case("refused once", column, _faulty(_DENIED, kind, about))
        yield _case("done, answer lost", column, _faulty(answer_lost, kind, about))
    yield _case("500", "list a page", at_anchore(Step.LIST_TAGS, PASSING["500"]), Stage.LATER)


def _case(
    row: str, column: str, begin: Begin, latest: Stage = Stage.FAULT, *, sample: bool = False
) -> Case:
    story = Story(both(_was_large, begin), lasts=_UNTIL_IT_COMES_BACK, pushes=0, repeats=True)
    # The next page waits for nothing.
    expected = Expected(latest, least_delay=0)
    return Case("Page chain", row, column, story, expected, sample)


def _was_large(lane: Lane) -> None:
    lane.stack.let_the_last_sweep_be_large()


def _killed(kind: AwsCall, about: str, forwarded: bool) -> Begin:
    return lambda lane: lane.aws.fault(
        killing(lane.container.kill, forwarded=forwarded), kind, about=(about,), times=1
    )


def _faulty(fault: Fault, kind: AwsCall, about: str) -> Begin:
    return lambda lane: lane.aws.fault(fault, kind, about=(about,), times=1)
