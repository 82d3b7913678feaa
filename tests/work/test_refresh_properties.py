"""REFRESH=feed: the verdicts and the notices of `always`, at the same time, with fewer scans."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rescan.events.commands import Gate, Sweep
from rescan.gate.inventory import Inventory
from rescan.gate.model import Trigger, TriggerKind
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import LedgerUnavailable
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.metrics import Tally
from rescan.ledger.entry import Entry
from rescan.outbox.items import Channel
from rescan.settings import Settings
from rescan.work.parts import Container, Parts
from tests.support.environment import LEAST
from tests.support.fakes import NOON, FakeDeferred, FakeLedger, FakeOutbox, FakeQueue, FakeTopic
from tests.support.life_properties import MANY
from tests.support.scanning_anchore import Cves, ScanningAnchore

TAGS = [ImageTag.parse(f"reg.io/{name}:1") for name in "abc"]
DIGESTS = [Digest(f"sha256:{letter * 64}") for letter in "abc"]
CVES = ["CVE-1", "CVE-2", "CVE-3"]
VERSIONS = range(4)
# What each digest has on each version of the data. CVE-0 is allowed, so that most images pass: one
# that is stopped is refreshed in any case.
LISTED = {
    DIGESTS[0]: ("0", "01", "", "0"),
    DIGESTS[1]: ("0", "0", "02", "03"),
    DIGESTS[2]: ("0", "03", "0", "01"),
}
KNOWN = {
    (digest, data): Cves(f"CVE-{number}" for number in LISTED[digest][data])
    for digest in DIGESTS
    for data in VERSIONS
}
FAULTS = ["down", "unreadable", "interrupted", "feeds_hidden"]
QUIET = Logger(service="refresh", logger_handler=logging.NullHandler())
HOUR = timedelta(hours=1)
A_QUARTER = timedelta(minutes=15)
# Work is given up after two hours.
MOST_TURNS = 20


class World:
    """The function on an Anchore of its own."""

    def __init__(self, refresh: str, known: dict[tuple[Digest, int], Cves] = KNOWN) -> None:
        self.now = NOON
        digests = list(dict.fromkeys(digest for digest, _ in known))
        tags = [ImageTag.parse(f"reg.io/{digest[7]}:1") for digest in digests]
        self.anchore = ScanningAnchore(
            lambda: self.now,
            known,
            dict(zip(tags, digests, strict=True)),
            allowed={"CVE-0": None},
        )
        self.ledger, self.topic, self.queue = FakeLedger(), FakeTopic(), FakeQueue()
        self._deferred = FakeDeferred()
        container = Container(
            settings=Settings.parse(LEAST | {"REFRESH": refresh}),
            anchore_until=lambda deadline: self.anchore,
            active_tags=lambda deadline, seen: self.anchore.active_tags(deadline),
            inventory=lambda deadline: Inventory(),
            data_version=self.anchore.data_version,
            topics={Channel.STOPS: self.topic},
            tally=Tally(),
            logger=QUIET,
            clock=lambda: self.now,
            sleep=lambda seconds: None,
        )
        self._dead: list[Gate] = []
        outbox, window = FakeOutbox(self.ledger), timedelta(minutes=1)
        self._parts = Parts(container, self.queue, self.ledger, outbox, self._deferred, window)

    def sweeps(self, meanwhile: Callable[["World"], None] = lambda world: None) -> None:
        """A whole sweep; something may happen between its beginning and its work."""
        self._parts.sweep(Sweep(Trigger(TriggerKind.SCHEDULE, self.now)), Deadline.after(60))
        meanwhile(self)
        self.works()

    def works(self) -> None:
        """Whatever waits is done, a quarter of an hour after it went back; then all is said.

        What fails is redriven the next time.
        """
        self.queue.send_all(self._dead)
        self._dead.clear()
        for _ in range(MOST_TURNS):
            waiting = [*self.queue.take(), *(gate for gate, _ in self._deferred.work.values())]
            self._deferred.work.clear()
            for gate in waiting:
                try:
                    self._parts.work(gate, Deadline.after(60))
                except LedgerUnavailable:
                    self._dead.append(gate)
            self.now += A_QUARTER
            self._parts.publish(Deadline.after(60))
            if not waiting:
                return
        raise AssertionError(f"still not done: {waiting}")

    @property
    def verdicts(self) -> dict[str, tuple[object, ...]]:
        return {name: _verdict(entry) for name, entry in self.ledger.entries.items()}

    @property
    def said(self) -> list[Any]:
        """All of every notice, the moment included."""
        return [json.loads(notice.result) for notice in self.topic.notices]

    @property
    def stops(self) -> set[tuple[str, str]]:
        """Each STOP, by its image and its moment."""
        stops = (said for said in self.said if said["event_type"] == "STOP")
        return {(said["image"]["full_tag"], said["at"]) for said in stops}


def _verdict(entry: Entry) -> tuple[object, ...]:
    failing = entry.failing and (entry.failing.since, entry.failing.reason)
    return entry.verdict, entry.digest, entry.stopping, entry.first_stop_at, failing


class Twins(RuleBasedStateMachine):
    """The same happens to both; `lazy` is their Anchore."""

    lazy = False

    def __init__(self) -> None:
        super().__init__()
        self.always, self.feed = World("always"), World("feed")
        self.always.anchore.lazy = self.feed.anchore.lazy = self.lazy

    def each(self, happens: Callable[[World], None]) -> None:
        for world in (self.always, self.feed):
            happens(world)

    @rule(hours=st.sampled_from([1, 5, 6, 6, 13, 25]))
    def time_passes_and_all_are_swept(self, hours: int) -> None:
        def happens(world: World) -> None:
            world.now += timedelta(hours=hours)
            world.sweeps()

        self.each(happens)

    @rule(data=st.sampled_from(VERSIONS))
    def the_feeds_move(self, data: int) -> None:
        self.each(lambda world: _move(world, data))

    @precondition(lambda self: not self.lazy)
    @rule(data=st.sampled_from(VERSIONS))
    def the_feeds_move_while_a_sweep_is_under_way(self, data: int) -> None:
        self.each(lambda world: world.sweeps(lambda world: _move(world, data)))

    @rule(tag=st.sampled_from(TAGS), digest=st.sampled_from(DIGESTS), is_told=st.booleans())
    def an_image_is_pushed(self, tag: ImageTag, digest: Digest, is_told: bool) -> None:
        def happens(world: World) -> None:
            world.anchore.tags[tag] = digest
            if is_told:
                world.queue.send(Gate(tag, Trigger(TriggerKind.ECR_PUSH, world.now)), timedelta())
                world.works()

        self.each(happens)

    @rule(cve=st.sampled_from(CVES), hours=st.sampled_from([None, 2, 7, 20]))
    def a_finding_is_allowed(self, cve: str, hours: int | None) -> None:
        def happens(world: World) -> None:
            ends = world.now + timedelta(hours=hours) if hours else None
            world.anchore.allowed[cve] = ends
            world.anchore.policy += 1

        self.each(happens)

    @rule(cve=st.sampled_from(CVES))
    def a_finding_is_no_longer_allowed(self, cve: str) -> None:
        def happens(world: World) -> None:
            world.anchore.allowed.pop(cve, None)
            world.anchore.policy += 1

        self.each(happens)

    @rule(fault=st.sampled_from(FAULTS))
    def a_sweep_meets_a_fault(self, fault: str) -> None:
        self.meets(fault)

    def meets(self, fault: str) -> None:
        def happens(world: World) -> None:
            world.now += timedelta(hours=1)
            world.anchore.faults = frozenset({fault})
            world.sweeps()
            world.anchore.faults = frozenset()

        self.each(happens)

    @rule(call=st.sampled_from(["read", "write", "snapshots"]))
    def the_ledger_refuses(self, call: str) -> None:
        def happens(world: World) -> None:
            world.now += timedelta(hours=1)
            world.ledger.refuses = {call}
            world.sweeps(lambda world: world.ledger.refuses.discard("snapshots"))
            world.ledger.refuses = set()

        self.each(happens)


class Equal(Twins):
    """Whatever happens, but for scans that fail unseen, the two cannot be told apart."""

    @invariant()
    def verdicts_are_the_same(self) -> None:
        assert self.feed.verdicts == self.always.verdicts

    @invariant()
    def notices_are_the_same_at_the_same_time(self) -> None:
        assert self.feed.said == self.always.said


class EqualOnLazyAnchore(Equal):
    """That a plain read scans newer data by itself is relied on within a sweep alone."""

    lazy = True


class ScansFail(Twins):
    """A forced scan that fails lists nothing, and nobody can tell; a plain read has the report."""

    @rule()
    def scans_fail_during_a_sweep(self) -> None:
        self.meets("scans_fail")

    @invariant()
    def what_always_evaluates_feed_evaluates_alike(self) -> None:
        feed = self.feed.ledger.entries
        for name, entry in self.always.ledger.entries.items():
            if entry.failing is None:
                assert _verdict(feed[name]) == _verdict(entry)

    @invariant()
    def no_stop_is_said_later(self) -> None:
        assert self.always.stops <= self.feed.stops


def _move(world: World, data: int) -> None:
    world.anchore.data = data


# What a random story meets too seldom.
STORIES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "an allowlist ends, and Anchore has kept the evaluation": [
        *((("a_finding_is_allowed"), {"cve": cve, "hours": 7}) for cve in CVES),
        ("the_feeds_move", {"data": 1}),
        ("time_passes_and_all_are_swept", {"hours": 1}),
        ("time_passes_and_all_are_swept", {"hours": 7}),
    ],
    "feeds go back to what they were, after a version on which nothing is listed": [
        ("time_passes_and_all_are_swept", {"hours": 1}),
        ("the_feeds_move", {"data": 2}),
        ("time_passes_and_all_are_swept", {"hours": 1}),
        ("time_passes_and_all_are_swept", {"hours": 1}),
        ("the_feeds_move", {"data": 0}),
        ("time_passes_and_all_are_swept", {"hours": 1}),
    ],
}


@pytest.mark.parametrize("machine", [Equal, EqualOnLazyAnchore])
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_known_story_is_the_same_in_both(
    machine: type[Equal], story: list[tuple[str, dict[str, Any]]]
) -> None:
    twins = machine()
    for step, facts in story:
        getattr(twins, step)(**facts)
        twins.verdicts_are_the_same()
        twins.notices_are_the_same_at_the_same_time()


A_WEEK_OF_SWEEPS = [NOON + hours * HOUR for hours in range(0, 7 * 24, 6)]


@pytest.mark.parametrize(
    ("refresh", "moves", "forced"),
    [
        pytest.param("always", 24, 10 * 28, id="always"),
        # Nine pass; the tenth is stopped, and so is refreshed by each of the 28 sweeps.
        pytest.param("feed", 1000, 9 * 7 + 28, id="feeds-stand-still"),
        pytest.param("feed", 24, 9 * 8 + 28, id="feeds-move-once-a-day"),
        pytest.param("feed", 4, 10 * 28, id="feeds-move-between-all-sweeps"),
    ],
)
def test_forced_refreshes_of_ten_images_in_a_week(refresh: str, moves: int, forced: int) -> None:
    digests = [Digest(f"sha256:{letter * 64}") for letter in "0123456789"]
    worst = {
        digest: Cves({"CVE-0", "CVE-1"} if digest in digests[:1] else {"CVE-0"})
        for digest in digests
    }
    world = World(
        refresh, {(digest, data): worst[digest] for digest in digests for data in range(50)}
    )
    for at in A_WEEK_OF_SWEEPS:
        world.now = at
        world.anchore.data = (at - NOON + 21 * HOUR) // (moves * HOUR)
        world.sweeps()
    assert world.anchore.forced == forced
    assert [said["event_type"] for said in world.said].count("STOP") == 1


def _case(machine: type[Twins], examples: int) -> Any:
    machine.TestCase.settings = settings(
        max_examples=int(MANY or examples),
        stateful_step_count=12,
        deadline=None,
        database=None,
        derandomize=MANY is None,
    )
    return machine.TestCase


TestEqual = _case(Equal, 30)
TestEqualOnLazyAnchore = _case(EqualOnLazyAnchore, 20)
TestScansFail = _case(ScansFail, 40)
