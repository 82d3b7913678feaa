"""The one publisher: takes what waits in the outbox, puts it together, publishes it, clears it.

A schedule wakes it each NOTICE_WINDOW_SECONDS. It claims the outbox for longer than it works, so
no two publish at the same time; a claim whose owner died ends by itself.

    it dies before a message      nothing has happened
    it dies behind a message      the next run says it again, under the same id: a notice is taken
                                  away, and a group forgotten, only once SNS has it
    it cannot be taken away       the container remembers that it was said, and what is later of the
                                  same image waits
    SNS refuses                   the message waits for the next run, and what is later of the same
                                  image with it; after a group, or three in a row, its channel waits
    the ledger refuses            the run ends; what waits goes on waiting
    another claims it             NotThePublisher: the claim took too long, the run ends

Not raised but counted and logged: the next minute is the retry, and an alarm watches the age of the
oldest notice.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import LedgerUnavailable, NoticeInvalid, NotThePublisher, PublishFailed
from rescan.kernel.metrics import Metric, Tally
from rescan.notice.render import group_notice
from rescan.outbox.group import Group
from rescan.outbox.grouping import GroupingRules, Storm, plan, storm_after
from rescan.outbox.items import Channel, InFlight, PendingNotice
from rescan.outbox.notice import Notice
from rescan.work.ports import Outbox
from rescan.work.publisher_run import Named, Run, TimeLeft
from rescan.work.topics import Topics

# A run ends well within its claim: behind its last message it may wait for SNS (13 s) and, twice,
# for the ledger (6 s each).
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
        self._uncleared: set[Named] = set()
        self._delivered: set[str] = set()

    def run(self, deadline: Deadline) -> dict[str, Any]:
        """Publish what waits, at the pace: {"published", "images", "failed", "left"}."""
        run = Run(TimeLeft(deadline, self._clock, RUN_TIME))
        try:
            if self._outbox.claim(now := self._clock(), now + CLAIM):
                self._publish_all(run)
                self._outbox.release()
        except LedgerUnavailable as error:
            self._tally.add(Metric.LEDGER_ERRORS)
            self._logger.error("the outbox cannot be read or cleared", reason=str(error))
        except NotThePublisher as error:
            self._logger.error("the outbox was claimed by another", reason=str(error))
        if run.waiting:
            self._logger.info("notices published", **run.told)
        return run.told

    def _publish_all(self, run: Run) -> None:
        waiting = self._outbox.waiting(MOST_WAITING)
        self._measure(waiting)
        run.waiting = len(waiting)
        for flight in self._outbox.in_flight():
            if flight.channel not in run.paused_channels:
                self._deliver(flight, run)
        waiting = self._not_said(waiting, run)
        storms = {storm.id: storm for storm in self._outbox.storms()}
        self._publish(plan(waiting, storms, self._rules, self._clock()).units, storms, run)

    def _publish(
        self, units: Iterable[PendingNotice | Group], storms: dict[str, Storm], run: Run
    ) -> None:
        for unit in units:
            if run.time_left.over:
                return
            if unit.channel in run.paused_channels:
                continue
            if isinstance(unit, PendingNotice):
                self._publish_one(unit, storms, run)
            else:
                self._publish_group(unit, storms, run)

    def _measure(self, waiting: list[PendingNotice]) -> None:
        """Also nothing: an alarm takes silence for a publisher that has died."""
        oldest = min((it.envelope.at for it in waiting), default=None)
        age = self._clock() - oldest if oldest else timedelta()
        self._tally.add(Metric.OLDEST_NOTICE_AGE_SECONDS, max(0.0, age.total_seconds()))

    # --- one message

    def _publish_one(self, waiting: PendingNotice, storms: dict[str, Storm], run: Run) -> None:
        image = waiting.channel, waiting.envelope.subject
        if image in run.blocked_images:
            return
        if (notice := self._outbox.notice(waiting)) is None:
            run.waiting -= 1
            return
        try:
            self._say(waiting.channel, notice, run)
        except PublishFailed:
            run.blocked_images.add(image)
            return
        except NoticeInvalid:
            return  # It can never be published: whatever is later does not wait for it.
        if not self._clear(waiting.channel, [waiting.envelope.id], run):
            run.blocked_images.add(image)
        self._remember(storm_after(waiting, storms, self._rules, self._clock()), storms)

    def _remember(self, storm: Storm | None, storms: dict[str, Storm]) -> None:
        """Without it a storm that comes slowly is told one by one."""
        if storm is None:
            return
        storms[storm.id] = storm
        try:
            self._outbox.remember(storm)
        except LedgerUnavailable:
            self._tally.add(Metric.LEDGER_ERRORS)

    def _publish_group(self, group: Group, storms: dict[str, Storm], run: Run) -> None:
        notice = group_notice(group)
        if problems := notice.problems():
            self._logger.error("a group breaks a limit of SNS", reason="; ".join(problems))
            self._publish(group.members, storms, run)
            return
        storm = storm_after(group, storms, self._rules, self._clock())
        ids = tuple(envelope.id for envelope in group.envelopes)
        flight = InFlight(group.id, group.channel, notice, ids)
        self._outbox.mark_in_flight(flight, storm)
        if storm is not None:
            storms[storm.id] = storm
        self._deliver(flight, run)

    def _deliver(self, flight: InFlight, run: Run) -> None:
        """What SNS does not take stays in flight, and is the next message of its channel."""
        channel = flight.channel
        if flight.id not in self._delivered:
            try:
                self._say(channel, flight.notice, run)
            except (PublishFailed, NoticeInvalid):
                run.paused_channels.add(channel)
                return
            self._delivered.add(flight.id)
        if self._clear(channel, flight.ids, run):
            self._outbox.clear_in_flight(flight)
            self._delivered.discard(flight.id)

    def _say(self, channel: Channel, notice: Notice, run: Run) -> None:
        """Publish, at the pace; PublishFailed, NoticeInvalid, which the run knows of."""
        started = self._clock()
        try:
            self._topics.publish(channel, notice)
        except (PublishFailed, NoticeInvalid) as error:
            self._logger.error("publishing failed", reason=str(error))
            run.failed += 1
            if isinstance(error, PublishFailed):
                run.refused(channel)
                # SNS may have taken what it did not answer.
                self._rest_since(started)
            raise
        run.accepted(channel)
        self._rest_since(started)

    def _rest_since(self, started: datetime) -> None:
        rest = PACE - (self._clock() - started)
        self._sleep(max(0.0, rest.total_seconds()))

    # --- what was said is taken away

    def _clear(self, channel: Channel, names: Sequence[str], run: Run) -> bool:
        """What the ledger does not clear now is not said again, as long as the container lives."""
        said = {(channel, name) for name in names}
        run.published_notices |= said
        self._uncleared |= said
        try:
            self._outbox.remove(channel, names)
        except LedgerUnavailable as error:
            self._tally.add(Metric.LEDGER_ERRORS)
            self._logger.error("what was published cannot be cleared", reason=str(error))
            return False
        self._uncleared -= said
        return True

    def _not_said(self, waiting: list[PendingNotice], run: Run) -> list[PendingNotice]:
        """The others were said before; what cannot be cleared holds back what follows it.

        Said again by a container that does not know, it would be the image's last word.
        """
        for channel in Channel:
            ids = (it.envelope.id for it in waiting if it.channel is channel)
            said = [
                name for name in ids if (channel, name) in self._uncleared - run.published_notices
            ]
            if said:
                self._clear(channel, said, run)
        for it in waiting:
            if (it.channel, it.envelope.id) in self._uncleared:
                run.blocked_images.add((it.channel, it.envelope.subject))
        return [
            it
            for it in waiting
            if (it.channel, it.envelope.id) not in run.published_notices
            and (it.channel, it.envelope.subject) not in run.blocked_images
        ]
