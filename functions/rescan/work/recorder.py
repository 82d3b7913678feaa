"""Records a result, and its notices with it: no crash in between can lose one of them.

The entry goes to the ledger and its notices to the outbox in one write: both are there, or neither.
The publisher (`publisher.py`) takes the notices from the outbox.

    another run wrote first   read again, decide again; a newer verdict is never overwritten
    the ledger refuses        a STOP is to be recorded by a later attempt; only one that has no
                              later attempt, or is one, publishes it, from what it knows
    SNS refuses as well,      PublishFailed
    or the turn is far off

What is published so is neither grouped nor known to the publisher, and nothing is left in which
containers could agree on a pace: SNS suspends a mail subscription above ten messages a second. So
each of the most containers that the queue starts has its share of two a second, at a moment of its
own. More than ten in one second are then to be expected less than once in a day of that.
"""

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Lock

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.model import Notification
from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.errors import LedgerConflict, LedgerUnavailable, PublishedInPart, PublishFailed
from rescan.kernel.metrics import Metric, Tally
from rescan.kernel.publish_fault import PublishFault
from rescan.kernel.ui_link import UiLink
from rescan.ledger.entry import Entry
from rescan.ledger.news import EventType, News, stable_id
from rescan.ledger.old_image import OldImage
from rescan.ledger.transitions import Remembered
from rescan.notice.render import outbox_items
from rescan.outbox.items import OutboxItem
from rescan.work.ports import Ledger
from rescan.work.topics import Topics

Change = Callable[[Entry], Remembered]


class Recorded(Struct, frozen=True):
    """What became of a result.

    `unrecorded`: what the ledger did not take of a STOP, of the end of one that it does not know,
    or of a failed attempt; who can try again should.
    `published_id` names what was published of a STOP all the same.
    """

    notification: Notification
    unrecorded: bool = False
    published_id: str | None = None


_TRIES = 5
# For so long a notice may wait in the outbox, while SNS is away or the ledger refuses.
_MAY_WAIT = timedelta(days=1)
# Of all containers together.
_MESSAGES_A_SECOND = 2
# An invocation keeps 35 s back to record, publish and answer.
_LONGEST_WAIT = timedelta(seconds=20)

_FAR_OFF = (
    "The ledger refuses a STOP, and without it this container publishes its next in {:,.0f} s: SNS"
    " suspends a mail subscription that gets too much at once. The message is to come back."
)


class Recorder:
    """One for all threads of a container, of which there are at most so many at work.

    `jitter` returns a number from 0 to 1.
    """

    def __init__(
        self,
        ledger: Ledger,
        topics: Topics,
        tally: Tally,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        containers: int = 2,
        jitter: Callable[[], float] = random.random,
        ui_link: UiLink | None = None,
    ) -> None:
        self._ledger = ledger
        self._topics = topics
        self._tally = tally
        self._clock = clock
        self._sleep = sleep
        self._pace = timedelta(seconds=containers / _MESSAGES_A_SECOND)
        self._jitter = jitter
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
        PublishFailed when neither the ledger nor SNS takes a STOP, or SNS takes no more for now.
        """
        for _ in range(_TRIES):
            after, news = change(entry or fresh)
            if after is entry:
                return Recorded(Notification.NONE)  # the result is outdated
            is_told = published_id is not None and _stop_id(after) == published_id
            if is_told and not _may_follow(entry, self._clock()):
                news = None
            if entry is None:
                return self._unrecorded(after, news, published_id, patient=patient)
            try:
                self._ledger.write(
                    replace(after, version=entry.version + 1), self._items(news, after)
                )
            except LedgerConflict:
                entry = self.read(fresh)
            except LedgerUnavailable:
                self._tally.add(Metric.LEDGER_ERRORS)
                return self._unrecorded(after, news, published_id, patient=patient)
            else:
                return Recorded(_notification(after, news))
        raise _contested(fresh)

    def _items(self, news: News | None, after: Entry) -> tuple[OutboxItem, ...]:
        return outbox_items(self._located(news, after), self._topics.channels) if news else ()

    def _located(self, news: News, after: Entry) -> News:
        """The news with what is known of where its image runs, and where Anchore's UI shows it."""
        digest = news.report.image_digest if news.report else None
        running = after.running.about(digest) if after.running else None
        url = self._ui_link.of(news.tag, digest) if self._ui_link else None
        return replace(news, running=running, anchore_url=url, old=self._old(news, after))

    def _old(self, news: News, after: Entry) -> OldImage | None:
        """What the tag has moved on to, and the verdict of that; None: it is on this image."""
        moved_to = news.report.current_digest if news.report else None
        if after.old_digest is None or (news.report and not moved_to):
            return None
        current = self.read(Entry(subject=after.tag_subject, tag=after.tag)) if moved_to else None
        if current is None or current.digest != moved_to:
            return OldImage(after.old_digest, moved_to)
        return OldImage(after.old_digest, moved_to, current.verdict)

    def _unrecorded(
        self, after: Entry, news: News | None, published_id: str | None, *, patient: bool
    ) -> Recorded:
        """Without a ledger only a STOP is published: once too often at worst, never missing."""
        if not after.stopped:
            is_missed = bool(after.failing or after.unknown_push or published_id)
            return Recorded(Notification.NONE, unrecorded=is_missed, published_id=published_id)
        if patient or news is None or news.event_type is not EventType.STOP:
            return Recorded(Notification.NONE, unrecorded=True, published_id=published_id)
        self._wait_for_turn()
        self._publish(self._items(news, after))
        return Recorded(Notification.PUBLISHED, unrecorded=True, published_id=_stop_id(after))

    def _publish(self, items: Sequence[OutboxItem]) -> None:
        for number, item in enumerate(items):
            try:
                self._topics.publish(item.channel, item.notice)
            except PublishFailed as error:
                if number or error.fault is PublishFault.UNHEARD:
                    raise PublishedInPart(str(error), error.fault) from error
                raise

    def _wait_for_turn(self) -> None:
        """Turns are at least a pace apart; the first is at random, for all may begin at once."""
        with self._taking_turns:
            now = self._clock()
            if self._next_turn <= now:
                self._next_turn = now + self._pace * self._jitter()
            wait = self._next_turn - now
            if wait > _LONGEST_WAIT:
                raise PublishFailed(_FAR_OFF.format(wait.total_seconds()))
            self._next_turn += self._pace
        self._sleep(wait.total_seconds())


def _stop_id(after: Entry) -> str:
    """The same for the same image and findings, whatever the ledger knew of it before."""
    stopping = after.stopping
    facts = [after.verdict, after.digest, sorted(stopping.findings.items())]
    exploited = sorted(filter(stopping.is_exploited, stopping.findings))
    return stable_id(*facts, *([exploited] if exploited else []))


def _may_follow(entry: Entry | None, now: datetime) -> bool:
    """Whether the end of an earlier STOP may be told behind the one that was published directly."""
    if entry is None or entry.stopped:
        return False
    decided = entry.notice_at, entry.failure_notice_at
    return any(now - at < _MAY_WAIT for at in decided if at is not None)


def _contested(entry: Entry) -> LedgerConflict:
    return LedgerConflict(f"{entry.subject} was written {_TRIES} times meanwhile.")


def _notification(after: Entry, news: News | None) -> Notification:
    if news is not None:
        return Notification.QUEUED
    return Notification.KNOWN if after.stopped else Notification.NONE
