"""One thing to look at, and running several of them."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    FIX = "fix"
    SKIPPED = "-"


class Line(Struct, frozen=True):
    """What a check says; `fix` is there when its state is FIX."""

    state: State
    name: str
    said: str
    fix: str = ""


class Trouble(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, said: str, fix: str) -> None:
        super().__init__(said)
        self.said = said
        self.fix = fix


class NotLookedAt(Exception):
    """`str()` says why the check does not apply."""


class Check(Struct, frozen=True):
    """`look` says what is good, or raises Trouble or NotLookedAt."""

    name: str
    look: Callable[[], str]


def in_turn(checks: Iterable[Check]) -> Iterator[Line]:
    """Each rests on the one before: after a trouble, the others are skipped."""
    blocked_by = ""
    for check in checks:
        if blocked_by:
            yield Line(State.SKIPPED, check.name, f"not before {blocked_by} is mended")
            continue
        line = _looked(check)
        yield line
        if line.state is State.FIX:
            blocked_by = check.name


def each(checks: Iterable[Check]) -> Iterator[Line]:
    """None hangs on another."""
    return map(_looked, checks)


def _looked(check: Check) -> Line:
    try:
        return Line(State.OK, check.name, check.look())
    except NotLookedAt as why:
        return Line(State.SKIPPED, check.name, str(why))
    except Trouble as trouble:
        return Line(State.FIX, check.name, trouble.said, trouble.fix)
