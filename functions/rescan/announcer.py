"""Remembers a result and says what is new about it, so that no crash between the two loses it.

Verdict and notice are one conditional write: the notice stands in the entry's outbox until it
was published. Whatever a crash leaves there is published by the next run that reads the entry.

    the ledger refuses        -> a STOP is published at once, from what this run knows
    another run wrote first   -> read again, decide again; a newer verdict is never overwritten
    SNS refuses               -> PublishFailed; the notice stays in the outbox
    no slot free for a while  -> NoSlot; the same
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from rescan.clock import Clock, utc_now
from rescan.errors import LedgerConflict, LedgerUnavailable, NoSlot
from rescan.memory import Entry, Remembered
from rescan.metrics import Metric, Tally
from rescan.model import Notification
from rescan.news import EventType
from rescan.notice.notice import Notice
from rescan.notice.notice_of import notice_of
from rescan.ports import Ledger, Page, Topic

__all__ = ["Announcer", "Change"]

Change = Callable[[Entry], Remembered]

# How long a publisher waits for its turn; what is due later goes back to the queue.
LONGEST_WAIT = timedelta(seconds=10)
_TRIES = 5


class Announcer:
    """`clock` and `sleep` are arguments for the tests' sake."""

    def __init__(
        self,
        ledger: Ledger,
        topic: Topic,
        tally: Tally,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ledger = ledger
        self._topic = topic
        self._tally = tally
        self._clock = clock
        self._sleep = sleep

    def read(self, fresh: Entry) -> Page | None:
        """What is remembered of the subject, `fresh` if nothing; None: the ledger refuses."""
        try:
            return self._ledger.read(fresh.subject) or Page(fresh)
        except LedgerUnavailable:
            self._tally.add(Metric.LEDGER_ERRORS)
            return None

    def flush(self, page: Page) -> Notification:
        """Publish what an earlier run decided and did not get to say."""
        if not page.outbox:
            return Notification.NONE
        for notice in page.outbox:
            self._publish(notice)
        self._clear(page.entry)
        return Notification.PUBLISHED

    def mark_swept(self, entry: Entry, sweep: datetime) -> None:
        """The entry is newer than the sweep: that counts as the sweep's result."""
        try:
            self._ledger.mark_swept(entry.subject, sweep)
        except LedgerUnavailable:
            self._tally.add(Metric.LEDGER_ERRORS)

    def settle(self, page: Page | None, fresh: Entry, change: Change) -> Notification:
        """Write what the change makes of the entry, and publish its news.

        `page` None: the ledger refused to be read, so `fresh` stands for the entry.
        """
        if page is None:
            return self._say_unremembered(change(fresh))
        for _ in range(_TRIES):
            after, news = change(page.entry)
            if after is page.entry:
                return Notification.NONE  # the change found itself outdated
            outbox = (*page.outbox, notice_of(news)) if news else page.outbox
            version = page.entry.version + 1
            written = Page(replace(after, version=version), outbox)
            try:
                self._ledger.write(written)
                said = self.flush(written)
                is_known = after.stopped and said is Notification.NONE
                return Notification.KNOWN if is_known else said
            except LedgerConflict:
                page = self.read(fresh)
            except LedgerUnavailable:
                page = None
                self._tally.add(Metric.LEDGER_ERRORS)
            if page is None:
                return self._say_unremembered((after, news))
        raise LedgerConflict(f"{fresh.subject} was written {_TRIES} times meanwhile.")

    def _say_unremembered(self, remembered: Remembered) -> Notification:
        """Without a memory only a STOP is said: at worst again, never too seldom."""
        _, news = remembered
        if news is None or news.event_type is not EventType.STOP:
            return Notification.NONE
        self._publish(notice_of(news), paced=False)
        return Notification.PUBLISHED

    def _publish(self, notice: Notice, *, paced: bool = True) -> None:
        if paced:
            self._await_slot()
        try:
            self._topic.publish(notice)
        except Exception:
            self._tally.add(Metric.PUBLISH_FAILURES)
            raise
        self._tally.add(Metric.PUBLISHED)

    def _await_slot(self) -> None:
        now = self._clock()
        try:
            slot = self._ledger.claim_slot(now, LONGEST_WAIT)
        except LedgerUnavailable:
            return  # never hold a notice back for the pace's sake
        if slot is None:
            raise NoSlot("Too many notices are due now; this one waits in the ledger.")
        self._sleep(max(0.0, (slot - now).total_seconds()))

    def _clear(self, entry: Entry) -> None:
        try:
            self._ledger.clear_outbox(entry)
        except LedgerUnavailable:
            self._tally.add(Metric.LEDGER_ERRORS)  # published again by the next run, not lost
