"""Small scope, exhaustively: two runs on one tag and one publisher, in every order of their calls.

    the calls   each run reads the entry and writes it; the publisher's claims, looks, marks,
                publishes, clears and releases
    orders      all of the four calls of the runs, with the publisher between any two of them
    one fault   none, or at each call one of: the process ends before or behind it, it is refused,
                its answer is lost; or a message is delivered twice
    outcomes    each pair of what Anchore says: it changes its mind when the second run asks
    before      nothing is known, or a STOP is told

The publisher's run is one block. That leaves nothing out: of its calls only the look at what waits
has an item in common with those of the runs (the notices that they write), so all others may change
places with them. `shared_items` holds each schedule to that.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice, permutations, product
from multiprocessing import get_context
from random import Random

from tests.lab.lives.auditor import judge
from tests.lab.lives.calls import Dangers, Invocation
from tests.lab.lives.case import Broken
from tests.lab.lives.container import PUSH_URL
from tests.lab.lives.digests import digest_of
from tests.lab.lives.plan import Plan, Tag, Vulnerability
from tests.lab.lives.trace import Trace, Wrote
from tests.lab.lives.world import World, parts_of

TAG = "registry.example.com/payments/api:1.4"
_DIGEST = digest_of("scope")
FIRST, SECOND, PUBLISHER = "pushes-m-2", "pushes-m-3", "publisher"
# What Anchore says: its findings, that the image is gone, or nothing at all.
OUTCOMES = ("stops", "stops more", "passes", "gone", "down")
BEFORE = ("nothing", "stops")
KINDS = ("kill before", "kill after", "refused", "lost")
_BEGIN, _SLOT = 600.0, 10.0


@dataclass(frozen=True)
class Schedule:
    """An order of calls, with at most one fault: where, and which."""

    before: str
    outcomes: tuple[str, str]
    order: tuple[str, ...]
    fault: tuple[str, str] | None = None


def orders() -> Iterator[Schedule]:
    """Every order of calls for every pair of outcomes, without a fault."""
    for before, first, second in product(BEFORE, OUTCOMES, OUTCOMES):
        for order in sorted(_orders()):
            yield Schedule(before, (first, second), order)


def _orders() -> set[tuple[str, ...]]:
    runs = set(permutations((FIRST, FIRST, SECOND, SECOND)))
    return {(*run[:at], PUBLISHER, *run[at:]) for run in runs for at in range(len(run) + 1)}


def with_faults(schedule: Schedule, calls: Mapping[str, int]) -> Iterator[Schedule]:
    """The same with a fault at each of the calls that are made, and with each message twice."""
    for who in (FIRST, SECOND):
        yield replace(schedule, fault=("duplicate", who))
    for who, most in calls.items():
        for number, kind in product(range(1, most + 1), KINDS):
            yield replace(schedule, fault=(f"{who}/{number}", kind))


class Scope(World):
    """The world of one schedule."""

    calm_sweeps = 1

    def __init__(self, schedule: Schedule) -> None:
        super().__init__(_PLAN)
        self._schedule = schedule
        met = dict([schedule.fault]) if schedule.fault else {}
        self._doubled = met.get("duplicate")
        self.dangers = Dangers(planned={**_down(schedule), **met})
        self.table.parts = 0.0
        self.table.lag = lambda: 0.0
        self._taken: dict[str, int] = {}
        self._asked: set[str] = set()
        self.made = {FIRST: 0, SECOND: 0, PUBLISHER: 0}
        self._say("stops")
        if schedule.before == "nothing":
            self._lanes[PUSH_URL].queue.sent += 1  # so that the runs have their names
        else:
            self.turns.begin(self._gate)
        self.turns.begin(self._begin, _BEGIN)

    def latency(self, invocation: Invocation, service: str, seconds: float) -> float:
        """Each call of a run that others could meet has its slot."""
        name = invocation.name
        if name in self.made:
            self.made[name] = invocation.calls
        if service == "anchore":
            self._ask(name)
            return 0.0
        if name not in (FIRST, SECOND) or service != "table":
            return 0.001
        turn = self._taken[name] = self._taken.get(name, -1) + 1
        slots = [at for at, who in enumerate(self._schedule.order) if who == name]
        slot = slots[turn] if turn < len(slots) else len(self._schedule.order)
        return max(0.001, _BEGIN + 1 + slot * _SLOT - self.passed())

    def comes_twice(self, message: str, chance: Random) -> float | None:
        """The one whose duplicate is the fault, at once."""
        return 0.0 if message == self._doubled else None

    def _begin(self) -> None:
        self._gate()
        self._gate()
        at = 1 + self._schedule.order.index(PUBLISHER) * _SLOT
        event = {"publish": "notices"}
        self.turns.begin(partial(self.start, event, PUBLISHER, "publish", ()), at)

    def _gate(self) -> None:
        self._lanes[PUSH_URL].send(_GATE, 0, "somebody")

    def _ask(self, who: str) -> None:
        """Anchore changes its mind for good when the second run asks."""
        first, second = self._schedule.outcomes
        if who == FIRST and not self._asked:
            self._say(first)
        elif who == SECOND and SECOND not in self._asked:
            self._say(second)
        self._asked |= {who} & {FIRST, SECOND}

    def _say(self, outcome: str) -> None:
        if outcome in _FEEDS:
            self.anchore.feed = _FEEDS.index(outcome)
            self.anchore.tags.setdefault(TAG, (_DIGEST, self.passed()))
        elif outcome == "gone":
            self.anchore.tags.clear()
        self.anchore.tell()


def _down(schedule: Schedule) -> dict[str, str]:
    """Of a run for which Anchore is down the second call fails, its first to Anchore."""
    runs = zip((FIRST, SECOND), schedule.outcomes, strict=True)
    return {f"{who}/2": "refused" for who, outcome in runs if outcome == "down"}


_FEEDS = ("stops", "stops more", "passes")
_ROWS = (
    Vulnerability("CVE-1", "High", "libc", 0, 2),
    Vulnerability("CVE-2", "Critical", "zlib", 1, 2),
    Vulnerability("CVE-3", "Low", "bash", 0),
)
_PLAN = Plan(
    seed=1,
    environment={"TEAMS": "payments/*=payments", "WATCH": "active", "SWEEP_HOURS": "1"},
    tags=(Tag(TAG, "payments", watched=True, digests=(_DIGEST,)),),
    rows={_DIGEST: _ROWS},
    happenings=(),
    calm_at=_BEGIN + 100,
    rates={},
)
_GATE = json.dumps({"rescan": {"tag": parts_of(TAG), "trigger": {"kind": "schedule", "at": None}}})


def shared_items(trace: Trace) -> set[str]:
    """What a run writes behind the publisher's beginning, and the publisher writes as well."""
    began = min((one.at for one in trace.seen if one.who == PUBLISHER), default=0.0)
    wrote = [one for one in trace.seen if isinstance(one, Wrote)]
    of_runs = {one.key for one in wrote if one.who in (FIRST, SECOND) and one.at >= began}
    return of_runs & {one.key for one in wrote if one.who == PUBLISHER}


# --- the command


@dataclass
class Exhausted:
    """How many schedules were tried, and those that break a rule, each with the first."""

    schedules: int = 0
    broken: list[tuple[Schedule, Broken]] = field(default_factory=list)


def exhaust(jobs: int, every: int = 1) -> Exhausted:
    """All schedules, or those of each so-manieth order."""
    total = Exhausted()
    with get_context("fork").Pool(jobs) as pool:
        for found in pool.imap_unordered(_with_all_faults, islice(orders(), 0, None, every)):
            total.schedules += found.schedules
            total.broken += found.broken
    return total


def _with_all_faults(order: Schedule) -> Exhausted:
    found = Exhausted()
    calls = _try(order, found)
    for schedule in with_faults(order, calls):
        _try(schedule, found)
    return found


def _try(schedule: Schedule, found: Exhausted) -> dict[str, int]:
    """How many calls each of the three makes."""
    world = Scope(schedule)
    trace = world.live()
    broken = judge(trace)
    if shared := shared_items(trace):
        broken = [Broken("the publisher shares no item", 0.0, str(shared)), *broken]
    found.schedules += 1
    found.broken += [(schedule, first) for first in broken[:1]]
    return world.made


def main() -> int:
    """0 when no schedule breaks a rule."""
    parser = argparse.ArgumentParser(prog="make lives-scope", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="each so-manieth order")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    asked = parser.parse_args()
    found = exhaust(asked.jobs, asked.every)
    sys.stdout.write(f"{found.schedules:,} schedules, {len(found.broken)} break a rule\n")
    for schedule, first in found.broken[:5]:
        sys.stdout.write(f"{schedule}\n  {first.rule}: {first.what}\n")
    return 1 if found.broken else 0


if __name__ == "__main__":
    sys.exit(main())
