"""Records a result, and its notices with it: no crash in between can lose one of them.

The entry goes to the ledger and its notices to the outbox in one write: both are there, or neither.
The publisher (`publisher.py`) takes the notices from the outbox.

    another run wrote first   read again, decide again; a newer verdict is never overwritten
    the ledger refuses        a STOP is to be recorded by a later attempt; only one that has no
                              later attempt, or is one, publishes it, from what it knows
    SNS refuses as well       PublishFailed

What is published so is neither grouped nor known to the publisher: it has a pace of its own, one
message a second from each container. SNS suspends a mail subscription above ten.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.model import Notification
from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.errors import LedgerConflict, LedgerUnavailable
from rescan.kernel.metrics import Metric, Tally
from rescan.kernel.ui_link import UiLink
from rescan.ledger.entry import Entry
from rescan.ledger.news import EventType, News, stable_id
from rescan.ledger.transitions import Remembered
from rescan.notice.render import outbox_items
from rescan.outbox.items import OutboxItem
from rescan.work.ports import Ledger
from rescan.work.topics import Topics

Change = Callable[[Entry], Remembered]


class Recorded(Struct, frozen=True):
    """What became of a result.

    `unrecorded`: a STOP that the ledger did not take; who can try again should. `published_id`
    names what was published of it all the same.
    """

    notification: Notification
    unrecorded: bool = False
    published_id: str | None = None


_TRIES = 5
_PACE = timedelta(seconds=1)


class Recorder:
    """One for all threads of a container."""

    def __init__(
        self,
        ledger: Ledger,
        topics: Topics,
        tally: Tally,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        ui_link: UiLink | None = None,
    ) -> None:
        self._ledger = ledger
        self._topics = topics
        self._tally = tally
        self._clock = clock
        self._sleep = sleep
        self._ui_link = ui_link
        self._next_turn, self._taking_turns = clock(), Lock()

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
        self,
        entry: Entry | None,
        fresh: Entry,
        change: Change,
        published_id: str | None = None,
        *,
        patient: bool = False,
    ) -> Recorded:
        """Write what the change makes of the entry, and its notices into the outbox.

        `entry` None: the ledger cannot be read, and `fresh` stands in for the entry. `published_id`
        names the STOP that an earlier attempt published without being able to save it. `patient`: a
        later attempt will record or publish a STOP that the ledger refuses now.
        PublishFailed when neither the ledger nor SNS takes a STOP.
        """
        for _ in range(_TRIES):
            after, news = change(entry or fresh)
            if after is entry:
                return Recorded(Notification.NONE)  # the result is outdated
            if published_id is not None and _stop_id(after) == published_id:
                news = None
            if entry is None:
                return self._unrecorded(after, news, published_id, patient=patient)
            try:
                self._ledger.write(replace(after, version=entry.version + 1), self._items(news))
            except LedgerConflict:
                entry = self.read(fresh)
            except LedgerUnavailable:
                self._tally.add(Metric.LEDGER_ERRORS)
                return self._unrecorded(after, news, published_id, patient=patient)
            else:
                return Recorded(_notification(after, news))
        raise _contested(fresh)

    def _items(self, news: News | None) -> tuple[OutboxItem, ...]:
        return outbox_items(self._linked(news), self._topics.channels) if news else ()

    def _linked(self, news: News) -> News:
        """The news with the address of its image in Anchore's UI, if that is known."""
        if self._ui_link is None:
            return news
        digest = news.report.image_digest if news.report else None
        return replace(news, anchore_url=self._ui_link.of(news.tag, digest))

    def _unrecorded(
        self, after: Entry, news: News | None, published_id: str | None, *, patient: bool
    ) -> Recorded:
        """Without a ledger only a STOP is published: once too often at worst, never missing."""
        if not after.stopped:
            return Recorded(Notification.NONE)
        if patient or news is None or news.event_type is not EventType.STOP:
            return Recorded(Notification.NONE, unrecorded=True, published_id=published_id)
        self._wait_for_turn()
        for item in self._items(news):
            self._topics.publish(item.channel, item.notice)
        return Recorded(Notification.PUBLISHED, unrecorded=True, published_id=_stop_id(after))

    def _wait_for_turn(self) -> None:
        with self._taking_turns:
            now = self._clock()
            turn = max(now, self._next_turn)
            self._next_turn = turn + _PACE
        self._sleep((turn - now).total_seconds())


def _stop_id(after: Entry) -> str:
    """The same for the same image and findings, whatever the ledger knew of it before."""
    stopping = after.stopping
    facts = [after.verdict, after.digest, sorted(stopping.findings.items())]
    exploited = sorted(filter(stopping.is_exploited, stopping.findings))
    return stable_id(*facts, *([exploited] if exploited else []))


def _contested(entry: Entry) -> LedgerConflict:
    return LedgerConflict(f"{entry.subject} was written {_TRIES} times meanwhile.")


def _notification(after: Entry, news: News | None) -> Notification:
    if news is not None:
        return Notification.QUEUED
    return Notification.KNOWN if after.stopped else Notification.NONE
