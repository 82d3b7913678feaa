"""What is counted, by the names that alarms and dashboard use."""

from collections import defaultdict
from enum import StrEnum
from threading import Lock


class Metric(StrEnum):
    """The metrics by name; all are counts, except ages, lag and share."""

    EXPECTED = "Expected"
    EVALUATED = "Evaluated"
    OUTCOME_STOP = "OutcomeStop"
    OUTCOME_WARN = "OutcomeWarn"
    OUTCOME_GO = "OutcomeGo"
    OUTCOME_NOT_FOUND = "OutcomeNotFound"
    OUTCOME_PENDING = "OutcomePending"
    OUTCOME_NOT_EVALUATED = "OutcomeNotEvaluated"
    GIVEN_UP = "GivenUp"
    PUBLISHED = "Published"
    PUBLISH_FAILURES = "PublishFailures"
    NOTICES_SET_ASIDE = "NoticesSetAside"
    OLDEST_NOTICE_AGE_SECONDS = "OldestNoticeAgeSeconds"
    ANCHORE_ERRORS = "AnchoreErrors"
    LEDGER_ERRORS = "LedgerErrors"
    OLDEST_EVALUATION_AGE_HOURS = "OldestEvaluationAgeHours"
    CONFIRMED_SUBSCRIPTIONS = "ConfirmedSubscriptions"
    SWEEP_COMPLETE = "SweepComplete"
    SWEEP_MISSING = "SweepMissing"
    UNWATCHED_ROWS = "UnwatchedRows"
    INVENTORY_KNOWN = "InventoryKnown"
    RUNNING_WITHOUT_TAG = "RunningWithoutTag"
    SWEEP_FAILING_PERCENT = "SweepFailingPercent"
    FEED_AGE_HOURS = "FeedAgeHours"
    FEED_LAG_SECONDS = "FeedLagSeconds"
    FEED_NOTICE_LAG_SECONDS = "FeedNoticeLagSeconds"


class Tally:
    """The counts of one invocation, from any of its threads."""

    def __init__(self) -> None:
        self._counts: defaultdict[Metric, float] = defaultdict(float)
        self._lock = Lock()

    def add(self, metric: Metric, value: float = 1) -> None:
        """Add to the metric; zero is emitted too, so that missing data means an outage."""
        with self._lock:
            self._counts[metric] += value

    def take(self) -> dict[Metric, float]:
        """The counts since the last call, which are reset."""
        with self._lock:
            counts, self._counts = self._counts, defaultdict(float)
        return dict(counts)
