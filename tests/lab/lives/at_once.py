"""What threads would do, done at once: threads would race, and no seed would choose."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class AtOnce(Executor):
    """Each call ends before the next one begins; `threads` is how many there would be."""

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def submit(  # type: ignore[override]
        self, call: Callable[..., Any], *arguments: Any
    ) -> "Future[Any]":
        """What the call came to, also when the process ended in it."""
        future: Future[Any] = Future()
        try:
            future.set_result(call(*arguments))
        except BaseException as error:  # noqa: BLE001 - whoever waits for it raises it
            future.set_exception(error)
        return future
