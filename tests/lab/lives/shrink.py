"""Makes a failing life short: happenings and faults are left out while the same rule is broken."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from tests.lab.lives.auditor import judge
from tests.lab.lives.plan import Plan
from tests.lab.lives.trace import Fault, Trace

_Part = TypeVar("_Part")
Live = Callable[[Plan], Trace]
# Lives that shrinking may take.
_MOST_LIVES = 300


class _Spent(Exception):
    """No further life is tried."""


def shortest(plan: Plan, rule: str, live: Live, most: int = _MOST_LIVES) -> Plan:
    """The shortest life that was found to break the rule, after so many lives at most."""
    search = _Search(plan, rule, live, most)
    try:
        search.leave_out_happenings()
        search.leave_out_faults()
        search.leave_out_happenings()
    except _Spent:
        pass
    return search.best


class _Search:
    """`best` is the shortest so far."""

    def __init__(self, plan: Plan, rule: str, live: Live, most: int) -> None:
        self.best = plan
        self._rule = rule
        self._live = live
        self._left = most

    def leave_out_happenings(self) -> None:
        self._least(
            self.best.happenings,
            lambda kept: replace(self.best, happenings=tuple(kept)),
        )

    def leave_out_faults(self) -> None:
        """Those that are met; without them others may be."""
        seen = self._live(self.best).seen
        met = [f"{fault.who}/{fault.number}" for fault in seen if isinstance(fault, Fault)]
        before = self.best.left_out
        every = frozenset(met)
        self._least(
            met, lambda kept: replace(self.best, left_out=before | (every - frozenset(kept)))
        )

    def _least(self, parts: Sequence[_Part], made: Callable[[Sequence[_Part]], Plan]) -> None:
        """Delta debugging: leave out ever smaller chunks while the rule stays broken."""
        kept, size = list(parts), max(1, len(parts) // 2)
        while kept:
            position, shrank = 0, False
            while position < len(kept):
                fewer = kept[:position] + kept[position + size :]
                if self._breaks(made(fewer)):
                    kept, shrank = fewer, True
                else:
                    position += size
            if size == 1 and not shrank:
                return
            size = max(1, size // 2)

    def _breaks(self, plan: Plan) -> bool:
        if not self._left:
            raise _Spent
        self._left -= 1
        if any(broken.rule == self._rule for broken in judge(self._live(plan))):
            self.best = plan
            return True
        return False
