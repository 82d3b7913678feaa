"""Which feeds Anchore has, for the ledger: on them, or on newer ones, a verdict rests."""

from datetime import datetime, timedelta
from threading import Lock

from rescan.events.commands import Gate
from rescan.gate.data_version import ReadDataVersion
from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError

_ASKED_EACH = timedelta(minutes=5)


class FeedsSeen:
    """Asks Anchore once in five minutes and container, for any thread; also after an error."""

    def __init__(self, read: ReadDataVersion, clock: Clock = utc_now) -> None:
        self._read = read
        self._clock = clock
        self._lock = Lock()
        self._asked_at: datetime | None = None
        self._feeds: str | None = None

    def version(self, gate: Gate, deadline: Deadline) -> str | None:
        """What the work tells; else for a sweep's image what was asked for lately. None: not known.

        A push is sent back too often to be asked for, and the next sweep follows it.
        """
        if gate.feeds is not None or gate.sweep is None:
            return gate.feeds
        with self._lock:
            now = self._clock()
            if self._asked_at is None or now - self._asked_at >= _ASKED_EACH:
                self._asked_at, self._feeds = now, self._ask(deadline)
            return self._feeds

    def _ask(self, deadline: Deadline) -> str | None:
        try:
            return self._read(deadline.half()).feeds
        except AnchoreError:
            return None
