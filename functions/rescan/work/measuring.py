"""Tells what a sweep came to, as metrics and as a line of the log."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger

from rescan.kernel.metrics import Metric, Tally
from rescan.notice.summary import Coverage
from rescan.work.coverage import Counted, data_lag, failing_percent
from rescan.work.ports import SweepRecord

_MOST_DIGESTS = 5


def tell_without_tag(tally: Tally, logger: Logger, digests: Sequence[str]) -> None:
    """A policy is asked about a tag, so nobody judges what runs without one."""
    tally.add(Metric.RUNNING_WITHOUT_TAG, len(digests))
    if digests:
        logger.error(
            "some digests run that no tag is known of: they are not gated",
            number=len(digests),
            digests=digests[:_MOST_DIGESTS],
        )


def tell_expected(tally: Tally, sweep: SweepRecord) -> None:
    """A row that cannot be watched is never answered: the sweep is not complete."""
    tally.add(Metric.EXPECTED, sweep.expected)
    tally.add(Metric.UNWATCHED_ROWS, sweep.unwatched.rows)


def tell_age(tally: Tally, oldest: datetime | None, now: datetime) -> None:
    """How old the oldest verdict is of what a sweep asks for; None: there is none."""
    if oldest is not None:
        tally.add(Metric.OLDEST_EVALUATION_AGE_HOURS, (now - oldest) / timedelta(hours=1))


def tell_coverage(
    tally: Tally,
    logger: Logger,
    sweep: SweepRecord,
    counted: Counted,
    unanswered: Sequence[str] = (),
) -> Coverage:
    """The sweep's coverage; `unanswered` are some tags without a result, if they are known."""
    coverage, lag = counted.coverage(sweep), data_lag(sweep, counted)
    if lag is not None:
        tally.add(Metric.FEED_LAG_SECONDS, lag.total_seconds())
    tally.add(Metric.SWEEP_MISSING, coverage.missing)
    tally.add(Metric.SWEEP_COMPLETE, coverage.is_complete)
    tally.add(Metric.SWEEP_FAILING_PERCENT, failing_percent(coverage))
    logger.info(
        "sweep measured",
        started=sweep.started.isoformat(),
        expected=sweep.expected,
        missing=coverage.unanswered,
        unwatched=coverage.unwatched.rows,
        feed_lag_seconds=lag and lag.total_seconds(),
        unanswered=unanswered,
    )
    return coverage
