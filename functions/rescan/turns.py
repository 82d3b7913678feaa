"""Work on the same subject takes turns, as far as it happens in one process.

A push and a sweep often meet in one batch: the second would find the notice of the first in the
outbox, about to be published, and publish it too.
"""

from threading import Lock, RLock
from weakref import WeakValueDictionary

__all__ = ["Turns"]


class Turns:
    """A lock for each subject, which its holder may take again; kept as long as it is in use."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, RLock] = WeakValueDictionary()
        self._lock = Lock()

    def of(self, subject: str) -> RLock:
        """Hold it while working on the subject."""
        with self._lock:
            return self._locks.setdefault(subject, RLock())
