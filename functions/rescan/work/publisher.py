"""The one publisher: groups the notices that wait in the outbox, publishes and deletes them.

A schedule wakes it each NOTICE_WINDOW_SECONDS. It claims the outbox for longer than it works, so
no two publish at the same time; a claim whose owner crashed ends by itself. Each message, of one
notice or of several, goes the same way: it is marked as in flight, published, and its notices are
deleted, which ends the flight.

    it crashes before SNS has the message   the next run publishes it
    it crashes after that                   the next run publishes it again, whole and under the
                                            same id, however many notices have come meanwhile
    it crashes after the deletion           nothing is left to do
    a notice was deleted meanwhile          it is not published
    it cannot be deleted                    the container remembers that it was published, and what
                                            follows about the same image waits
    SNS does not confirm the message        it stays in flight for the next run, and what follows
                                            about its images waits; after a group, or three messages
                                            in a row, its channel waits
    its topic, key or permission fails      the same, and its channel waits at once
    SNS would never take the message        a group: its notices are published one by one; a notice:
                                            it is set aside, and holds nothing up
    SNS refuses it and does not say why     a group: the same; a notice waits behind all others
    this version cannot decode it           it is set aside, and holds nothing up
    the ledger refuses                      the run ends; what waits goes on waiting
    another run has claimed the outbox      NotThePublisher: the claim took too long, the run ends

Not raised but counted and logged: the next minute is the retry, and an alarm watches the age of the
oldest notice. A message of one notice costs three calls of DynamoDB: it is read, marked together
with its storm, and deleted; the mark goes with the next message's, or with the claim.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import LedgerUnavailable, NoticeInvalid, NotThePublisher, PublishFailed
from rescan.kernel.metrics import Metric, Tally
from rescan.kernel.publish_fault import PublishFault
from rescan.notice.render import group_notice
from rescan.outbox.group import Group
from rescan.outbox.grouping import (
    REPEATING,
    GroupingRules,
    alone,
    due_at,
    plan,
    storm_after,
    storm_id,
)
from rescan.outbox.items import InFlight, NoticeKey, PendingNotice
from rescan.outbox.notice import Notice
from rescan.outbox.superseding import rounds, superseded
from rescan.work.delivery import Delivery
from rescan.work.ports import Outbox
from rescan.work.publisher_run import Run, TimeLeft
from rescan.work.set_aside import SetAside
from rescan.work.topics import Topics

# A run ends well within its claim: after its last message began it may wait for SNS (13 s) and,
# twice, for the ledger (6 s each).
CLAIM = timedelta(seconds=75)
RUN_TIME = timedelta(seconds=45)
# Of each channel.
MOST_WAITING = 5_000


class Publisher:
    """`tell` is told what each run has published; `clock` and `sleep` are for the tests' sake."""

    def __init__(
        self,
        outbox: Outbox,
        topics: Topics,
        rules: GroupingRules,
        tally: Tally,
        logger: Logger,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        tell: Callable[[Iterable[PendingNotice]], None] = lambda published: None,
    ) -> None:
        self._outbox = outbox
        self._rules = rules
        self._tally = tally
        self._logger = logger
        self._clock = clock
        self._set_aside = SetAside(outbox, tally, logger)
        self._delivery = Delivery(outbox, topics, tally, logger, clock, sleep)
        self._in_doubt: set[NoticeKey] = set()
        self._tell = tell

    def run(self, deadline: Deadline) -> dict[str, Any]:
        """Publish what waits, at the pace: {"published", "images", "failed", "left"}."""
        now = self._clock()
        run = Run(TimeLeft(deadline, self._clock, RUN_TIME), now)
        try:
            if self._outbox.claim(now, now + CLAIM):
                self._publish_all(run)
                self._outbox.release()
        except LedgerUnavailable as error:
            self._tally.add(Metric.LEDGER_ERRORS)
            self._logger.error("the outbox cannot be read or cleared", reason=str(error))
        except NotThePublisher as error:
            self._logger.error("the outbox was claimed by another", reason=str(error))
        if run.pending:
            self._logger.info("notices published", **run.answer)
        return run.answer

    def _publish_all(self, run: Run) -> None:
        waiting = self._outbox.waiting(MOST_WAITING)
        self._measure(waiting)
        run.pending = len(waiting)
        run.superseded = superseded(waiting)
        if waiting:
            names = {storm_id(notice) for notice in waiting}
            run.storms = {storm.id: storm for storm in self._outbox.storms(names)}
        self._set_aside.what_is_unreadable(run)
        in_flight = self._publish_in_flight(waiting, run)
        repeated = {notice.key for notices in run.superseded.values() for notice in notices}
        self._publish_rounds([n for n in waiting if n.key not in in_flight | repeated], run)
        self._tell(notice for notice in waiting if notice.key in run.published_notices)

    def _measure(self, waiting: Collection[PendingNotice]) -> None:
        """Also nothing: an alarm takes silence for a publisher that has died."""
        oldest = min((due_at(notice, self._rules) for notice in waiting), default=None)
        age = self._clock() - oldest if oldest else timedelta()
        self._tally.add(Metric.OLDEST_NOTICE_AGE_SECONDS, max(0.0, age.total_seconds()))

    def _publish_in_flight(self, waiting: Collection[PendingNotice], run: Run) -> set[NoticeKey]:
        """Finish what runs before could not; the notices that no other message may hold."""
        by_key = {notice.key: notice for notice in waiting}
        taken: set[NoticeKey] = set()
        for flight in self._outbox.in_flight():
            members = [by_key[key] for key in flight.keys if key in by_key]
            if not members:  # it was published, or they were set aside
                self._outbox.forget(flight)
            elif (notice := self._message_of(flight, members[0])) is not None:
                taken.update(flight.keys)
                self._deliver(flight, notice, members, run)
        return taken

    def _message_of(self, flight: InFlight, first: PendingNotice) -> Notice | None:
        """None when it cannot be published as it is: its notices are planned anew."""
        with suppress(NoticeInvalid):
            notice = flight.notice or self._outbox.notice(first)
            return notice if notice is not None and not notice.problems() else None
        return None

    def _publish_rounds(self, notices: list[PendingNotice], run: Run) -> None:
        """What is later about an image follows in a later message."""
        in_doubt = [notice for notice in notices if notice.key in self._in_doubt]
        self._in_doubt = {notice.key for notice in in_doubt}
        run.block(in_doubt)
        for notices_of_round in rounds(notices):
            free = filter(run.may_publish, notices_of_round)
            planned = plan(free, run.storms, self._rules, run.looked_at)
            # Readers know what a notice says that is only collected.
            run.block(n for n in planned.held if n.envelope.event_type not in REPEATING)
            for group in planned.groups:
                self._publish(group, run)
        for notice in in_doubt:
            self._publish(alone(notice), run)

    # --- one message

    def _publish(self, group: Group, run: Run) -> None:
        if run.time_left.over or group.channel in run.paused_channels:
            return
        try:
            if (notice := self._notice_of(group)) is None:
                run.deleted.add(group.members[0].key)
                return
            notice.check()
        except NoticeInvalid as error:
            self._logger.error("publishing failed", reason=str(error))
            self._publish_otherwise(group.members, error, run)
        else:
            self._begin(group, notice, run)

    def _notice_of(self, group: Group) -> Notice | None:
        """None: its only notice was deleted meanwhile."""
        return group_notice(group) if group.members[1:] else self._outbox.notice(group.members[0])

    def _begin(self, group: Group, notice: Notice, run: Run) -> None:
        ids = tuple(envelope.id for envelope in group.envelopes)
        flight = InFlight(group.id, group.channel, ids, notice if ids[1:] else None)
        storm = storm_after(group, run.storms, self._rules, run.looked_at)
        self._outbox.mark_in_flight(flight, storm)
        if self._deliver(flight, notice, group.members, run) and storm is not None:
            run.storms[storm.id] = storm

    def _deliver(
        self, flight: InFlight, notice: Notice, members: Sequence[PendingNotice], run: Run
    ) -> bool:
        """What cannot be published and deleted now blocks its images.

        False: SNS refuses the message itself, so it is in flight no longer.
        """
        may_begin = not run.time_left.over and flight.channel not in run.paused_channels
        try:
            is_done = (
                may_begin
                and self._delivery.is_published(flight, notice, run)
                and self._delivery.is_cleared(flight, run)
            )
        except (NoticeInvalid, PublishFailed) as error:
            self._outbox.forget(flight)
            self._after_refusal(flight, members, error, run)
            return False
        if not is_done:
            run.block(members)
        return True

    def _after_refusal(
        self,
        flight: InFlight,
        members: Sequence[PendingNotice],
        error: NoticeInvalid | PublishFailed,
        run: Run,
    ) -> None:
        if flight.notice is not None:
            run.failed += 1
            self._publish_one_by_one(members, run)
        elif isinstance(error, PublishFailed) and error.fault is PublishFault.IN_DOUBT:
            self._in_doubt.update(flight.keys)
            run.failed_at(flight.channel)
            run.block(members)
        else:
            self._publish_otherwise(members, error, run)

    def _publish_otherwise(
        self, members: Sequence[PendingNotice], error: Exception, run: Run
    ) -> None:
        """One by one; in the place of one that can never be published, what it supersedes."""
        if len(members) == 1:
            self._set_aside.notice(members[0], str(error), run)
            members = run.superseded.get(members[0].key, [])
        self._publish_one_by_one(members, run)

    def _publish_one_by_one(self, members: Iterable[PendingNotice], run: Run) -> None:
        for member in members:
            self._publish(alone(member), run)
