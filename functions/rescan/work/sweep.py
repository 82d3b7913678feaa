"""A sweep: enqueues a message for every tag that is watched, or that the ledger holds as stopped
or failing. Work on a push that was given up is so tried again, until readers know that it fails.

What is stopped comes first, then what runs, then the rest, in Anchore's order. SQS keeps no order;
what is sent first is mostly done first.

ECR delivers its events on a best effort basis, so each sweep is a full reconciliation. It also
measures the previous one, which is complete when the tags that it enqueued have a newer result.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger

from rescan.gate.data_version import DataVersion, ReadDataVersion
from rescan.gate.inventory import Inventory, InventoryRecord, RunningImage
from rescan.gate.model import Trigger
from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError, LedgerUnavailable, PublishFailed
from rescan.kernel.metrics import Metric, Tally
from rescan.kernel.watch_list import ListedTags, WatchList
from rescan.notice.summary import Coverage, Unwatched
from rescan.work.coverage import coverage_of, data_lag, failing_percent, one_a_tag
from rescan.work.ports import EntrySnapshot, Ledger, SweepRecord, WorkQueue
from rescan.work.silence import Silence
from rescan.work.targets import ends, gates, in_order, lost_in, target_of, vanished_from
from rescan.work.topics import Readers
from rescan.work.watching import Watching

# Of the rows that are no tag; the log has more of them.
_MOST_NAMES = 5
_MOST_CONTEXTS = 20


class FullSweep:
    """Enqueues all tags, or raises: QueueUnavailable.

    `by_feeds`: each message says what the feeds are, so that not each must force a refresh.
    """

    def __init__(
        self,
        watching: Watching,
        ledger: Ledger,
        queue: WorkQueue,
        readers: Readers,
        silence: Silence,
        tally: Tally,
        logger: Logger,
        data_version: ReadDataVersion,
        clock: Clock = utc_now,
        *,
        by_feeds: bool = False,
    ) -> None:
        self._watching = watching
        self._data_version = data_version
        self._by_feeds = by_feeds
        self._ledger = ledger
        self._queue = queue
        self._readers = readers
        self._silence = silence
        self._tally = tally
        self._logger = logger
        self._clock = clock

    def run(
        self, trigger: Trigger, watch_list: WatchList, deadline: Deadline, *, measured: bool
    ) -> dict[str, Any]:
        """Enqueue the tags: {"enqueued", "sweep"}; AnchoreError, QueueUnavailable.

        `measured`: this is a full reconciliation, not one schedule's own list of tags. Only then
        are stopped and failing tags enqueued as well, the previous sweep is measured, and STOPs end
        that nobody asks about any more.
        """
        started = self._clock()
        if measured:
            self._note_beginning(started)
        remembered = self._snapshots() if measured else []
        snapshots = remembered or []
        last = self._last_sweep() if measured else None
        before = self._measure_coverage(last, one_a_tag(snapshots)) if last else None
        data = self._data(deadline) if measured else None
        known = last.inventory if last else None
        watched = self._watching.watched(
            watch_list,
            deadline,
            lambda inventory: self._lost(known, inventory, remembered, started),
        )
        targets = in_order(snapshots, watched, started)
        self._warn_of(watched.without_tag(targets))
        # Results of a schedule's own list would count for a full sweep that never asked for them;
        # nor does such a sweep know in which contexts a full one saw what.
        mark = started if measured else None
        feeds = data.feeds if self._by_feeds and data and data.has_checksums else None
        enqueued = self._queue.send_all(gates(targets, trigger, watched, mark, feeds))
        if measured:
            self._measure_age(one for one in snapshots if target_of(one) in targets)
            unwatched = _unwatched(watched.listed)
            expected = enqueued + unwatched.rows
            kept = _kept_of(watched.inventory, known, started)
            self._record(SweepRecord(started, expected, before, unwatched, data, kept))
            self._silence.end(snapshots, trigger, deadline)
            self._silence.end_unseen(ends(snapshots, watched), started, trigger, deadline)
        self._logger.info("sweep enqueued", enqueued=enqueued)
        return {"enqueued": enqueued, "sweep": started.isoformat()}

    def _note_beginning(self, started: datetime) -> None:
        """So that the feed clock begins no other while this one lists its tags."""
        try:
            self._ledger.begin_sweep(started)
        except LedgerUnavailable as error:
            self._ledger_failed("the sweep's beginning cannot be noted", error)

    def _snapshots(self) -> list[EntrySnapshot] | None:
        """What is remembered of each image; None: not known."""
        try:
            return list(self._ledger.snapshots())
        except LedgerUnavailable as error:
            # The watched tags are swept all the same; most stopped ones are among them.
            self._ledger_failed("the ledger cannot be read", error)
            return None

    def _last_sweep(self) -> SweepRecord | None:
        """The previous sweep; None when there is none, or it is unknown."""
        self._measure_readers()
        try:
            return self._ledger.last_sweep()
        except LedgerUnavailable as error:
            self._ledger_failed("the sweep before cannot be measured", error)
            return None

    def _lost(
        self,
        known: InventoryRecord | None,
        inventory: Inventory,
        snapshots: list[EntrySnapshot] | None,
        now: datetime,
    ) -> list[RunningImage] | None:
        """What ran in contexts that have vanished since: it may run still; None: not known."""
        if snapshots is None:
            return None
        vanished = vanished_from(inventory, known, snapshots, now)
        if vanished:
            self._logger.warning(
                "contexts have vanished from the inventory: what ran there may run still",
                contexts=vanished[:_MOST_CONTEXTS],
                number=len(vanished),
            )
        return list(lost_in(frozenset(vanished), snapshots))

    def _warn_of(self, without_tag: Sequence[str]) -> None:
        """A policy is asked about a tag, so nobody judges what runs without one."""
        self._tally.add(Metric.RUNNING_WITHOUT_TAG, len(without_tag))
        if without_tag:
            self._logger.error(
                "some digests run that no tag is known of: they are not gated",
                number=len(without_tag),
                digests=without_tag[:_MOST_NAMES],
            )

    def _measure_age(self, swept: Iterable[EntrySnapshot]) -> None:
        """Of the tags that are enqueued: those of tags that are gone grow older for ever."""
        oldest = min(
            (one.evaluated_at for one in one_a_tag(swept) if one.evaluated_at), default=None
        )
        if oldest is not None:
            hours = (self._clock() - oldest).total_seconds() / 3600
            self._tally.add(Metric.OLDEST_EVALUATION_AGE_HOURS, hours)

    def _measure_readers(self) -> None:
        try:
            confirmed = self._readers.confirmed_subscriptions()
        except PublishFailed as error:
            self._logger.error("the topics' readers cannot be counted", reason=str(error))
        else:
            self._tally.add(Metric.CONFIRMED_SUBSCRIPTIONS, confirmed)

    def _measure_coverage(self, before: SweepRecord, every: list[EntrySnapshot]) -> Coverage:
        coverage, since = coverage_of(before, every), before.started
        lag = data_lag(before, every)
        if lag is not None:
            self._tally.add(Metric.FEED_LAG_SECONDS, lag.total_seconds())
        self._tally.add(Metric.SWEEP_MISSING, coverage.missing)
        self._tally.add(Metric.SWEEP_COMPLETE, coverage.is_complete)
        self._tally.add(Metric.SWEEP_FAILING_PERCENT, failing_percent(coverage))
        self._logger.info(
            "sweep measured",
            started=since.isoformat(),
            expected=before.expected,
            missing=coverage.unanswered,
            unwatched=coverage.unwatched.rows,
            feed_lag_seconds=lag and lag.total_seconds(),
            unanswered=[str(g.tag) for g in every if g.sweep is None or g.sweep < since][:20],
        )
        return coverage

    def _data(self, deadline: Deadline) -> DataVersion | None:
        """What the images will be judged by, read before any of them is; None: not known."""
        try:
            return self._data_version(deadline.half())
        except AnchoreError as error:
            self._logger.warning("which feeds Anchore has cannot be read", reason=str(error))
            return None

    def _record(self, sweep: SweepRecord) -> None:
        """A row that cannot be watched is never answered: the sweep is not complete."""
        self._tally.add(Metric.EXPECTED, sweep.expected)
        self._tally.add(Metric.UNWATCHED_ROWS, sweep.unwatched.rows)
        try:
            self._ledger.record_sweep(sweep)
        except LedgerUnavailable as error:
            self._ledger_failed("the sweep cannot be remembered", error)

    def _ledger_failed(self, message: str, error: LedgerUnavailable) -> None:
        self._tally.add(Metric.LEDGER_ERRORS)
        self._logger.error(message, reason=str(error))


def _unwatched(listed: ListedTags) -> Unwatched:
    return Unwatched(listed.unwatched, listed.not_tags[:_MOST_NAMES])


def _kept_of(
    inventory: Inventory | None, before: InventoryRecord | None, now: datetime
) -> InventoryRecord | None:
    if inventory is None:
        return None
    return (before or InventoryRecord()).followed_by(inventory, now)
