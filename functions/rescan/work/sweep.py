"""A sweep: enqueues a message for every tag that is watched, or that the ledger holds as stopped
or failing. Work on a push that was given up is so tried again, until readers know that it fails.

What is stopped comes first, then what runs, then the rest, in Anchore's order. SQS keeps no order;
what is sent first is mostly done first.

ECR delivers its events on a best effort basis, so each sweep is a full reconciliation. It also
measures the previous one, which is complete when the tags that it enqueued have a newer result.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from msgspec.structs import replace

from rescan.gate.data_version import DataVersion, ReadDataVersion
from rescan.gate.inventory import Inventory, RunningImage
from rescan.gate.model import Trigger
from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError, LedgerUnavailable, PublishFailed
from rescan.kernel.metrics import Metric, Tally
from rescan.kernel.tag_pages import ManyTags
from rescan.kernel.watch_list import WatchList
from rescan.work.coverage import counted_of, one_a_tag
from rescan.work.measuring import tell_age, tell_coverage, tell_expected, tell_without_tag
from rescan.work.page_chain import PageChain
from rescan.work.page_ports import SweepPlan
from rescan.work.ports import EntrySnapshot, Ledger, SweepRecord, WorkQueue
from rescan.work.silence import Silence
from rescan.work.targets import (
    ends,
    gates,
    in_order,
    kept_of,
    lost_in,
    target_of,
    unwatched_of,
    vanished_from,
)
from rescan.work.topics import Readers
from rescan.work.watching import Watched, Watching
from rescan.work.what_runs import Target

_MOST_CONTEXTS = _MOST_TAGS = 20


class FullSweep:
    """Enqueues all tags, or raises: QueueUnavailable.

    `by_feeds`: each message says what the feeds are, so that not each must force a refresh.
    `pages` sweeps what is too much for one invocation.
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
        pages: PageChain | None = None,
    ) -> None:
        self._watching = watching
        self._data_version = data_version
        self._by_feeds = by_feeds
        self._pages = pages
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
        if not measured:
            plan = SweepPlan(record=SweepRecord(started, 0), trigger=trigger)
            # Results of a schedule's own list would count for a full sweep that never asked for
            # them; nor does such a sweep know in which contexts a full one saw what.
            watched = self._watching.watched(watch_list, deadline)
            return self._enqueue(plan, in_order((), watched, started), watched, mark=None)
        self._note_beginning(started)
        plan = self._plan(started, trigger, deadline)
        pages = self._pages if watch_list.needs_listing else None
        if pages and pages.suits(plan.measured) and (begun := pages.begin(plan, deadline)):
            return begun
        return self._sweep(plan, watch_list, deadline, pages)

    def _plan(self, started: datetime, trigger: Trigger, deadline: Deadline) -> SweepPlan:
        """What is known before anything is listed."""
        last, data = self._last_sweep(), self._data(deadline)
        expected = last.expected if last else 0
        return SweepPlan(
            record=SweepRecord(started, expected, data=data),
            trigger=trigger,
            measured=last,
            feeds=data.feeds if self._by_feeds and data and data.has_checksums else None,
            contexts=last.inventory if last else None,
        )

    def _sweep(
        self, plan: SweepPlan, watch_list: WatchList, deadline: Deadline, pages: PageChain | None
    ) -> dict[str, Any]:
        """All tags in this invocation, or by pages when there are too many."""
        remembered, started = self._snapshots(), plan.record.started
        snapshots = remembered or []
        plan = self._measured(plan, snapshots)
        watch = partial(
            self._watching.watched, watch_list, deadline, partial(self._lost, plan, remembered)
        )
        try:
            watched = watch(pages.few if pages else None)
        except ManyTags as many:
            record = replace(plan.record, expected=many.rows)
            if pages and (begun := pages.begin(replace(plan, record=record), deadline)):
                return begun
            watched = watch()
        targets = in_order(snapshots, watched, started)
        answer = self._enqueue(plan, targets, watched, mark=started)
        self._measure_age(one for one in snapshots if target_of(one) in targets)
        self._record(plan, watched, answer["enqueued"])
        self._silence.end(snapshots, plan.trigger, deadline)
        self._silence.end_unseen(ends(snapshots, watched), started, plan.trigger, deadline)
        return answer

    def _enqueue(
        self,
        plan: SweepPlan,
        targets: Collection[Target],
        watched: Watched,
        mark: datetime | None,
    ) -> dict[str, Any]:
        tell_without_tag(self._tally, self._logger, watched.without_tag(targets))
        messages = gates(targets, plan.trigger, watched, mark, plan.feeds)
        enqueued = self._queue.send_all(messages)
        self._logger.info("sweep enqueued", enqueued=enqueued)
        return {"enqueued": enqueued, "sweep": plan.record.started.isoformat()}

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
        self, plan: SweepPlan, snapshots: list[EntrySnapshot] | None, inventory: Inventory
    ) -> list[RunningImage] | None:
        """What ran in contexts that have vanished since: it may run still; None: not known."""
        if snapshots is None:
            return None
        vanished = vanished_from(inventory, plan.contexts, snapshots, plan.record.started)
        if vanished:
            self._logger.warning(
                "contexts have vanished from the inventory: what ran there may run still",
                contexts=vanished[:_MOST_CONTEXTS],
                number=len(vanished),
            )
        return list(lost_in(frozenset(vanished), snapshots))

    def _measure_age(self, swept: Iterable[EntrySnapshot]) -> None:
        """Of the tags that are enqueued: those of tags that are gone grow older for ever."""
        oldest = min(
            (one.evaluated_at for one in one_a_tag(swept) if one.evaluated_at), default=None
        )
        tell_age(self._tally, oldest, self._clock())

    def _measure_readers(self) -> None:
        try:
            confirmed = self._readers.confirmed_subscriptions()
        except PublishFailed as error:
            self._logger.error("the topics' readers cannot be counted", reason=str(error))
        else:
            self._tally.add(Metric.CONFIRMED_SUBSCRIPTIONS, confirmed)

    def _measured(self, plan: SweepPlan, snapshots: list[EntrySnapshot]) -> SweepPlan:
        """The same, when the sweep before is measured."""
        if (last := plan.measured) is None:
            return plan
        every, since = one_a_tag(snapshots), last.started
        counted = counted_of(last, every)
        unanswered = [str(g.tag) for g in every if g.sweep is None or g.sweep < since]
        before = tell_coverage(self._tally, self._logger, last, counted, unanswered[:_MOST_TAGS])
        return replace(plan, measured=None, record=replace(plan.record, before=before))

    def _data(self, deadline: Deadline) -> DataVersion | None:
        """What the images will be judged by, read before any of them is; None: not known."""
        try:
            return self._data_version(deadline.half())
        except AnchoreError as error:
            self._logger.warning("which feeds Anchore has cannot be read", reason=str(error))
            return None

    def _record(self, plan: SweepPlan, watched: Watched, enqueued: int) -> None:
        unwatched = unwatched_of(watched.listed)
        kept = kept_of(watched.inventory, plan.contexts, plan.record.started)
        expected = enqueued + unwatched.rows
        sweep = replace(plan.record, expected=expected, unwatched=unwatched, inventory=kept)
        tell_expected(self._tally, sweep)
        try:
            self._ledger.record_sweep(sweep)
        except LedgerUnavailable as error:
            self._ledger_failed("the sweep cannot be remembered", error)

    def _ledger_failed(self, message: str, error: LedgerUnavailable) -> None:
        self._tally.add(Metric.LEDGER_ERRORS)
        self._logger.error(message, reason=str(error))
