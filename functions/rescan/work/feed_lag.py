"""How long it takes from the arrival of new data at Anchore to the last notice of their STOPs.

Each run of the publisher measures what it has published; the last one of a sweep counts. What a
push has stopped waited for no feed.
"""

from collections.abc import Iterable
from datetime import datetime

from aws_lambda_powertools import Logger

from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.errors import LedgerUnavailable
from rescan.kernel.metrics import Metric, Tally
from rescan.ledger.news import EventType
from rescan.outbox.items import PendingNotice
from rescan.work.coverage import new_data_at
from rescan.work.ports import Ledger


class FeedLag:
    """Measures, and lets the ledger remember it with its sweep."""

    def __init__(
        self, ledger: Ledger, tally: Tally, logger: Logger, clock: Clock = utc_now
    ) -> None:
        self._ledger = ledger
        self._tally = tally
        self._logger = logger
        self._clock = clock

    def measure(self, published: Iterable[PendingNotice]) -> None:
        """Of the notices that readers have now; a ledger that refuses is only logged."""
        decided = [it.envelope.at for it in published if _waited_for_a_sweep(it)]
        if decided:
            try:
                self._measure(max(decided))
            except LedgerUnavailable as error:
                self._tally.add(Metric.LEDGER_ERRORS)
                self._logger.error("the lag of the notices cannot be measured", reason=str(error))

    def _measure(self, decided: datetime) -> None:
        sweep, now = self._ledger.last_sweep(), self._clock()
        received = new_data_at(sweep) if sweep else None
        if sweep is None or received is None or decided < sweep.started:
            return
        lag = max(0.0, (now - received).total_seconds())
        self._tally.add(Metric.FEED_NOTICE_LAG_SECONDS, lag)
        self._logger.info("stops of new data published", feed_lag_seconds=lag)
        self._ledger.note_notice(sweep.started, now)


def _waited_for_a_sweep(notice: PendingNotice) -> bool:
    envelope = notice.envelope
    return envelope.event_type is EventType.STOP and not envelope.pushed
