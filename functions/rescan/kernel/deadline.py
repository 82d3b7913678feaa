"""How long work may still take: a moment on the monotonic clock, passed down to each wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Deadline:
    """A moment (`at`, seconds on `clock`) after which nobody waits for the result.

    `grace` are seconds beyond it, for publishing what was found until then.
    """

    at: float
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    grace: float = 0.0

    @classmethod
    def after(
        cls, seconds: float, clock: Callable[[], float] = time.monotonic, grace: float = 0.0
    ) -> "Deadline":
        """The moment `seconds` from now."""
        return cls(clock() + seconds, clock, grace)

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.at - self.clock())

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining() == 0.0

    def with_grace(self) -> "Deadline":
        """The moment at which the grace ends."""
        return Deadline(self.at + self.grace, self.clock)

    def half(self) -> "Deadline":
        """The deadline of a step that others follow: half of what is left.

        So a server that drips its answer leaves time for the later steps.
        """
        return self.share(2)

    def share(self, number: int) -> "Deadline":
        """The deadline of the first of so many that share what is left."""
        return Deadline(self.clock() + self.remaining() / number, self.clock)
