"""Many lives, one after the other or in several processes, and what they come to."""

import gc
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context

from tests.lab.lives.auditor import judge
from tests.lab.lives.case import Broken
from tests.lab.lives.plan import planned
from tests.lab.lives.trace import Fault, Published, Seen, Started
from tests.lab.lives.world import live

# Lives that a process does before it tells of them.
_AT_ONCE = 20
# Between two looks of the collector: a life leaves few circles behind.
_MANY_OBJECTS = 100_000


@dataclass
class Tally:
    """What so many lives came to; `broken` has the first rules that each failing seed breaks."""

    lives: int = 0
    invocations: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    hours: float = 0.0
    broken: dict[int, list[Broken]] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """The lives of both."""
        self.lives += other.lives
        self.invocations += other.invocations
        self.faults += other.faults
        self.calls += other.calls
        self.messages += other.messages
        self.hours += other.hours
        self.broken |= other.broken


def lived(seed: int) -> Tally:
    """One life, judged."""
    world_calls: Counter[str] = Counter()
    trace = live(planned(seed), world_calls)
    tally = Tally(lives=1, calls=world_calls, hours=trace.seen[-1].at / 3600)
    for one in trace.seen:
        _count(one, tally)
    if broken := judge(trace):
        tally.broken[seed] = broken
    return tally


def _count(one: Seen, tally: Tally) -> None:
    match one:
        case Started():
            tally.invocations += 1
        case Fault():
            tally.faults[one.kind] += 1
        case Published():
            tally.messages[one.kind] += 1


def run(first: int, lives: int | None, seconds: float | None, jobs: int) -> Iterator[Tally]:
    """Tallies of lives from the first seed on, until so many are lived, or so long has passed."""
    end = time.monotonic() + seconds if seconds is not None else float("inf")
    chunks = _chunks(first, lives)
    if jobs == 1:
        pin(0)
        for chunk in chunks:
            yield _live_all(chunk)
            if time.monotonic() >= end:
                return
        return
    context = get_context("fork")
    numbers = context.Value("i", 0)
    with context.Pool(jobs, initializer=_pin_next, initargs=(numbers,)) as pool:
        for tally in pool.imap_unordered(_live_all, _until(chunks, end)):
            yield tally
            if time.monotonic() >= end:
                return


def _until(chunks: Iterator[range], end: float) -> Iterator[range]:
    """No more than are needed: a pool takes all that it is given at once."""
    for chunk in chunks:
        if time.monotonic() >= end:
            return
        yield chunk


def _chunks(first: int, lives: int | None) -> Iterator[range]:
    if lives is None:
        for start in count(first, _AT_ONCE):
            yield range(start, start + _AT_ONCE)
        return
    for start in range(first, first + lives, _AT_ONCE):
        yield range(start, min(start + _AT_ONCE, first + lives))


def _live_all(seeds: range) -> Tally:
    tally = Tally()
    for seed in seeds:
        tally.add(lived(seed))
    return tally


def _pin_next(numbers: "object") -> None:
    with numbers.get_lock():  # type: ignore[attr-defined]
        pin(numbers.value)  # type: ignore[attr-defined]
        numbers.value += 1  # type: ignore[attr-defined]


def pin(number: int) -> None:
    """To one core: its threads take turns, and to wake one on another core takes long.

    What is imported by now stays, so the collector need not look at it again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_MANY_OBJECTS)
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[number % len(cores)]})
