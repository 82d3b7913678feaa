"""Hands a message to SNS, at the pace, and clears from the outbox what was published."""

from collections.abc import Callable
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger

from rescan.kernel.clock import Clock
from rescan.kernel.errors import LedgerUnavailable, NoticeInvalid, PublishFailed
from rescan.kernel.metrics import Metric, Tally
from rescan.kernel.publish_fault import PublishFault
from rescan.outbox.items import InFlight
from rescan.outbox.notice import Notice
from rescan.work.ports import Outbox
from rescan.work.publisher_run import Run
from rescan.work.topics import Topics

# SNS deactivates an e-mail subscription that gets more than 10 messages a second.
PACE = timedelta(milliseconds=250)


class Delivery:
    """It remembers, for as long as its container lives, what was published and not cleared."""

    def __init__(
        self,
        outbox: Outbox,
        topics: Topics,
        tally: Tally,
        logger: Logger,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        self._outbox = outbox
        self._topics = topics
        self._tally = tally
        self._logger = logger
        self._clock = clock
        self._sleep = sleep
        self._uncleared: set[str] = set()

    def is_published(self, flight: InFlight, notice: Notice, run: Run) -> bool:
        """Whether SNS has it; NoticeInvalid, PublishFailed when the message itself is at fault."""
        if flight.id in self._uncleared:
            return True
        started = self._clock()
        try:
            self._topics.publish(flight.channel, notice)
        except (NoticeInvalid, PublishFailed) as error:
            self._logger.error("publishing failed", reason=str(error))
            fault = error.fault if isinstance(error, PublishFailed) else PublishFault.MESSAGE
            if fault in (PublishFault.MESSAGE, PublishFault.IN_DOUBT):
                raise
            # A group is kept in flight whole, and there is room for one on each channel.
            is_last = flight.notice is not None or fault is PublishFault.TOPIC
            run.failed_at(flight.channel, is_last=is_last)
            return False
        else:
            self._uncleared.add(flight.id)
            run.accepted(flight)
            return True
        finally:
            self._rest_since(started)

    def is_cleared(self, flight: InFlight, run: Run) -> bool:
        """Its notices, and those that it supersedes; what stays is not published again."""
        repeated = [notice for key in flight.keys for notice in run.superseded.get(key, ())]
        try:
            self._outbox.clear_in_flight(flight, [notice.envelope.id for notice in repeated])
        except LedgerUnavailable as error:
            self._tally.add(Metric.LEDGER_ERRORS)
            self._logger.error("what was published cannot be cleared", reason=str(error))
            return False
        self._uncleared.discard(flight.id)
        run.deleted.update(notice.key for notice in repeated)
        return True

    def _rest_since(self, started: datetime) -> None:
        rest = PACE - (self._clock() - started)
        self._sleep(max(0.0, rest.total_seconds()))
