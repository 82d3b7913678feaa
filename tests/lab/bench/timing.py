"""Wall and CPU of calls in this process, ours and the floor by turns."""

import time
from collections.abc import Callable

from msgspec import Struct


class Turns(Struct, frozen=True):
    """Seconds; sample i of both was taken one after the other."""

    ours: tuple[float, ...]
    floor: tuple[float, ...]


def seconds(call: Callable[[], object]) -> float:
    """How long the call takes, by the wall clock; what it returns is freed behind it."""
    started = time.perf_counter()
    result = call()
    taken = time.perf_counter() - started
    del result
    return taken


def cpu_seconds(call: Callable[[], object]) -> float:
    """How much CPU this process takes for the call, all threads together."""
    started = time.process_time()
    call()
    return time.process_time() - started


def by_turns(
    ours: Callable[[], object], floor: Callable[[], object], times: int, *, warm: int = 3
) -> Turns:
    """Each so many times, after `warm` calls that do not count; who begins changes each time."""
    for _ in range(warm):
        ours()
        floor()
    pairs = []
    for number in range(times):
        if number % 2:
            taken = seconds(ours)
            pairs.append((taken, seconds(floor)))
        else:
            taken = seconds(floor)
            pairs.append((seconds(ours), taken))
    return Turns(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))
