"""The one publisher: takes what waits in the outbox, puts it together, publishes it, clears it.

A schedule wakes it each NOTICE_WINDOW_SECONDS. It claims the outbox for longer than it works, so
no two publish at the same time; a claim whose owner died ends by itself.

    it dies before a message      nothing has happened
    it dies behind a message      the next run says it again, under the same id: a notice is taken
                                  away, and a group forgotten, only once SNS has it
    it cannot be taken away       the container remembers that it was said
    SNS refuses                   the message waits for the next run; after three in a row the run
                                  ends
    the ledger refuses            the run ends; what waits goes on waiting
    another claims it             NotThePublisher: the claim took too long, the run ends

Not raised but counted and logged: the next minute is the retry, and an alarm watches the age of the
oldest notice.
"""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from msgspec import Struct, field

from rescan.clock import Clock, utc_now
from rescan.deadline import Deadline
from rescan.errors import LedgerUnavailable, NoticeInvalid, NotThePublisher, PublishFailed
from rescan.grouping import GroupingRules, Storm, plan, storm_after
from rescan.metrics import Metric, Tally
from rescan.notice.due import Channel, Waiting
from rescan.notice.group import Group
from rescan.notice.group_chat import group_chat
from rescan.notice.group_notice import group_notice
from rescan.notice.notice import Notice
from rescan.ports import InFlight, Outbox
from rescan.topics import Topics

__all__ = ["CLAIM", "PACE", "Publisher"]

# A run ends well within its claim: behind its last message it may wait for SNS (13 s) and, twice,
# for the ledger (6 s each).
CLAIM = timedelta(seconds=75)
RUN_SECONDS = 45.0
# SNS deactivates an e-mail subscription that gets more than 10 messages a second.
PACE = timedelta(milliseconds=250)
MOST_WAITING = 5_000
_FAILURES_IN_A_ROW = 3


_RENDERED = {Channel.STOPS: group_notice, Channel.CHAT: group_chat}


class _Run(Struct):
    """What one run has come to; `said` are the notices that readers have now."""

    waiting: int = 0
    published: int = 0
    failed: int = 0
    failed_in_a_row: int = 0
    said: set[tuple[Channel, str]] = field(default_factory=set)


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
        self._uncleared: set[tuple[Channel, str]] = set()

    def run(self, deadline: Deadline) -> dict[str, Any]:
        """Publish what waits, at the pace: {"published", "images", "failed", "left"}."""
        run = _Run()
        try:
            if self._outbox.claim(now := self._clock(), now + CLAIM):
                self._publish_all(run, _Time(deadline, self._clock))
                self._outbox.release()
        except LedgerUnavailable as error:
            self._tally.add(Metric.LEDGER_ERRORS)
            self._logger.error("the outbox cannot be read or cleared", reason=str(error))
        except NotThePublisher as error:
            self._logger.error("the outbox was claimed by another", reason=str(error))
        if run.waiting:
            self._logger.info("notices published", **_told(run))
        return _told(run)

    def _publish_all(self, run: _Run, time_left: "_Time") -> None:
        waiting = self._outbox.waiting(MOST_WAITING)
        self._measure(waiting)
        run.waiting = len(waiting)
        if (flight := self._outbox.in_flight()) is not None and not self._land(flight, run):
            return
        waiting = self._not_said(waiting, run)
        storms = {storm.id: storm for storm in self._outbox.storms()}
        for unit in plan(waiting, storms, self._rules, self._clock()).units:
            if time_left.over or not self._publish(unit, storms, run):
                return

    def _publish(self, unit: Waiting | Group, storms: dict[str, Storm], run: _Run) -> bool:
        """Whether the run goes on."""
        if isinstance(unit, Waiting):
            self._publish_one(unit, storms, run)
            return run.failed_in_a_row < _FAILURES_IN_A_ROW
        notice = _RENDERED[unit.channel](unit)
        if problems := notice.problems():
            self._logger.error("a group breaks a limit of SNS", reason="; ".join(problems))
            return all(self._publish(member, storms, run) for member in unit.members)
        return self._publish_group(unit, notice, storms, run)

    def _measure(self, waiting: list[Waiting]) -> None:
        """Also nothing: an alarm takes silence for a publisher that has died."""
        oldest = min((it.gist.at for it in waiting), default=None)
        age = self._clock() - oldest if oldest else timedelta()
        self._tally.add(Metric.OLDEST_NOTICE_AGE_SECONDS, max(0.0, age.total_seconds()))

    # --- one message

    def _publish_one(self, waiting: Waiting, storms: dict[str, Storm], run: _Run) -> None:
        notice = self._outbox.notice(waiting)
        if notice is None:
            run.waiting -= 1
        elif self._said(waiting.channel, notice, run):
            self._clear(waiting.channel, [waiting.gist.id], run)
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

    def _publish_group(
        self, group: Group, notice: Notice, storms: dict[str, Storm], run: _Run
    ) -> bool:
        """Whether SNS has it; otherwise it stays in flight, and must be the next message."""
        storm = storm_after(group, storms, self._rules, self._clock())
        flight = InFlight(group.channel, notice, tuple(gist.id for gist in group.gists))
        self._outbox.send_off(flight, storm)
        if storm is not None:
            storms[storm.id] = storm
        return self._land(flight, run)

    def _land(self, flight: InFlight, run: _Run) -> bool:
        names = {(flight.channel, name) for name in flight.ids}
        if not names <= self._uncleared and not self._said(flight.channel, flight.notice, run):
            return False
        self._clear(flight.channel, flight.ids, run)
        self._outbox.send_off(None)
        return True

    # --- what was said is taken away

    def _clear(self, channel: Channel, names: Sequence[str], run: _Run) -> None:
        """What the ledger does not clear now is not said again, as long as the container lives."""
        said = {(channel, name) for name in names}
        run.said |= said
        self._uncleared |= said
        try:
            self._outbox.remove(channel, names)
        except LedgerUnavailable as error:
            self._tally.add(Metric.LEDGER_ERRORS)
            self._logger.error("what was published cannot be cleared", reason=str(error))
        else:
            self._uncleared -= said

    def _not_said(self, waiting: list[Waiting], run: _Run) -> list[Waiting]:
        """The others were said by this run, or are cleared now."""
        for it in waiting:
            if (key := (it.channel, it.gist.id)) in self._uncleared and key not in run.said:
                self._clear(it.channel, [it.gist.id], run)
        return [it for it in waiting if (it.channel, it.gist.id) not in run.said]

    def _said(self, channel: Channel, notice: Notice, run: _Run) -> bool:
        started = self._clock()
        try:
            self._topics.publish(channel, notice)
        except (PublishFailed, NoticeInvalid) as error:
            self._logger.error("publishing failed", reason=str(error))
            run.failed += 1
            # One that can never be published must not end the turn of the others.
            run.failed_in_a_row += isinstance(error, PublishFailed)
            return False
        run.published += 1
        run.failed_in_a_row = 0
        rest = PACE - (self._clock() - started)
        self._sleep(max(0.0, rest.total_seconds()))
        return True


class _Time:
    """How long a run may take: within its claim, and within the invocation."""

    def __init__(self, deadline: Deadline, clock: Clock) -> None:
        self._deadline = deadline
        self._clock = clock
        self._end = clock() + timedelta(seconds=RUN_SECONDS)

    @property
    def over(self) -> bool:
        return self._deadline.passed or self._clock() >= self._end


def _told(run: _Run) -> dict[str, Any]:
    return {
        "published": run.published,
        "images": len(run.said),
        "failed": run.failed,
        "left": max(0, run.waiting - len(run.said)),
    }
