"""A sweep by pages in memory: an Anchore whose list changes, and invocations that are killed.

Pages have few rows, and few entries, so that a small estate has many of them.
"""

import io
import logging
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from aws_lambda_powertools import Logger
from msgspec.structs import replace

from rescan.anchore.ordered_pages import page_in_order
from rescan.events.commands import Gate, SweepPage
from rescan.gate.data_version import DataVersion
from rescan.gate.inventory import Inventory
from rescan.gate.model import Outcome, Trigger, TriggerKind
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError, QueueUnavailable
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.metrics import Tally
from rescan.kernel.tag_pages import Boundary, ManyTags, TagPage, TagPages
from rescan.kernel.watch_list import ListedTags, Watch, WatchList
from rescan.notice.summary import Coverage
from rescan.outbox.items import Channel
from rescan.work.coverage import coverage_of
from rescan.work.page_chain import PageChain
from rescan.work.page_steps import PageSteps
from rescan.work.ports import SweepRecord
from rescan.work.recorder import Recorder
from rescan.work.silence import Silence
from rescan.work.sweep import FullSweep
from rescan.work.targets import target_of
from rescan.work.topics import Topics
from rescan.work.watching import Watching
from rescan.work.what_runs import Target
from tests.support.entries import FRESH
from tests.support.fakes import NOON, FakeLedger, FakeQueue, FakeTopic
from tests.support.memory_pages import MemoryPages

# Of fewer rows a page, some pages of the limits near it would not overlap.
ROWS_OF_A_PAGE, ENTRIES_OF_A_PAGE, FEW = 7, 3, 4
TRIGGER = Trigger(TriggerKind.SCHEDULE, NOON)
_NO_INVENTORY = Inventory(doubt="the inventory is empty")


class Killed(BaseException):
    """The invocation ends here, and its message is received again."""


class Row(NamedTuple):
    full_tag: str
    digest: Digest | None


def tag(number: int) -> ImageTag:
    return ImageTag("reg.io", f"a{number:03}", "1")


def subject_for(of: ImageTag, old: Digest | None = None) -> str:
    return f"{of}@{old}" if old else str(of)


@dataclass
class PagedSweep:
    """`listed` are the numbers of the tags, `digests` what some of them are on.

    Before each request of Anchore's list `changes` is called. `kills` are the numbers of the calls
    of queue, ledger and Anchore at which the invocation is killed: 2n before the nth, 2n + 1 behind
    it. Of the deliveries in `twice` the message is delivered again at once. So many warm
    `containers` do the pages by turns; 0: each page has a new one.
    """

    listed: set[int] = field(default_factory=set)
    digests: dict[int, Digest] = field(default_factory=dict)
    changes: Callable[[], None] = lambda: None
    kills: set[int] = field(default_factory=set)
    twice: set[int] = field(default_factory=set)
    containers: int = 0
    inventory: Inventory | AnchoreError = _NO_INVENTORY
    watch: Watch = "all"
    watch_list: WatchList = field(default_factory=WatchList)
    not_tags: dict[int, str] = field(default_factory=dict)
    fails: list[Exception] = field(default_factory=list)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    queue: FakeQueue = field(default_factory=FakeQueue)
    topic: FakeTopic = field(default_factory=FakeTopic)
    tally: Tally = field(default_factory=Tally)
    log: io.StringIO = field(default_factory=io.StringIO)
    now: datetime = NOON
    calls: int = 0
    delivered: int = 0
    requests: int = 0
    everything: list[Gate] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pages = MemoryPages(self.ledger)
        self.messages: list[SweepPage] = []
        self._warm: dict[int, PageChain] = {}
        handler = logging.StreamHandler(self.log)
        self._logger = Logger(f"p-{uuid4()}", logger_handler=handler)

    # --- the function

    def sweep(self) -> dict[str, Any]:
        """The invocation that begins a sweep; Killed, and what it raises."""
        answer = self._sweep.run(TRIGGER, self.watch_list, Deadline.after(60), measured=True)
        self.collect()
        return answer

    def work(self, most: int = 10_000) -> "PagedSweep":
        """Deliver what waits, page by page, until none is left."""
        while self.messages:
            assert most > 0, "the chain does not end"
            most -= 1
            self.deliver(self.messages.pop(0))
        return self

    def deliver(self, message: SweepPage) -> None:
        self.delivered += 1
        for _ in range(1 + (self.delivered in self.twice)):
            try:
                self.chain.run(message, Deadline.after(60))
            except (Killed, QueueUnavailable):
                self.messages.append(message)
            self.collect()

    def collect(self) -> None:
        self.everything += self.queue.take()
        self.messages += [page for page, _ in self.queue.pages]
        self.queue.pages.clear()

    @property
    def chain(self) -> PageChain:
        if not self.containers:
            return self._new_container()
        turn = self.delivered % self.containers
        if turn not in self._warm:
            self._warm[turn] = self._new_container()
        return self._warm[turn]

    def _new_container(self) -> PageChain:
        steps = PageSteps(
            self._killing(self.pages),
            TagPages(FEW, self._few, self._page),
            self._watching,
            self.watch_list,
            self.ledger,
            self._killing(self.queue),
            self._silence,
            subject_for,
            ENTRIES_OF_A_PAGE,
        )
        return PageChain(
            self._killing(self.pages),
            steps,
            self.ledger,
            self._killing(self.queue),
            self.tally,
            self._logger,
            lambda: self.now,
            lambda: 1.0,
        )

    @property
    def _sweep(self) -> FullSweep:
        return FullSweep(
            self._watching,
            self.ledger,
            self.queue,
            self.topic,
            self._silence,
            self.tally,
            self._logger,
            lambda deadline: DataVersion("of today"),
            lambda: self.now,
            pages=self.chain,
        )

    @property
    def _watching(self) -> Watching:
        inventory = None if self.watch == "active" else self._inventory
        return Watching(self.watch, self._every, inventory, self.tally, self._logger)

    @property
    def _silence(self) -> Silence:
        recorder = Recorder(
            self.ledger, Topics({Channel.STOPS: self.topic}, self.tally), self.tally
        )
        return Silence(recorder, subject_for, self._logger, lambda: self.now)

    def _killing(self, port: Any) -> Any:
        return _Killing(port, self._call)

    def _call(self, call: Callable[[], Any]) -> Any:
        number, self.calls = 2 * self.calls, self.calls + 1
        if number in self.kills:
            raise Killed
        answer = call()
        if number + 1 in self.kills:
            raise Killed
        return answer

    # --- Anchore

    def _rows(self) -> list[Row]:
        named = [(str(tag(n)), self.digests.get(n)) for n in self.listed]
        return [
            Row(*each) for each in sorted([*named, *((n, None) for n in self.not_tags.values())])
        ]

    def _few(self, deadline: Deadline, seen: AbstractSet[str]) -> ListedTags:
        if len(self.listed) > FEW:
            raise ManyTags(len(self.listed))
        return self._every(deadline, seen)

    def _every(self, deadline: Deadline, seen: AbstractSet[str]) -> ListedTags:
        return _listed(self._rows(), seen)

    def _page(self, deadline: Deadline, seen: AbstractSet[str], after: Boundary | None) -> TagPage:
        def read(limit: int, number: int) -> tuple[list[Row], int]:
            self.changes()
            self.requests += 1
            if self.fails:
                raise self.fails.pop(0)
            rows = self._rows()
            return rows[(number - 1) * limit :][:limit], len(rows)

        part = self._call(lambda: page_in_order(read, after, ROWS_OF_A_PAGE))
        return TagPage(_listed(part.rows, seen, part.missed), part.after)

    def _inventory(self, deadline: Deadline) -> Inventory:
        if isinstance(self.inventory, AnchoreError):
            raise self.inventory
        return self.inventory

    # --- what the ledger remembers

    def remembers(self, number: int, old: Digest | None = None, **entry: Any) -> None:
        of = tag(number)
        subject = subject_for(of, old)
        self.ledger.entries[subject] = replace(
            FRESH, subject=subject, tag=of, version=1, old_digest=old, **entry
        )

    def stopped(self, number: int, old: Digest | None = None, **entry: Any) -> None:
        self.remembers(number, old, verdict=Outcome.STOP, first_stop_at=NOON, **entry)

    def answer(self) -> None:
        """All that was sent is gated."""
        for gate in self.everything:
            subject = subject_for(gate.tag, gate.old_digest)
            entry = self.ledger.entries.get(subject)
            entry = entry or replace(
                FRESH, subject=subject, tag=gate.tag, version=1, old_digest=gate.old_digest
            )
            at = self.now + timedelta(seconds=1)
            self.ledger.entries[subject] = replace(entry, evaluated_at=at, result_at=at).marked_by(
                gate.sweep
            )

    @property
    def targets(self) -> list[Target]:
        """What was sent, in its order."""
        return [(gate.tag, gate.old_digest) for gate in self.everything]

    @property
    def record(self) -> SweepRecord:
        return self.ledger.sweeps[-1]

    @property
    def coverage(self) -> Coverage:
        return coverage_of(self.record, self.ledger.snapshots())

    @property
    def remembered(self) -> set[Target]:
        return {target_of(one) for one in self.ledger.snapshots()}


class _Killing:
    """A port whose calls go through `call`."""

    def __init__(self, port: Any, call: Callable[[Callable[[], Any]], Any]) -> None:
        self._port, self._call = port, call

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        return lambda *given, **named: self._call(lambda: _at_once(method(*given, **named)))


def _at_once(answer: Any) -> Any:
    return iter(list(answer)) if hasattr(answer, "__next__") else answer


def _listed(rows: Sequence[Row], seen: AbstractSet[str], missed: int = 0) -> ListedTags:
    tags: dict[ImageTag, None] = {}
    running: dict[ImageTag, tuple[Digest, ...]] = {}
    not_tags = []
    for row in rows:
        try:
            each = ImageTag.parse(row.full_tag)
        except ValueError:
            not_tags.append(row.full_tag)
            continue
        tags[each] = None
        if row.digest is not None and row.digest in seen:
            running[each] = (*running.get(each, ()), row.digest)
    return ListedTags(tuple(tags), tuple(not_tags), missed, running)
