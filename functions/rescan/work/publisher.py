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
    SNS refuses the message for now         it stays in flight for the next run, and what follows
                                            about its images waits; after a group, or three messages
                                            in a row, its channel waits
    SNS would never take the message        a group: its notices are published one by one; a notice:
                                            it stays, is counted, and holds nothing up
    the ledger refuses                      the run ends; what waits goes on waiting
    another run has claimed the outbox      NotThePublisher: the claim took too long, the run ends

Not raised but counted and logged: the next minute is the retry, and an alarm watches the age of the
oldest notice. A message of one notice costs three calls of DynamoDB: it is read, marked together
with its storm, and deleted; the mark goes with the next message's, or with the claim.
"""

import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import LedgerUnavailable, NoticeInvalid, NotThePublisher, PublishFailed
from rescan.kernel.metrics import Metric, Tally
from rescan.notice.render import group_notice
from rescan.outbox.group import Group
from rescan.outbox.grouping import GroupingRules, alone, due_at, plan, storm_after, storm_id
from rescan.outbox.items import InFlight, NoticeKey, PendingNotice
from rescan.outbox.notice import Notice
from rescan.outbox.superseding import rounds, superseded
from rescan.work.ports import Outbox
from rescan.work.publisher_run import Run, TimeLeft
from rescan.work.topics import Topics

# A run ends well within its claim: after its last message began it may wait for SNS (13 s) and,
# twice, for the ledger (6 s each).
CLAIM = timedelta(seconds=75)
RUN_TIME = timedelta(seconds=45)
# SNS deactivates an e-mail subscription that gets more than 10 messages a second.
PACE = timedelta(milliseconds=250)
MOST_WAITING = 5_000


class Publisher:
    """`clock` and `sleep` are arguments for the tests' sake."""

    def __init__(
        self,
        outbox: Outbox,
        topics: Topics,
        rules: GroupingRules,
        tally: Tally,
        logger: Logger,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._outbox = outbox
        self._topics = topics
        self._rules = rules
        self._tally = tally
        self._logger = logger
        self._clock = clock
        self._sleep = sleep
        self._undeleted: set[str] = set()

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
        in_flight = self._publish_in_flight(waiting, run)
        repeated = {notice.key for notices in run.superseded.values() for notice in notices}
        self._publish_rounds([n for n in waiting if n.key not in in_flight | repeated], run)

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
            if not members:  # it was published: nothing else deletes them
                self._is_deleted(flight, run)
                continue
            notice = flight.notice or self._outbox.notice(members[0])
            if notice is not None and not notice.problems():
                taken.update(flight.keys)
                self._deliver(flight, notice, members, run)
        return taken

    def _publish_rounds(self, notices: list[PendingNotice], run: Run) -> None:
        """What is later about an image follows in a later message."""
        if not notices:
            return
        names = {storm_id(notice) for notice in notices}
        run.storms = {storm.id: storm for storm in self._outbox.storms(names)}
        for notices_of_round in rounds(notices):
            free = filter(run.may_publish, notices_of_round)
            planned = plan(free, run.storms, self._rules, run.looked_at)
            run.block(planned.held)
            for group in planned.groups:
                self._publish(group, run)

    # --- one message

    def _publish(self, group: Group, run: Run) -> None:
        if run.time_left.over or group.channel in run.paused_channels:
            return
        if (notice := self._notice_of(group)) is None:
            run.deleted.add(group.members[0].key)
            return
        try:
            notice.check()
        except NoticeInvalid as error:
            self._publish_otherwise(group, error, run)
            return
        ids = tuple(envelope.id for envelope in group.envelopes)
        flight = InFlight(group.id, group.channel, ids, notice if ids[1:] else None)
        storm = storm_after(group, run.storms, self._rules, run.looked_at)
        self._outbox.mark_in_flight(flight, storm)
        if storm is not None:
            run.storms[storm.id] = storm
        self._deliver(flight, notice, group.members, run)

    def _notice_of(self, group: Group) -> Notice | None:
        """None: its only notice was deleted meanwhile."""
        return group_notice(group) if group.members[1:] else self._outbox.notice(group.members[0])

    def _publish_otherwise(self, group: Group, error: NoticeInvalid, run: Run) -> None:
        """One by one; in the place of one that can never be published, what it supersedes."""
        self._logger.error("publishing failed", reason=str(error))
        members = group.members
        if len(members) == 1:
            run.failed += 1
            self._tally.add(Metric.PUBLISH_FAILURES)
            members = tuple(run.superseded.get(members[0].key, ()))
        for member in members:
            self._publish(alone(member), run)

    def _deliver(
        self, flight: InFlight, notice: Notice, members: Collection[PendingNotice], run: Run
    ) -> None:
        """What cannot be published and deleted now blocks its images."""
        may_begin = not run.time_left.over and flight.channel not in run.paused_channels
        if not (
            may_begin and self._is_published(flight, notice, run) and self._is_deleted(flight, run)
        ):
            run.block(members)

    def _is_published(self, flight: InFlight, notice: Notice, run: Run) -> bool:
        """At the pace; what SNS did not answer it may have taken."""
        if flight.id in self._undeleted:
            return True
        started = self._clock()
        try:
            self._topics.publish(flight.channel, notice)
        except (PublishFailed, NoticeInvalid) as error:
            self._logger.error("publishing failed", reason=str(error))
            run.refused(flight)
            return False
        else:
            self._undeleted.add(flight.id)
            run.accepted(flight)
            return True
        finally:
            self._rest_since(started)

    def _rest_since(self, started: datetime) -> None:
        rest = PACE - (self._clock() - started)
        self._sleep(max(0.0, rest.total_seconds()))

    def _is_deleted(self, flight: InFlight, run: Run) -> bool:
        """Its notices, and those that it supersedes; what stays is not published again."""
        repeated = [notice for key in flight.keys for notice in run.superseded.get(key, ())]
        try:
            self._outbox.clear_in_flight(flight, [notice.envelope.id for notice in repeated])
        except LedgerUnavailable as error:
            self._tally.add(Metric.LEDGER_ERRORS)
            self._logger.error("what was published cannot be cleared", reason=str(error))
            return False
        self._undeleted.discard(flight.id)
        run.deleted.update(notice.key for notice in repeated)
        return True
