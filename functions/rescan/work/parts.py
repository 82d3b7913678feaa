"""The parts that work on events, on the queue, the ledger and the outbox that they share."""

import random
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from aws_lambda_powertools import Logger
from msgspec import Struct

from rescan.events.commands import Sweep, SweepPage
from rescan.events.dispatcher import Answer, Handlers
from rescan.events.gate_log import logged
from rescan.gate.data_version import ReadDataVersion
from rescan.gate.inventory import ReadInventory
from rescan.gate.model import Trigger, TriggerKind
from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import EventRefused
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.metrics import Tally
from rescan.kernel.tag_pages import TagPages
from rescan.ledger.entry import subject_of
from rescan.outbox.grouping import COLLECTED, GroupingRules
from rescan.outbox.items import Channel
from rescan.settings import Settings
from rescan.work.daily_summary import DailySummary, Schedule
from rescan.work.deferral import Deferral
from rescan.work.feed_clock import FeedClock
from rescan.work.feed_lag import FeedLag
from rescan.work.feeds_seen import FeedsSeen
from rescan.work.page_chain import PageChain
from rescan.work.page_ports import SweepPages
from rescan.work.page_steps import PageSteps
from rescan.work.ports import DeferredWork, Ledger, Outbox, WorkQueue
from rescan.work.publisher import Publisher
from rescan.work.recorder import Recorder
from rescan.work.requeue import Requeue
from rescan.work.scanner_seen import ScannerSeen
from rescan.work.silence import Silence
from rescan.work.sweep import FullSweep
from rescan.work.topics import Topic, Topics
from rescan.work.watching import ActiveTags, Watching
from rescan.work.worker import AnalyzingAnchore, Worker


class Container(Struct, frozen=True, kw_only=True):
    """What a container has, on whichever queue, ledger and outbox it works.

    `tag_pages` reads Anchore's list by pages; None: one invocation enqueues a sweep, whatever its
    size. `clock`, `sleep` and `jitter` (a number from 0 to 1) are arguments for the tests' sake.
    """

    settings: Settings
    anchore_until: Callable[[Deadline], AnalyzingAnchore]
    active_tags: ActiveTags
    inventory: ReadInventory
    data_version: ReadDataVersion
    topics: Mapping[Channel, Topic]
    tally: Tally
    logger: Logger
    tag_pages: TagPages | None = None
    clock: Clock = utc_now
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


class Parts:
    """Worker, sweep, publisher, deferral and daily summary; who gates an image logs its result.

    `window` is the time from one run of the publisher to the next; zero: there is no next run.
    `pages` is where the pages of a sweep are kept.
    """

    def __init__(
        self,
        container: Container,
        queue: WorkQueue,
        ledger: Ledger,
        outbox: Outbox,
        deferred: DeferredWork,
        window: timedelta,
        pages: SweepPages | None = None,
    ) -> None:
        settings, tally, clock = container.settings, container.tally, container.clock
        topics, logger = Topics(container.topics, tally), container.logger
        recorder = _recorder(container, ledger, topics)
        version = container.data_version
        requeue = Requeue(queue, deferred, clock, container.jitter)
        feeds = FeedsSeen(version, clock).version
        scanner = ScannerSeen(ledger, tally, clock).told
        worker = Worker(
            settings, container.anchore_until, recorder, requeue, tally, clock, feeds, scanner
        )
        collected = COLLECTED if window else timedelta()
        rules = GroupingRules(settings.digest_above, window, collected)
        schedule = Schedule(timedelta(hours=settings.sweep_hours), settings.daily_summary)
        self.topics = topics
        self.gate_now = logged(worker.gate_now, logger)
        self.work = logged(worker.work, logger)
        silence = Silence(recorder, _swept_as(settings), logger, clock)
        self.page_chain = _page_chain(container, pages, queue, ledger, silence)
        self.full_sweep = _full_sweep(container, queue, ledger, topics, silence, self.page_chain)
        shortest = timedelta(minutes=settings.min_sweep_minutes)
        self.feed_clock = FeedClock(
            version, ledger, queue, self._sweep_all, shortest, tally, logger, clock
        )
        lag = FeedLag(ledger, tally, logger, clock)
        self.publisher = Publisher(
            outbox, topics, rules, tally, logger, clock, container.sleep, lag.measure
        )
        self.daily_summary = DailySummary(
            ledger, topics.channels, schedule, logger, clock, settings.due_terms
        )
        self._deferral = Deferral(deferred, queue, tally, logger, clock)
        self._settings = settings

    def publish(self, deadline: Deadline) -> Answer:
        """What the schedule asks for each minute: notices first, then work that was deferred."""
        answer = self.publisher.run(deadline)
        self._deferral.release(deadline)
        return answer

    def sweep(self, sweep: Sweep, deadline: Deadline) -> Answer:
        """Enqueue what the sweep looks at; EventRefused, AnchoreError, QueueUnavailable."""
        watch_list = sweep.watched(self._settings)
        is_full = sweep.watch_list is None
        return self.full_sweep.run(sweep.trigger, watch_list, deadline, measured=is_full)

    def page(self, page: SweepPage, deadline: Deadline) -> Answer:
        """Do a page of a sweep; QueueUnavailable."""
        if self.page_chain is None:
            raise EventRefused("it is a page of a sweep", "a function with a queue and a ledger")
        return self.page_chain.run(page, deadline)

    def _sweep_all(self, deadline: Deadline) -> Answer:
        return self.sweep(Sweep(Trigger(TriggerKind.SCHEDULE)), deadline)

    @property
    def handlers(self) -> Handlers:
        """What handles events where queue, ledger and outbox outlive the invocation."""
        return Handlers(
            gate_now=self.gate_now,
            work=self.work,
            sweep=self.sweep,
            publish=self.publish,
            summarize=self.daily_summary.run,
            check=self.feed_clock.run,
            page=self.page,
        )


def _page_chain(
    container: Container,
    pages: SweepPages | None,
    queue: WorkQueue,
    ledger: Ledger,
    silence: Silence,
) -> PageChain | None:
    listing, settings = container.tag_pages, container.settings
    if pages is None or listing is None:
        return None
    steps = PageSteps(
        pages,
        listing,
        _watching(container),
        settings.watch_list,
        ledger,
        queue,
        silence,
        _swept_as(settings),
    )
    clock, jitter = container.clock, container.jitter
    return PageChain(pages, steps, ledger, queue, container.tally, container.logger, clock, jitter)


def _full_sweep(
    container: Container,
    queue: WorkQueue,
    ledger: Ledger,
    topics: Topics,
    silence: Silence,
    pages: PageChain | None,
) -> FullSweep:
    return FullSweep(
        _watching(container),
        ledger,
        queue,
        topics,
        silence,
        container.tally,
        container.logger,
        container.data_version,
        container.clock,
        by_feeds=container.settings.refresh == "feed",
        pages=pages,
    )


def _recorder(container: Container, ledger: Ledger, topics: Topics) -> Recorder:
    settings = container.settings
    return Recorder(
        ledger,
        topics,
        container.tally,
        container.clock,
        container.sleep,
        settings.containers,
        container.jitter,
        settings.ui_link,
    )


def _swept_as(settings: Settings) -> Callable[[ImageTag, Digest | None], str]:
    """The subject under which a sweep gates a tag, or an old digest that runs under it."""
    return lambda tag, old: subject_of(settings.anchore_account, tag, settings.policy_id, old)


def _watching(container: Container) -> Watching:
    """What sweeps look at; the arazzo dialect has no inventory."""
    settings = container.settings
    is_asked = settings.watch != "active" and settings.anchore_dialect == "enterprise"
    return Watching(
        settings.watch,
        container.active_tags,
        container.inventory if is_asked else None,
        container.tally,
        container.logger,
    )
