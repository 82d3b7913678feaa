"""Time that only waiting moves, for work that takes turns: one thread at a time, each run the same.

Like the simulation's, for very many short lives: work gets its thread when its time has come, and a
thread that is done takes the next work.
"""

from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from itertools import count
from threading import Lock, Thread, get_ident

Work = Callable[[], None]


class Turns:
    """Whoever waits hands over to the one that is due next."""

    def __init__(self) -> None:
        self.passed = 0.0
        self._due: list[tuple[float, int, Work | Lock]] = []
        self._numbers = count()
        self._over = Lock()
        self._over.acquire()
        self._failure: BaseException | None = None
        self._whose = 0
        self._idle: list[_Thread] = []

    def wait(self, seconds: float) -> None:
        """Let others go on until so many seconds have passed.

        RuntimeError for a thread whose turn it is not: it would race with the one that has it.
        """
        if get_ident() != self._whose:
            raise RuntimeError("A thread of its own waits in a life: it is to be done at once.")
        at = self.passed + seconds
        if not self._due or self._due[0][0] > at:
            self.passed = at
            return
        turn = Lock()
        turn.acquire()
        heappush(self._due, (at, next(self._numbers), turn))
        self._hand_over()
        turn.acquire()
        self._whose = get_ident()

    def begin(self, work: Work, after: float = 0.0) -> None:
        """Do the work so many seconds from now."""
        heappush(self._due, (self.passed + after, next(self._numbers), work))

    def run(self) -> None:
        """Until nothing is left to do; raises what any of the work raised."""
        self._hand_over()
        self._over.acquire()
        _IDLE.extend(self._idle)
        if self._failure is not None:
            raise self._failure

    def _hand_over(self) -> None:
        if not self._due or self._failure is not None:
            self._over.release()
            return
        self.passed, _, next_one = heappop(self._due)
        if isinstance(next_one, _LOCK):
            next_one.release()
            return
        idle = self._idle or _IDLE
        thread = idle.pop() if idle else _Thread()
        thread.give(partial(self._work_on, thread, next_one))

    def _work_on(self, thread: "_Thread", work: Work) -> None:
        """Work that is due behind it is done in the same thread, while nobody else's turn is."""
        next_one: Work | Lock = work
        self._whose = get_ident()
        while not isinstance(next_one, _LOCK):
            try:
                next_one()
            except BaseException as error:  # noqa: BLE001 - raised again by run()
                self._failure = error
            if not self._due or self._failure is not None:
                self._idle.append(thread)
                self._over.release()
                return
            self.passed, _, next_one = heappop(self._due)
        self._idle.append(thread)
        next_one.release()


_LOCK = type(Lock())


class _Thread:
    """A thread that does what it is given, whichever life it is of."""

    def __init__(self) -> None:
        self._given = Lock()
        self._given.acquire()
        self._work: Work = lambda: None
        Thread(target=self._run, daemon=True).start()

    def give(self, work: Work) -> None:
        """Do it now."""
        self._work = work
        self._given.release()

    def _run(self) -> None:
        while True:
            self._given.acquire()
            self._work()


# At rest, from lives that have ended: to start one takes longer than most of what it does.
_IDLE: list[_Thread] = []
