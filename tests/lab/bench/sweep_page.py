"""A page of tags late in a large sweep against one early in a small one: it costs the same.

The chain of pages is the function's own, in this process, on a ledger in memory and an Anchore
without a network: CPU of one thread, and what it asks for.
"""

import logging
import time
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from aws_lambda_powertools import Logger
from msgspec import Struct

from rescan.anchore.active_tags import list_active_tags, list_tag_page
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.transport import Transport
from rescan.events.commands import SweepPage
from rescan.gate.model import Outcome, Trigger, TriggerKind
from rescan.kernel.deadline import Deadline
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.metrics import Tally
from rescan.kernel.tag_pages import TagPages
from rescan.kernel.watch_list import WatchList
from rescan.ledger.entry import Entry, subject_of
from rescan.outbox.items import Channel
from rescan.work.page_chain import PageChain
from rescan.work.page_ports import SweepPlan
from rescan.work.page_steps import PageSteps
from rescan.work.ports import SweepRecord
from rescan.work.recorder import Recorder
from rescan.work.silence import Silence
from rescan.work.topics import Topics
from rescan.work.watching import Watching
from tests.lab.bench.child import in_child
from tests.lab.bench.figures import Compared, Measured
from tests.lab.simulation.anchore import SimulatedAnchore
from tests.lab.simulation.scenario import Scenario
from tests.lab.simulation.turns import SimulatedTime
from tests.support.fakes import NOON, FakeLedger, FakeQueue, FakeTopic
from tests.support.memory_pages import MemoryPages

_SMALL, _LARGE = 20_000, 200_000
_ONE_STOPPED_OF = 10
_PAGES = 30
_SILENT = Logger(service="bench", logger_handler=logging.NullHandler())


class PageWork(Struct, frozen=True):
    """What a page took: seconds of CPU, items of pages that it read, and requests to Anchore."""

    seconds: float
    calls: int


def measure(runs: int) -> Measured:
    """Its CPU, and what it asks for."""
    early, late = in_child({}, _early_and_late)
    return Measured(
        rows=(
            Compared(
                what=f"CPU of a page of tags late in a sweep by pages of {_LARGE:,}",
                floor_is=f"of a page early in a sweep of {_SMALL:,}",
                ours=tuple(work.seconds for work in late),
                floor=tuple(work.seconds for work in early),
                at_most=1.2,
            ),
            Compared(
                what="requests and items that it takes",
                floor_is="those of the same page",
                ours=tuple(float(work.calls) for work in late),
                floor=tuple(float(work.calls) for work in early),
                at_most=1.0,
                unit="calls",
            ),
        )
    )


def _early_and_late() -> tuple[list[PageWork], list[PageWork]]:
    """Behind the first one, which reads what was sent with the entries; and the last ones."""
    return pages_of_tags(_SMALL)[1 : _PAGES + 1], pages_of_tags(_LARGE)[-_PAGES:]


def pages_of_tags(tags: int) -> list[PageWork]:
    """What each page of tags of a sweep took in one container, but for the last of them."""
    chain = _Chain(tags)
    works = [chain.step() for _ in chain.messages()]
    kept = chain.pages.pages
    following = [kept[NOON, number].next for number in range(len(works))]
    first = following.index("tags") + 1
    return works[first : following.index("rest")]


class _Chain:
    """One container, which does page after page."""

    def __init__(self, tags: int) -> None:
        scenario, clock = Scenario(tags, frozenset(), 1), SimulatedTime(NOON)
        self._anchore = SimulatedAnchore(scenario, clock)
        self._queue, ledger = FakeQueue(), _ledger(scenario.tags)
        self.pages = MemoryPages(ledger)
        transport = Transport(
            self._anchore.session(), "https://anchore/v2", AnchoreAuth(lambda: '{"token": "none"}')
        )
        self._chain = _page_chain(self.pages, transport, ledger, self._queue)
        self.pages.keep_plan(_plan(tags))
        self._message: SweepPage | None = SweepPage(NOON, 0, "0")

    def messages(self) -> Iterable[SweepPage]:
        """The message of each page."""
        while self._message:
            yield self._message

    def step(self) -> PageWork:
        """Do the page."""
        assert self._message
        asked, began = self._calls(), time.thread_time()
        self._chain.run(self._message, Deadline.after(60))
        work = PageWork(time.thread_time() - began, self._calls() - asked)
        self._queue.take()
        self._message = next((page for page, _ in self._queue.pages), None)
        self._queue.pages.clear()
        return work

    def _calls(self) -> int:
        return self.pages.reads + self._anchore.asked.total()


def _plan(tags: int) -> SweepPlan:
    record = SweepRecord(NOON, tags, enqueuing=True, by_pages=True)
    return SweepPlan(record=record, trigger=Trigger(TriggerKind.SCHEDULE, NOON))


def _ledger(tags: Iterable[ImageTag]) -> FakeLedger:
    ledger, yesterday = FakeLedger(), NOON - timedelta(days=1)
    for number, tag in enumerate(tags):
        verdict = Outcome.GO if number % _ONE_STOPPED_OF else Outcome.STOP
        entry = Entry(subject=_subject(tag), tag=tag, verdict=verdict, evaluated_at=yesterday)
        ledger.entries[entry.subject] = entry
    return ledger


def _page_chain(
    pages: MemoryPages, transport: Transport, ledger: FakeLedger, queue: FakeQueue
) -> PageChain:
    tally, every = Tally(), partial(list_active_tags, transport)
    recorder = Recorder(ledger, Topics({Channel.STOPS: FakeTopic()}, tally), tally)
    steps = PageSteps(
        pages,
        TagPages(0, every, partial(list_tag_page, transport)),
        Watching("active", every, None, tally, _SILENT),
        WatchList(),
        ledger,
        queue,
        Silence(recorder, _subject, _SILENT, lambda: NOON),
        _subject,
    )
    return PageChain(pages, steps, ledger, queue, tally, _SILENT, lambda: NOON)


def _subject(tag: ImageTag, old: Digest | None = None) -> str:
    return subject_of(None, tag, None, old)
