"""One check, and running several of them."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from msgspec import Struct

from rescan.kernel.deadline import Deadline


class State(StrEnum):
    """How a check ended; UNKNOWN: it does not apply, or could not be made."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Checked(Struct, frozen=True):
    """The result of a check: what was seen, and once it failed what to do."""

    name: str
    state: State
    detail: str
    advice: str = ""


class Trouble(Exception):
    """A problem, and what to do about it."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice


class NotChecked(Exception):
    """`str()` says why the check does not apply."""


class Check(Struct, frozen=True):
    """`look` returns what is well, or raises Trouble or NotChecked.

    `on_its_own`: it stands among others that depend on each other, and does not depend on them.
    """

    name: str
    look: Callable[[], str]
    on_its_own: bool = False

    def run(self, deadline: Deadline) -> Checked:
        """The result; once the deadline has passed nothing is looked at."""
        if deadline.passed:
            return Checked(self.name, State.UNKNOWN, "no time was left for it")
        try:
            return Checked(self.name, State.OK, self.look())
        except NotChecked as why:
            return Checked(self.name, State.UNKNOWN, str(why))
        except Trouble as trouble:
            return Checked(self.name, State.FAILED, trouble.problem, trouble.advice)


def in_turn(checks: Iterable[Check], deadline: Deadline) -> Iterator[Checked]:
    """Each depends on the one before: after a failure, the others are unknown."""
    blocked_by = ""
    for check in checks:
        if blocked_by and not check.on_its_own:
            yield Checked(check.name, State.UNKNOWN, f"not before {blocked_by} is fixed")
            continue
        checked = check.run(deadline)
        yield checked
        if checked.state is State.FAILED:
            blocked_by = blocked_by or check.name
