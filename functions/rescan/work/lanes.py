"""The two lanes of work: a push does not wait behind a sweep, whatever the sweep's size.

Work that is sent back stays in its lane, and so does work that was deferred: what woke it decides.
"""

from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby

from rescan.events.commands import Gate, SweepPage
from rescan.work.ports import WorkQueue


class Lanes:
    """Implements `ports.WorkQueue` on a queue for sweeps and one for pushes."""

    def __init__(self, sweeps: WorkQueue, pushes: WorkQueue) -> None:
        self._sweeps = sweeps
        self._pushes = pushes

    def send(self, gate: Gate, delay: timedelta) -> None:
        self._lane(of_pushes=gate.trigger.is_push).send(gate, delay)

    def send_page(self, page: SweepPage, delay: timedelta) -> None:
        self._sweeps.send_page(page, delay)

    def send_all(self, gates: Iterable[Gate]) -> int:
        """Neighbours of one lane together, never all at once: a sweep has 100,000 of them."""
        runs = groupby(gates, lambda gate: gate.trigger.is_push)
        return sum(self._lane(of_pushes=pushed).send_all(run) for pushed, run in runs)

    def is_busy(self) -> bool:
        """Whether a sweep is: pushes are never at an end."""
        return self._sweeps.is_busy()

    def _lane(self, *, of_pushes: bool) -> WorkQueue:
        return self._pushes if of_pushes else self._sweeps
