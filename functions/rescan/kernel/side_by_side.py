"""How many images a container gates side by side, and how many bytes their answers hold.

Anchore's refusals (429, 503) halve what is side by side; then each image that Anchore did not
refuse adds its part of a place, so that a round of them adds one. Source: RFC 5681, 3.1, additive
increase and multiplicative decrease. What a refusal halves is in flight already, so of one round
only the first counts.

An answer holds bytes until its image is done. Who holds none yet waits until there is room; who
holds some waits no more, since what it holds would not become free.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Condition

from msgspec import Struct

from rescan.kernel.deadline import Deadline

# The largest batch of an event source (template.yaml, BatchSize).
MOST = 100
# Small answers hold nothing: a hundred of them are 25 MB.
_SMALL = 256 * 1024


class _Turn(Struct):
    """An image that is being gated."""

    side_by_side: "SideBySide"
    round: int
    held: int = 0
    refused: bool = False


class SideBySide:
    """For the threads of a container; `room` is in bytes.

    So many images are `running`, and their answers have so many bytes that are `held`.
    """

    def __init__(self, room: int = 128 * 1024 * 1024) -> None:
        self._changed = Condition()
        self._room = room
        self.held = self.running = self._round = 0
        self._limit = float(MOST)

    @contextmanager
    def turn(self, deadline: Deadline) -> Iterator[None]:
        """Wait for a place; who gets none until the deadline goes on, and finds no time left."""
        with self._changed:
            has_place = self._changed.wait_for(self._has_place, deadline.remaining())
            turn = _Turn(self, self._round)
            self.running += has_place
        token = _TURN.set(turn)
        try:
            yield
        finally:
            _TURN.reset(token)
            with self._changed:
                self.running -= has_place
                self._end(turn)
                self._changed.notify_all()

    @property
    def limit(self) -> int:
        """How many may be side by side now."""
        return int(self._limit)

    def _has_place(self) -> bool:
        return self.running < self.limit

    def _end(self, turn: _Turn) -> None:
        self.held -= turn.held
        if not turn.refused and turn.round == self._round:
            self._limit = min(float(MOST), self._limit + 1 / self._limit)

    def refuse(self, turn: _Turn) -> None:
        """Anchore has refused a request of the image."""
        with self._changed:
            turn.refused = True
            if turn.round == self._round:
                self._round += 1
                self._limit = max(1.0, min(self._limit, self.running) / 2)

    def reserve(self, turn: _Turn, size: int, deadline: Deadline) -> None:
        """Room for an answer of so many bytes at most; TimeoutError when there is none in time."""
        with self._changed:
            is_free = self._changed.wait_for(
                lambda: turn.held or not self.held or self.held + size <= self._room,
                deadline.remaining(),
            )
            if not is_free:
                raise TimeoutError("other images' answers left no room in memory")
            turn.held += size
            self.held += size

    def keep(self, turn: _Turn, reserved: int, size: int) -> None:
        """The answer has so many bytes: the rest of what was reserved is free."""
        with self._changed:
            free = reserved - (size if size >= _SMALL else 0)
            turn.held -= free
            self.held -= free
            self._changed.notify_all()


_TURN: ContextVar[_Turn | None] = ContextVar("turn", default=None)


def refused() -> None:
    """Anchore has refused a request of this thread's image for now."""
    if (turn := _TURN.get()) is not None:
        turn.side_by_side.refuse(turn)


def reserve(size: int, deadline: Deadline) -> None:
    """Room for an answer of this thread's image; TimeoutError when there is none in time."""
    if (turn := _TURN.get()) is not None:
        turn.side_by_side.reserve(turn, size, deadline)


def keep(reserved: int, size: int) -> None:
    """What of the reserved room the answer takes."""
    if (turn := _TURN.get()) is not None:
        turn.side_by_side.keep(turn, reserved, size)
