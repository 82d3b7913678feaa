"""Asynchronous invocations: what a schedule starts, as Lambda repeats it and gives it up.

Source: AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous
invocation"; AWS Lambda API Reference, PutFunctionEventInvokeConfig.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.runtime_api import Invocation

# What Lambda says when no container is free.
THROTTLED = Invocation(error={"errorType": "TooManyRequestsException"})
_MINUTE = 60.0
_LONGEST_PAUSE = 300.0


@dataclass(eq=False)
class _Waiting:
    event: Any
    since: float
    due: float
    failures: int = 0
    throttles: int = 0


@dataclass
class AsyncEvents:
    """Repeats a failed event after one minute and after two, `most_retries` times.

    A throttled one is tried again at growing distances, until it is older than `oldest` seconds.
    `destination` takes what failed to the end; `handled` counts the others.
    """

    now: Callable[[], float]
    invoke: Callable[[Any], Invocation]
    most_retries: int
    oldest: float
    handled: int = 0
    destination: list[Any] = field(default_factory=list)
    _waiting: list[_Waiting] = field(default_factory=list)

    def put(self, event: Any) -> None:
        """Lambda takes the event, and invokes the function with it at its own time."""
        self._waiting.append(_Waiting(event, self.now(), self.now()))

    @property
    def next_at(self) -> float | None:
        """When the function is to be invoked next; None: no event waits."""
        return min((each.due for each in self._waiting), default=None)

    def run(self) -> None:
        """Invoke the function once for each event that is due."""
        for each in [each for each in self._waiting if each.due <= self.now()]:
            ended = self.invoke(each.event)
            is_over = ended.error is None
            self.handled += is_over
            if not is_over and not self._tries_again(each, ended):
                self.destination.append(each.event)
                is_over = True
            if is_over:
                self._waiting.remove(each)

    def _tries_again(self, each: _Waiting, ended: Invocation) -> bool:
        if ended == THROTTLED:
            each.throttles += 1
            each.due = self.now() + min(_LONGEST_PAUSE, 2.0 ** (each.throttles - 1))
            return each.due - each.since <= self.oldest
        each.failures += 1
        each.due = self.now() + _MINUTE * each.failures
        return each.failures <= self.most_retries
