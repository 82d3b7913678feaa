"""The function's own parts, put together on simulated time, between a simulated Anchore and AWS."""

import logging
from bisect import bisect_left
from datetime import datetime, timedelta
from functools import partial
from random import Random

from aws_lambda_powertools import Logger
from msgspec import json

from rescan.anchore.active_tags import list_active_tags
from rescan.anchore.client import AnchoreClient
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.enterprise import EnterpriseDialect
from rescan.anchore.transport import Transport
from rescan.gate.model import Outcome, Trigger, TriggerKind
from rescan.kernel.deadline import Deadline
from rescan.kernel.metrics import Tally
from rescan.kernel.watch_list import WatchList
from rescan.ledger.entry import Entry, subject_of
from rescan.memory.deferred import MemoryDeferred
from rescan.outbox.grouping import GroupingRules
from rescan.outbox.items import Channel
from rescan.outbox.notice import Notice
from rescan.settings import Settings
from rescan.work.deferral import Deferral
from rescan.work.publisher import Publisher
from rescan.work.recorder import Recorder
from rescan.work.requeue import Requeue
from rescan.work.sweep import FullSweep
from rescan.work.topics import Topics
from rescan.work.worker import Worker
from tests.lab.simulation.anchore import SimulatedAnchore
from tests.lab.simulation.queue import SimulatedQueue
from tests.lab.simulation.scenario import Figures, Scenario
from tests.lab.simulation.turns import SimulatedTime
from tests.support.environment import LEAST
from tests.support.fakes import NOON, FakeLedger, FakeOutbox, FakeTopic

WINDOW = timedelta(seconds=60)
_SILENT = Logger(service="simulation", logger_handler=logging.NullHandler())


class TimedTopic(FakeTopic):
    """Remembers when each notice came."""

    def __init__(self, time: SimulatedTime) -> None:
        super().__init__()
        self.moments: list[datetime] = []
        self._time = time

    def publish(self, notice: Notice) -> str:
        self.moments.append(self._time.now())
        return super().publish(notice)


class Estate:
    """One simulation; `sweep` may be called again and goes on from there."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.time = SimulatedTime(NOON)
        self.anchore = SimulatedAnchore(scenario, self.time)
        self.ledger, self.topic, self.tally = _yesterday(scenario), TimedTopic(self.time), Tally()
        self.queue = SimulatedQueue(scenario, self.time)
        self._deferred = MemoryDeferred()
        self._deferral = Deferral(self._deferred, self.queue, self.tally, _SILENT, self.time.now)
        settings = Settings.parse(LEAST | {"PENDING_HOURS": str(scenario.pending_hours)})
        topics = Topics({Channel.STOPS: self.topic}, self.tally)
        transport = Transport(
            self.anchore.session(), settings.base_url, AnchoreAuth(lambda: '{"token": "none"}')
        )
        jitter = Random(scenario.seed).random  # noqa: S311 - chance, no secret
        self.queue.work = Worker(
            settings,
            partial(AnchoreClient, transport, EnterpriseDialect()),
            Recorder(self.ledger, topics, self.tally),
            Requeue(self.queue, self._deferred, self.time.now, jitter),
            self.tally,
            self.time.now,
        ).work
        self._publisher = Publisher(
            FakeOutbox(self.ledger),
            topics,
            GroupingRules(settings.digest_above, WINDOW),
            self.tally,
            _SILENT,
            self.time.now,
            self.time.sleep,
        )
        self._full_sweep = FullSweep(
            partial(list_active_tags, transport, running_only=False),
            self.ledger,
            self.queue,
            self.topic,
            self.tally,
            _SILENT,
            self.time.now,
        )

    def lives(self) -> None:
        """One sweep, until nothing is left to do."""
        self.time.begin(self._enqueue)
        self.time.begin(self._publish, after=WINDOW.total_seconds())
        self.time.run()

    def sweep(self) -> Figures:
        """The same, in figures; at least one notice is published."""
        self.lives()
        results = [entry.result_at for entry in self.ledger.entries.values()]
        moments = self.topic.moments
        return Figures(
            anchore_calls=self.anchore.asked.total(),
            peak_in_flight=self.anchore.peak,
            messages=self.queue.sent,
            gone_back=self.queue.gone_back,
            told=len(self.told()),
            published=len(moments),
            most_in_a_second=_most_in_a_second(moments),
            first_published=moments[0] - NOON,
            last_published=moments[-1] - NOON,
            complete=max(at for at in results if at is not None) - NOON,
        )

    def told(self) -> list[str]:
        """The images whose STOP was published, alone or in a group."""
        return [name for notice in self.topic.notices for name in _images_of(notice)]

    def _publish(self) -> None:
        """The schedule, for as long as there is something to do."""
        self._publisher.run(Deadline.after(265, self.time.passed))
        self._deferral.release(Deadline.after(265, self.time.passed))
        if not self.queue.idle or self.ledger.due or self._deferred.work:
            self.time.begin(self._publish, after=WINDOW.total_seconds())

    def _enqueue(self) -> None:
        self._full_sweep.run(
            Trigger(TriggerKind.SCHEDULE, self.time.now()),
            WatchList.parse([]),
            Deadline.after(265, self.time.passed),
            measured=True,
        )


def _yesterday(scenario: Scenario) -> FakeLedger:
    ledger, yesterday = FakeLedger(), NOON - timedelta(days=1)
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


def _images_of(notice: Notice) -> list[str]:
    result = json.decode(notice.result)
    if result["group"] is None:
        return [result["image"]["full_tag"]]
    return [member["full_tag"] for member in result["group"]["members"]]


def _most_in_a_second(moments: list[datetime]) -> int:
    ends = (bisect_left(moments, at + timedelta(seconds=1)) for at in moments)
    return max(end - begin for begin, end in enumerate(ends))
