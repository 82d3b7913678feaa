"""Time that only sleeping moves, for threads that take turns."""

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from threading import Lock, Thread


class SimulatedTime:
    """One thread runs at a time: whoever sleeps hands over to the one that is due next.

    So the code that runs may block, as the function's does, no two threads ever race, and each
    run is the same. Work that takes no sleep takes no time.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._passed = timedelta()
        self._due: list[tuple[timedelta, int, Lock]] = []
        self._numbers = count()
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
        turn = self._turn_after(seconds)
        self._hand_over()
        turn.acquire()

    def begin(self, work: Callable[[], None], after: float = 0.0) -> None:
        """Run the work in a thread of its own, so many seconds from now."""
        turn = self._turn_after(after)

        def run() -> None:
            turn.acquire()
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised again by run()
                self._failure = error
                self._over.release()
            else:
                self._hand_over()

        Thread(target=run, daemon=True).start()

    def run(self) -> None:
        """Until nothing is left to do; raises what any of the work raised."""
        self._hand_over()
        self._over.acquire()
        if self._failure is not None:
            raise self._failure

    def _turn_after(self, seconds: float) -> Lock:
        turn = Lock()
        turn.acquire()
        heappush(self._due, (self._passed + timedelta(seconds=seconds), next(self._numbers), turn))
        return turn

    def _hand_over(self) -> None:
        if not self._due:
            self._over.release()
            return
        self._passed, _, turn = heappop(self._due)
        turn.release()
