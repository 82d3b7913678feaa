"""Records a result, and its notices with it: no crash in between can lose one of them.

The entry goes to the ledger and its notices to the outbox in one write: both are there, or neither.
The publisher (`publisher.py`) takes the notices from the outbox.

    another run wrote first   read again, decide again; a newer verdict is never overwritten
    the ledger refuses        a STOP is published at once, from what this run knows, and is still
                              to be recorded: another run may have decided otherwise meanwhile
    SNS refuses as well       PublishFailed
"""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.model import Notification
from rescan.kernel.errors import LedgerConflict, LedgerUnavailable
from rescan.kernel.metrics import Metric, Tally
from rescan.ledger.entry import Entry
from rescan.ledger.news import EventType, News
from rescan.ledger.transitions import Remembered
from rescan.notice.render import outbox_items
from rescan.outbox.items import OutboxItem
from rescan.work.ports import Ledger
from rescan.work.topics import Topics

Change = Callable[[Entry], Remembered]


class Recorded(Struct, frozen=True):
    """What became of a result.

    `unrecorded`: a STOP that the ledger did not take; who can try again should. `published_id` is
    the id it was published under although it was not saved.
    """

    notification: Notification
    unrecorded: bool = False
    published_id: str | None = None


_TRIES = 5


class Recorder:
    """One for all threads of a container."""

    def __init__(self, ledger: Ledger, topics: Topics, tally: Tally) -> None:
        self._ledger = ledger
        self._topics = topics
        self._tally = tally

    def read(self, fresh: Entry) -> Entry | None:
        """The ledger's entry, or `fresh` when there is none; None when the ledger refuses."""
        try:
            return self._ledger.read(fresh.subject) or fresh
        except LedgerUnavailable:
            self._tally.add(Metric.LEDGER_ERRORS)
            return None

    def mark_swept(self, entry: Entry, sweep: datetime) -> None:
        """Let an entry that is newer than the sweep count as the sweep's result; LedgerConflict."""
        for _ in range(_TRIES):
            try:
                return self._ledger.mark_swept(entry.subject, sweep)
            except LedgerConflict:
                continue
            except LedgerUnavailable:
                return self._tally.add(Metric.LEDGER_ERRORS)
        raise _contested(entry)

    def record(
        self, entry: Entry | None, fresh: Entry, change: Change, published_id: str | None = None
    ) -> Recorded:
        """Write what the change makes of the entry, and its notices into the outbox.

        `entry` None: the ledger cannot be read, and `fresh` stands in for the entry. `published_id`
        is the id of a STOP that an earlier attempt published without being able to save it.
        PublishFailed when neither the ledger nor SNS takes a STOP.
        """
        for _ in range(_TRIES):
            after, news = change(entry or fresh)
            if after is entry:
                return Recorded(Notification.NONE)  # the result is outdated
            news = None if news is not None and news.id == published_id else news
            if entry is None:
                return self._publish_unrecorded(after, news, published_id)
            try:
                self._ledger.write(replace(after, version=entry.version + 1), self._items(news))
            except LedgerConflict:
                entry = self.read(fresh)
            except LedgerUnavailable:
                self._tally.add(Metric.LEDGER_ERRORS)
                return self._publish_unrecorded(after, news, published_id)
            else:
                return Recorded(_notification(after, news))
        raise _contested(fresh)

    def _items(self, news: News | None) -> tuple[OutboxItem, ...]:
        return outbox_items(news, self._topics.channels) if news else ()

    def _publish_unrecorded(
        self, after: Entry, news: News | None, published_id: str | None
    ) -> Recorded:
        """Without a ledger only a STOP is published: once too often at worst, never missing."""
        if not after.stopped:
            return Recorded(Notification.NONE)
        if news is None or news.event_type is not EventType.STOP:
            return Recorded(Notification.NONE, unrecorded=True, published_id=published_id)
        for item in self._items(news):
            self._topics.publish(item.channel, item.notice)
        return Recorded(Notification.PUBLISHED, unrecorded=True, published_id=news.id)


def _contested(entry: Entry) -> LedgerConflict:
    return LedgerConflict(f"{entry.subject} was written {_TRIES} times meanwhile.")


def _notification(after: Entry, news: News | None) -> Notification:
    if news is not None:
        return Notification.QUEUED
    return Notification.KNOWN if after.stopped else Notification.NONE
