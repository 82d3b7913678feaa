"""Time that only sleeping moves, for threads that take turns."""

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from threading import Lock, Thread
from typing import TypeAlias


class SimulatedTime:
    """One thread runs at a time: whoever sleeps hands over to the one that is due next.

    So the code that runs may block, as the function's does, no two threads ever race, and each
    run is the same. Work that takes no sleep takes no time. A thread whose work is done takes more:
    there are never more of them than work under way.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._passed = timedelta()
        self._due: list[tuple[timedelta, int, _Sleeper | _Work]] = []
        self._numbers = count()
        self._idle: list[_Idle] = []
        self._over = Lock()
        self._over.acquire()
        self._failure: BaseException | None = None

    def now(self) -> datetime:
        """The time of day."""
        return self._start + self._passed

    def passed(self) -> float:
        """Seconds since the start."""
        return self._passed.total_seconds()

    def sleep(self, seconds: float) -> None:
        """Let others run until so many seconds have passed."""
        sleeper = _Sleeper()
        self._add(sleeper, seconds)
        self._hand_over()
        sleeper.turn.acquire()

    def begin(self, work: "_Work", after: float = 0.0) -> None:
        """Run the work in a thread of its own, so many seconds from now."""
        self._add(work, after)

    def run(self) -> None:
        """Until nothing is left to do; raises what any of the work raised."""
        self._hand_over()
        self._over.acquire()
        for each in self._idle:
            each.turn.release()
        self._idle.clear()
        if self._failure is not None:
            raise self._failure

    def _add(self, due: "_Sleeper | _Work", seconds: float) -> None:
        at = self._passed + timedelta(seconds=seconds)
        heappush(self._due, (at, next(self._numbers), due))

    def _hand_over(self) -> None:
        if not self._due:
            self._over.release()
            return
        self._passed, _, due = heappop(self._due)
        if isinstance(due, _Sleeper):
            due.turn.release()
        elif self._idle:
            idle = self._idle.pop()
            idle.work = due
            idle.turn.release()
        else:
            Thread(target=self._live, args=(due,), daemon=True).start()

    def _live(self, work: "_Work | None") -> None:
        """Work, and then what else there is, until all is over."""
        while work is not None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised again by run()
                self._failure = error
                self._over.release()
                return
            idle = _Idle()
            self._idle.append(idle)
            self._hand_over()
            idle.turn.acquire()
            work = idle.work


class _Sleeper:
    """A thread that waits for its turn."""

    def __init__(self) -> None:
        self.turn = Lock()
        self.turn.acquire()


class _Idle(_Sleeper):
    """One that waits for work; without any it ends."""

    work: "_Work | None" = None


_Work: TypeAlias = Callable[[], None]
