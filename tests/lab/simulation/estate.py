"""The function's own parts, put together on simulated time, between a simulated Anchore and AWS."""

import logging
from collections import Counter
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from aws_lambda_powertools import Logger

from rescan.anchore.active_tags import list_active_tags, list_tag_page
from rescan.anchore.client import AnchoreClient
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.data_version import read_data_version
from rescan.anchore.enterprise import EnterpriseDialect
from rescan.anchore.inventory import read_inventory
from rescan.anchore.transport import Transport
from rescan.events.commands import Gate
from rescan.events.gate_result import GateResult
from rescan.gate.inventory import Inventory
from rescan.gate.model import Outcome, Trigger, TriggerKind
from rescan.kernel.deadline import Deadline
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.metrics import Tally
from rescan.kernel.tag_pages import MOST_ROWS, TagPages
from rescan.kernel.watch_list import WatchList
from rescan.ledger.entry import Entry, subject_of
from rescan.ledger.news import EventType
from rescan.memory.deferred import MemoryDeferred
from rescan.outbox.grouping import GroupingRules
from rescan.outbox.items import Channel
from rescan.settings import Settings
from rescan.work.deferral import Deferral
from rescan.work.feed_clock import FeedClock
from rescan.work.lanes import Lanes
from rescan.work.page_chain import PageChain
from rescan.work.page_steps import PageSteps
from rescan.work.publisher import Publisher
from rescan.work.recorder import Recorder
from rescan.work.requeue import Requeue
from rescan.work.silence import Silence
from rescan.work.sweep import FullSweep
from rescan.work.topics import Topics
from rescan.work.watching import Watching
from rescan.work.worker import Worker
from tests.lab.simulation.anchore import SimulatedAnchore
from tests.lab.simulation.queue import SimulatedQueue
from tests.lab.simulation.readers import DecidedLedger, TimedTopic
from tests.lab.simulation.scenario import Figures, Scenario
from tests.lab.simulation.turns import SimulatedTime
from tests.support.environment import LEAST
from tests.support.fakes import NOON, FakeOutbox
from tests.support.memory_pages import MemoryPages

WINDOW = timedelta(seconds=60)
_SILENT = Logger(service="simulation", logger_handler=logging.NullHandler())


class Estate:
    """One simulation; `sweep` may be called again and goes on from there."""

    def __init__(self, scenario: Scenario, most_rows: int = MOST_ROWS) -> None:
        self.scenario = scenario
        self.time = SimulatedTime(NOON)
        self.anchore = SimulatedAnchore(scenario, self.time)
        self.ledger, self.tally = _yesterday(scenario), Tally()
        self.topic = TimedTopic(self.time, NOON + scenario.refused)
        self._lanes = [
            SimulatedQueue(workers, scenario.batch_size, self.time)
            for workers in (scenario.workers, scenario.push_workers)
            if workers is not None
        ]
        self.queue, pushes = self._lanes[0], self._lanes[-1]
        lanes = Lanes(self.queue, pushes)
        self._deferred = MemoryDeferred()
        self._deferral = Deferral(self._deferred, lanes, self.tally, _SILENT, self.time.now)
        hours = {"REMINDER_HOURS": scenario.reminder_hours, "PENDING_HOURS": scenario.pending_hours}
        settings = Settings.parse(LEAST | {name: str(value) for name, value in hours.items()})
        topics = Topics({Channel.STOPS: self.topic}, self.tally)
        transport = Transport(
            self.anchore.session(), settings.base_url, AnchoreAuth(lambda: '{"token": "none"}')
        )
        jitter = Random(scenario.seed).random  # noqa: S311 - chance, no secret
        recorder = Recorder(self.ledger, topics, self.tally)
        self._worker = Worker(
            settings,
            partial(AnchoreClient, transport, EnterpriseDialect(team_annotation="team")),
            recorder,
            Requeue(lanes, self._deferred, self.time.now, jitter),
            self.tally,
            self.time.now,
        )
        self.queue.work = pushes.work = self._work
        self.push_waits: list[timedelta] = []
        self._publisher = Publisher(
            FakeOutbox(self.ledger),
            topics,
            GroupingRules(settings.digest_above, WINDOW),
            self.tally,
            _SILENT,
            self.time.now,
            self.time.sleep,
        )
        data_version = partial(read_data_version, transport, None)
        self._full_sweep = self._sweeper(transport, lanes, recorder, most_rows)
        self._clock = FeedClock(
            data_version,
            self.ledger,
            lanes,
            self._sweep_all,
            timedelta(minutes=settings.min_sweep_minutes),
            self.tally,
            _SILENT,
            self.time.now,
        )
        self.sweeps = self._to_come = 0

    def _sweeper(
        self, transport: Transport, lanes: Lanes, recorder: Recorder, most_rows: int
    ) -> FullSweep:
        watching, now = self._watching(transport), self.time.now
        silence = Silence(recorder, _subject, _SILENT, now)
        listing, self.pages = _tag_pages(transport, most_rows), MemoryPages(self.ledger)
        steps = PageSteps(
            self.pages, listing, watching, WatchList(), self.ledger, lanes, silence, _subject
        )
        chain = PageChain(
            self.pages, steps, self.ledger, lanes, self.tally, _SILENT, now, lambda: 1.0
        )
        self.queue.page = chain.run
        return FullSweep(
            watching,
            self.ledger,
            lanes,
            self.topic,
            silence,
            self.tally,
            _SILENT,
            partial(read_data_version, transport, None),
            now,
            by_feeds=self.scenario.by_feeds,
            pages=chain,
        )

    def _watching(self, transport: Transport) -> Watching:
        def inventory(deadline: Deadline) -> Inventory:
            return read_inventory(transport, deadline, self.time.now(), timedelta(hours=24))

        tags = partial(list_active_tags, transport)
        if self.scenario.running is None:
            return Watching("active", tags, None, self.tally, _SILENT)
        return Watching("all", tags, inventory, self.tally, _SILENT)

    def sweep(self, *hours: float) -> Figures:
        """The figures of sweeps of which at least one message came."""
        self.lives(*hours)
        return self.figures()

    def lives(self, *hours: float) -> None:
        """A sweep now, and so many hours from now, until nothing is left to do."""
        for after in (0.0, *hours):
            self._to_come += 1
            self.time.begin(self._enqueue, after=after * 3600)
        self.time.begin(self._publish, after=WINDOW.total_seconds())
        self.time.run()

    def push(self, image: int, minutes: float, analysis: timedelta = timedelta()) -> None:
        """So many minutes from now the image is pushed, and Anchore takes so long to analyze it."""
        self._to_come += 1

        def arrive() -> None:
            gate = Gate(self.scenario.tag(image), Trigger(TriggerKind.ECR_PUSH, self.time.now()))
            self.anchore.analyzed_at[image] = self.time.passed() + analysis.total_seconds()
            self._lanes[-1].send_all([gate])
            self._to_come -= 1

        self.time.begin(arrive, after=minutes * 60)

    def check_feeds(self, minutes: float) -> None:
        """The feed clock's schedule, while sweeps are to come."""
        self._clock.run(Deadline.after(265, self.time.passed))
        if self._to_come:
            self.time.begin(partial(self.check_feeds, minutes), after=minutes * 60)

    def stop_lags(self) -> list[timedelta]:
        """From the feed that stops an image to the message that first names it, for each image."""
        first: dict[str, timedelta] = {}
        for message in self.topic.messages:
            for image in message.images if message.kind is EventType.STOP else ():
                first.setdefault(image, message.at - NOON)
        scenario = self.scenario
        return [
            first[str(scenario.tag(number))] - timedelta(seconds=scenario.stops_after(number))
            for number in sorted(scenario.stopped)
        ]

    def figures(self) -> Figures:
        """What has come out by now."""
        topic, results = self.topic, (entry.result_at for entry in self.ledger.entries.values())
        moments = [message.at for message in topic.messages]
        return Figures(
            anchore_calls=self.anchore.asked.total(),
            peak_in_flight=self.anchore.peak,
            messages=sum(lane.sent for lane in self._lanes),
            gone_back=sum(lane.gone_back for lane in self._lanes),
            stopped=len(set(topic.named(EventType.STOP))),
            published=Counter(message.kind for message in topic.messages),
            alone=sum(len(message.images) == 1 for message in topic.messages),
            most_in_a_second=topic.most_within(timedelta(seconds=1)),
            most_in_an_hour=topic.most_within(timedelta(hours=1)),
            longest_wait=topic.longest_wait(EventType.STOP, self.ledger),
            first_published=moments[0] - NOON,
            last_published=moments[-1] - NOON,
            complete=max(at for at in results if at is not None) - NOON,
        )

    def _publish(self) -> None:
        """The schedule, for as long as there is something to do."""
        self._publisher.run(Deadline.after(265, self.time.passed))
        self._deferral.release(Deadline.after(265, self.time.passed))
        idle = all(lane.idle for lane in self._lanes)
        if self._to_come or not idle or self.ledger.due or self._deferred.work:
            self.time.begin(self._publish, after=WINDOW.total_seconds())

    def _enqueue(self) -> None:
        self._sweep_all(Deadline.after(265, self.time.passed))
        self._to_come -= 1

    def _sweep_all(self, deadline: Deadline) -> dict[str, Any]:
        self.sweeps += 1
        trigger = Trigger(TriggerKind.SCHEDULE, self.time.now())
        return self._full_sweep.run(trigger, WatchList.parse([]), deadline, measured=True)

    def _work(self, gate: Gate, deadline: Deadline) -> GateResult:
        """The worker's, which notes how long a push waited once Anchore had analyzed it."""
        result = self._worker.work(gate, deadline)
        if gate.trigger.is_push and result.report and not result.requeued:
            number = self.scenario.number(gate.tag)
            ready = NOON + timedelta(seconds=self.anchore.analyzed_at[number])
            self.push_waits.append(self.time.now() - ready)
        return result


def _tag_pages(transport: Transport, most: int) -> TagPages:
    return TagPages(
        most,
        few=lambda deadline, seen: list_active_tags(transport, deadline, seen, most),
        page=partial(list_tag_page, transport),
    )


def _yesterday(scenario: Scenario) -> DecidedLedger:
    ledger, yesterday = DecidedLedger(), NOON - timedelta(days=1)
    for tag in scenario.tags:
        subject = subject_of(None, tag, None)
        entry = Entry(
            subject=subject,
            tag=tag,
            version=1,
            verdict=Outcome.GO,
            evaluated_at=yesterday,
            result_at=yesterday,
        )
        ledger.entries[subject] = entry
    return ledger


def _subject(tag: ImageTag, old: Digest | None) -> str:
    return subject_of(None, tag, None, old)
