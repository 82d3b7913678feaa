"""One check, and running several of them."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    FIX = "fix"
    SKIPPED = "-"


class Line(Struct, frozen=True):
    """The result of a check; `fix` is set when its state is FIX."""

    state: State
    name: str
    text: str
    fix: str = ""


class Trouble(Exception):
    """A problem, and what to do about it."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix


class NotChecked(Exception):
    """`str()` says why the check does not apply."""


class Check(Struct, frozen=True):
    """`look` returns what is well, or raises Trouble or NotChecked."""

    name: str
    look: Callable[[], str]


def in_turn(checks: Iterable[Check]) -> Iterator[Line]:
    """Each depends on the one before: after a trouble, the others are skipped."""
    blocked_by = ""
    for check in checks:
        if blocked_by:
            yield Line(State.SKIPPED, check.name, f"not before {blocked_by} is fixed")
            continue
        line = _looked(check)
        yield line
        if line.state is State.FIX:
            blocked_by = check.name


def each(checks: Iterable[Check]) -> Iterator[Line]:
    """They are independent of each other."""
    return map(_looked, checks)


def _looked(check: Check) -> Line:
    try:
        return Line(State.OK, check.name, check.look())
    except NotChecked as why:
        return Line(State.SKIPPED, check.name, str(why))
    except Trouble as trouble:
        return Line(State.FIX, check.name, trouble.problem, trouble.fix)
