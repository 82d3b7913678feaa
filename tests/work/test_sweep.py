"""A sweep enqueues every watched tag and every stopped one, and measures the sweep before."""

import io
import json
import logging
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger
from msgspec.structs import replace

from rescan.events.commands import Gate
from rescan.events.parse import parse_event
from rescan.gate.data_version import DataVersion
from rescan.gate.inventory import (
    Inventory,
    InventoryRecord,
    Place,
    ReadInventory,
    RunningImage,
)
from rescan.gate.model import Outcome, Trigger, TriggerKind
from rescan.gate.running import TagInventory
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import (
    AnchoreError,
    AnchoreForbidden,
    AnchoreUnreachable,
    QueueUnavailable,
)
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.metrics import Metric, Tally
from rescan.kernel.watch_list import ListedTags, Watch, WatchList
from rescan.ledger.failing import Failing
from rescan.ledger.news import EventType, StopNews
from rescan.ledger.transitions import after_verdict
from rescan.notice.summary import Coverage, Unwatched
from rescan.outbox.items import Channel
from rescan.work.ports import SweepRecord
from rescan.work.recorder import Recorder
from rescan.work.silence import Silence
from rescan.work.sweep import FullSweep
from rescan.work.topics import Topics
from rescan.work.watching import Watching
from tests.support.anchore_answers import WHERE
from tests.support.entries import FRESH, PACE, report
from tests.support.fakes import NOON, FakeLedger, FakeQueue, FakeTopic
from tests.support.running import places, running

A, B, C = (ImageTag.parse(f"reg.io/{name}:1") for name in "abc")
TRIGGER = Trigger(TriggerKind.SCHEDULE, NOON)
HOUR = timedelta(hours=1)
EMPTY = Inventory(doubt="the inventory is empty")
NOT_KNOWN = InventoryRecord(EMPTY.doubt)
TODAY = DataVersion("of today", received_at=NOON - HOUR)
CHECKED = replace(TODAY, has_checksums=True)


def subject_for(tag: ImageTag, old: Digest | None = None) -> str:
    return f"{tag}@{old}" if old else str(tag)


@dataclass
class Estate:
    active: list[ImageTag] | Exception = field(default_factory=lambda: [A, B])
    ledger: FakeLedger = field(default_factory=FakeLedger)
    topic: FakeTopic = field(default_factory=FakeTopic)
    readers: Topics | None = None
    queue: FakeQueue = field(default_factory=FakeQueue)
    tally: Tally = field(default_factory=Tally)
    log: io.StringIO = field(default_factory=io.StringIO)
    now: datetime = NOON
    not_tags: tuple[str, ...] = ()
    missed: int = 0
    data: DataVersion | Exception = TODAY
    watch: Watch = "all"
    inventory: Inventory | Exception = EMPTY
    digests: dict[Digest, ImageTag] = field(default_factory=dict)
    by_feeds: bool = False

    def remembers(self, tag: ImageTag, **entry: object) -> None:
        remembered = replace(FRESH, subject=str(tag), tag=tag, version=1, **entry)
        self.ledger.entries[str(tag)] = remembered

    def sweep(self, *entries: str, measured: bool = True) -> dict[str, object]:
        logger = Logger(service=f"sweep-{uuid4()}", logger_handler=logging.StreamHandler(self.log))
        recorder = Recorder(
            self.ledger, Topics({Channel.STOPS: self.topic}, self.tally), self.tally
        )
        sweep = FullSweep(
            Watching(self.watch, self._tags, self._reader, self.tally, logger),
            self.ledger,
            self.queue,
            self.readers or self.topic,
            Silence(recorder, subject_for, logger, lambda: self.now),
            self.tally,
            logger,
            self._data_version,
            lambda: self.now,
            by_feeds=self.by_feeds,
        )
        watch_list = WatchList.parse(entries)
        return sweep.run(TRIGGER, watch_list, Deadline.after(60), measured=measured)

    def _data_version(self, deadline: Deadline) -> DataVersion:
        if isinstance(self.data, Exception):
            raise self.data
        return self.data

    def _tags(self, deadline: Deadline, seen: AbstractSet[str]) -> ListedTags:
        if isinstance(self.active, Exception):
            raise self.active
        running = {tag: (digest,) for digest, tag in self.digests.items() if digest in seen}
        return ListedTags(tuple(self.active), self.not_tags, self.missed, running)

    @property
    def _reader(self) -> ReadInventory | None:
        return None if self.watch == "active" else self._inventory

    def _inventory(self, deadline: Deadline) -> Inventory:
        if isinstance(self.inventory, Exception):
            raise self.inventory
        return self.inventory

    @property
    def gates(self) -> list[Gate]:
        gates = [parse_event(json.loads(body), lambda r: None) for body, _ in self.queue.messages]
        return [gate for gate in gates if isinstance(gate, Gate)]

    @property
    def enqueued(self) -> list[ImageTag]:
        return [gate.tag for gate in self.gates]


@pytest.fixture
def estate() -> Estate:
    return Estate()


def test_every_active_tag_is_enqueued_once(estate: Estate) -> None:
    assert estate.sweep() == {"enqueued": 2, "sweep": NOON.isoformat()}
    assert estate.enqueued == [A, B]


def test_a_stopped_tag_is_enqueued_though_anchore_no_longer_lists_it(estate: Estate) -> None:
    estate.remembers(C, verdict=Outcome.STOP)
    estate.remembers(A, verdict=Outcome.STOP)
    estate.remembers(ImageTag.parse("reg.io/gone:1"), verdict=Outcome.GO)
    estate.sweep()
    assert sorted(estate.enqueued) == [A, B, C]


def test_what_is_stopped_is_enqueued_first_then_what_anchore_lists_in_its_order(
    estate: Estate,
) -> None:
    estate.active = [C, B, A]
    estate.remembers(A, verdict=Outcome.STOP)
    estate.remembers(B, verdict=Outcome.GO)
    estate.sweep()
    assert estate.enqueued == [A, C, B]


@pytest.mark.parametrize(
    ("tried", "enqueued"),
    [
        pytest.param(NOON - HOUR, [A, B, C], id="since-the-sweep-before"),
        pytest.param(NOON - 20 * HOUR, [A, B, C], id="sweeps-have-lost-its-message"),
        pytest.param(NOON - 49 * HOUR, [A, B], id="nobody-asks-about-it-any-longer"),
    ],
)
@pytest.mark.parametrize("sweeps", [[], [SweepRecord(NOON - 6 * HOUR, 2)]], ids=["first", "later"])
def test_a_tag_that_was_given_up_is_enqueued_though_no_list_has_it(
    estate: Estate, sweeps: list[SweepRecord], tried: datetime, enqueued: list[ImageTag]
) -> None:
    estate.ledger.sweeps = sweeps
    estate.remembers(C, failing=Failing(NOON - 9 * HOUR, "regate", "HTTP 500"), result_at=tried)
    estate.sweep()
    assert estate.enqueued == enqueued


def test_a_watch_list_narrows_what_is_listed_but_not_what_is_stopped(estate: Estate) -> None:
    estate.remembers(C, verdict=Outcome.STOP)
    estate.sweep("reg.io/a:*", "reg.io/typo:*")
    assert estate.enqueued == [C, A]
    assert "reg.io/typo:*" in estate.log.getvalue()


def test_a_row_that_is_no_tag_is_named_and_leaves_the_sweep_incomplete(estate: Estate) -> None:
    estate.not_tags, estate.missed = ("<none>",), 2
    estate.sweep()
    assert estate.enqueued == [A, B]
    assert '"not_tags":["<none>"]' in estate.log.getvalue().replace(" ", "")
    counts = estate.tally.take()
    assert (counts[Metric.EXPECTED], counts[Metric.UNWATCHED_ROWS]) == (5, 3)
    estate.not_tags, estate.missed = (), 0
    for tag in (A, B):
        estate.remembers(tag, sweep=NOON, evaluated_at=NOON)
    estate.now += HOUR
    estate.sweep()
    assert estate.tally.take()[Metric.SWEEP_COMPLETE] == 0


def test_one_row_that_is_no_tag_leaves_a_sweep_of_a_thousand_incomplete(estate: Estate) -> None:
    record = SweepRecord(NOON - HOUR, 2_000, unwatched=Unwatched(1, ("<none>",)))
    estate.ledger.sweeps = [record]
    for number in range(1_999):
        tag = ImageTag.parse(f"reg.io/app:{number}")
        estate.remembers(tag, sweep=NOON - HOUR, evaluated_at=NOON)
    estate.sweep()
    assert measured(estate) == (0, 1)
    assert estate.ledger.sweeps[-1].before == Coverage(
        NOON - HOUR, 2_000, 1_999, 1_999, 0, record.unwatched
    )


def test_of_many_rows_that_are_no_tag_a_sweep_remembers_the_number_and_the_first(
    estate: Estate,
) -> None:
    estate.not_tags = tuple(f"a+{n}" for n in range(3_000))
    estate.sweep()
    first = tuple(f"a+{n}" for n in range(5))
    assert estate.ledger.sweeps[-1].unwatched == Unwatched(3_000, first)


def test_named_tags_need_no_list(estate: Estate) -> None:
    estate.active = AnchoreUnreachable("down", **WHERE)
    estate.sweep(str(B))
    assert estate.enqueued == [B]


def test_a_list_that_fails_fails_the_sweep(estate: Estate) -> None:
    estate.active = AnchoreUnreachable("down", **WHERE)
    with pytest.raises(AnchoreUnreachable):
        estate.sweep()
    assert estate.ledger.sweeps == []


def test_a_sweep_is_known_to_have_begun_before_its_tags_are_listed(estate: Estate) -> None:
    estate.active = AnchoreUnreachable("down", **WHERE)
    with pytest.raises(AnchoreUnreachable):
        estate.sweep()
    assert not estate.ledger.begin_sweep(NOON + HOUR / 4, unless_since=NOON)


def test_a_schedule_s_own_list_is_no_full_sweep_that_begins(estate: Estate) -> None:
    estate.sweep(str(A), measured=False)
    assert estate.ledger.begin_sweep(NOON + HOUR / 4, unless_since=NOON)


def test_a_sweep_that_cannot_enqueue_all_fails_loudly(estate: Estate) -> None:
    estate.queue.refuses = True
    with pytest.raises(QueueUnavailable):
        estate.sweep()
    assert estate.ledger.sweeps == []


def test_a_ledger_that_refuses_does_not_keep_the_tags_from_being_swept(estate: Estate) -> None:
    estate.ledger.refuses = {"begin_sweep", "snapshots", "last_sweep", "record_sweep"}
    estate.sweep()
    assert estate.enqueued == [A, B]


# --- a STOP that nobody asks about any more


OLD = "own|reg.io/c:1|old"
DAY = timedelta(days=1)


def stops_under_the_old_policy(estate: Estate, **entry: object) -> None:
    """Since 40 days, and nobody has asked for 30; the sweeps have had a GO an hour ago."""
    facts = {
        "verdict": Outcome.STOP,
        "policy_id": "old",
        "first_stop_at": NOON - 40 * DAY,
        "result_at": NOON - 30 * DAY,
        "team": "payments",
    }
    old = replace(FRESH, subject=OLD, tag=C, version=3, **(facts | entry))
    estate.ledger.entries[OLD] = old
    estate.remembers(C, verdict=Outcome.GO, evaluated_at=NOON - HOUR, result_at=NOON - HOUR)


def ended(estate: Estate) -> bool:
    """Whether the STOP has ended, which its readers are told in the same write."""
    told = [item.envelope.event_type for item in estate.ledger.notices.values()]
    assert told == ([] if estate.ledger.entries[OLD].stopped else [EventType.ENDED])
    return bool(told)


def test_a_stop_under_a_policy_that_nobody_asks_for_ends_and_says_so(estate: Estate) -> None:
    stops_under_the_old_policy(estate)
    estate.sweep()
    assert ended(estate)
    [item] = estate.ledger.notices.values()
    result = json.loads(item.notice.result)
    assert (result["policy_id"], result["team"], result["ended"]["asked_at"]) == (
        "old",
        "payments",
        "2026-10-25T12:00:00Z",
    )
    # It was swept up to the end; now no list has the tag any longer.
    assert C in estate.enqueued
    estate.queue.sent.clear()
    estate.sweep()
    assert C not in estate.enqueued


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({"result_at": NOON - 30 * DAY + HOUR}, id="asked-for-within-30-days"),
        pytest.param({"result_at": None}, id="nobody-knows-when-it-was-asked-for"),
    ],
)
def test_a_stop_that_somebody_asks_about_goes_on(estate: Estate, entry: dict[str, object]) -> None:
    stops_under_the_old_policy(estate, **entry)
    estate.sweep()
    assert not ended(estate)
    assert C in estate.enqueued


@pytest.mark.parametrize(
    "own",
    [
        pytest.param({}, id="no-result-yet"),
        pytest.param({"result_at": NOON - 31 * DAY}, id="none-since"),
        pytest.param(
            {"result_at": NOON, "failing": Failing(NOON, "regate", "HTTP 500")}, id="it-fails"
        ),
    ],
)
def test_a_stop_goes_on_while_the_sweeps_have_no_answer_of_their_own(
    estate: Estate, own: dict[str, object]
) -> None:
    stops_under_the_old_policy(estate)
    estate.remembers(C, **own)
    estate.sweep()
    assert not ended(estate)


def test_a_stop_of_the_sweeps_own_never_ends_by_silence(estate: Estate) -> None:
    """Nor when the function was off for a year, or the tag has left the watch list."""
    estate.remembers(C, verdict=Outcome.STOP, result_at=NOON - 365 * DAY)
    estate.sweep(str(A))
    assert (estate.ledger.entries[str(C)].stopped, estate.ledger.notices) == (True, {})
    assert estate.enqueued == [C, A]


@pytest.mark.parametrize("call", ["read", "write"])
def test_a_ledger_that_refuses_keeps_the_stop_for_the_next_sweep(estate: Estate, call: str) -> None:
    stops_under_the_old_policy(estate)
    estate.ledger.refuses = {call}
    estate.sweep()
    assert not ended(estate)
    estate.ledger.refuses = set()
    estate.sweep()
    assert ended(estate)


def test_a_schedule_s_own_list_ends_nothing(estate: Estate) -> None:
    stops_under_the_old_policy(estate)
    estate.sweep(str(A), measured=False)
    assert not ended(estate)


def test_a_stop_that_ended_is_news_when_somebody_asks_again(estate: Estate) -> None:
    stops_under_the_old_policy(estate)
    estate.sweep()
    _, news = after_verdict(estate.ledger.entries[OLD], report(), NOON + HOUR, PACE)
    assert isinstance(news, StopNews)


# --- measuring the sweep before


def measured(estate: Estate) -> tuple[float | None, float | None]:
    counts = estate.tally.take()
    return counts.get(Metric.SWEEP_COMPLETE), counts.get(Metric.SWEEP_MISSING)


def test_the_first_sweep_has_none_before_it(estate: Estate) -> None:
    estate.sweep()
    assert estate.ledger.sweeps == [SweepRecord(NOON, 2, data=TODAY, inventory=NOT_KNOWN)]
    assert measured(estate) == (None, None)


def test_only_the_messages_of_a_full_sweep_mark_its_results(estate: Estate) -> None:
    estate.sweep()
    estate.sweep(str(C), measured=False)
    assert [gate.sweep for gate, _ in estate.queue.sent] == [NOON, NOON, None]


@pytest.mark.parametrize(
    ("expected", "missing", "complete"),
    [(10, 1, 0), (999, 1, 0), (1000, 1, 1), (1000, 2, 0), (100_000, 100, 1), (100_000, 101, 0)],
)
def test_one_missing_tag_of_a_thousand_leaves_a_sweep_complete(
    expected: int, missing: int, complete: int
) -> None:
    coverage = Coverage(NOON, expected, expected - missing, 0, 0)
    assert coverage.is_complete is bool(complete)


def test_a_sweep_remembers_what_the_one_before_it_came_to(estate: Estate) -> None:
    for _ in range(3):
        estate.sweep()
        estate.now += HOUR
    before = Coverage(NOON + HOUR, 2, 0, 0, 0)
    third = SweepRecord(NOON + 2 * HOUR, 2, before, data=TODAY, inventory=NOT_KNOWN)
    assert estate.ledger.last_sweep() == third


@pytest.mark.parametrize(
    ("sweeps", "expected"),
    [
        pytest.param((NOON - HOUR, NOON - HOUR), (1, 0), id="all-answered"),
        pytest.param((NOON - HOUR, NOON), (1, 0), id="answered-by-a-newer-one"),
        pytest.param((NOON - HOUR, NOON - 2 * HOUR), (0, 1), id="one-missing"),
        pytest.param((None, None), (0, 2), id="none-answered"),
    ],
)
def test_a_sweep_was_complete_when_every_tag_has_a_result_since(
    estate: Estate, sweeps: tuple[datetime | None, ...], expected: tuple[int, int]
) -> None:
    estate.ledger.sweeps = [SweepRecord(NOON - HOUR, 2)]
    for tag, sweep in zip((A, B), sweeps, strict=True):
        estate.remembers(tag, sweep=sweep)
    estate.sweep()
    assert measured(estate) == expected


@pytest.mark.parametrize(
    ("failing", "percent"),
    [pytest.param(Failing(NOON, "regate", "HTTP 500"), 50, id="fails"), (None, 0)],
)
def test_what_a_sweep_could_not_evaluate_is_measured_as_a_share(
    estate: Estate, failing: Failing | None, percent: float
) -> None:
    estate.ledger.sweeps = [SweepRecord(NOON - HOUR, 2)]
    estate.remembers(A, sweep=NOON - HOUR, evaluated_at=NOON)
    estate.remembers(B, sweep=NOON - HOUR, failing=failing)
    estate.sweep()
    assert estate.tally.take()[Metric.SWEEP_FAILING_PERCENT] == percent


def test_a_schedule_s_own_tags_are_no_reconciliation(estate: Estate) -> None:
    estate.ledger.sweeps = [SweepRecord(NOON - HOUR, 2)]
    estate.remembers(C, verdict=Outcome.STOP)
    estate.sweep(str(A), measured=False)
    assert (estate.enqueued, len(estate.ledger.sweeps), measured(estate)) == ([A], 1, (None, None))


def test_age_and_readers_are_measured(estate: Estate) -> None:
    estate.remembers(A, evaluated_at=NOON - 3 * HOUR)
    estate.remembers(B, evaluated_at=NOON - 30 * HOUR)
    estate.remembers(C, evaluated_at=NOON - 900 * HOUR)  # no list has it any longer
    estate.topic.subscriptions = 0
    estate.sweep()
    counts = estate.tally.take()
    assert counts[Metric.OLDEST_EVALUATION_AGE_HOURS] == 30
    assert (counts[Metric.CONFIRMED_SUBSCRIPTIONS], counts[Metric.EXPECTED]) == (0, 2)


def test_readers_of_every_channel_are_counted_together(estate: Estate) -> None:
    """Who reads the chat alone is not alarmed for missing mail."""
    estate.topic.subscriptions = 0
    chat = FakeTopic(subscriptions=2)
    estate.readers = Topics({Channel.STOPS: estate.topic, Channel.CHAT: chat}, estate.tally)
    estate.sweep()
    assert estate.tally.take()[Metric.CONFIRMED_SUBSCRIPTIONS] == 2


def test_readers_that_cannot_be_counted_do_not_keep_the_sweep_from_being_measured(
    estate: Estate,
) -> None:
    estate.ledger.sweeps = [SweepRecord(NOON - HOUR, 0)]
    estate.topic.refuses = True
    estate.sweep()
    assert measured(estate) == (1, 0)


def test_a_ledger_that_cannot_say_when_the_sweep_before_was_is_counted(estate: Estate) -> None:
    estate.ledger.refuses = {"last_sweep"}
    estate.sweep()
    assert estate.tally.take()[Metric.LEDGER_ERRORS] == 1


def test_a_sweep_remembers_the_data_that_it_began_with(estate: Estate) -> None:
    estate.sweep()
    assert estate.ledger.sweeps[-1].data == TODAY


@pytest.mark.parametrize(
    ("by_feeds", "data", "told"),
    [
        pytest.param(True, CHECKED, CHECKED.feeds, id="feed"),
        pytest.param(True, TODAY, None, id="feed-without-checksums"),
        pytest.param(True, AnchoreUnreachable("no route", **WHERE), None, id="feed-and-not-known"),
        pytest.param(False, CHECKED, None, id="always"),
    ],
)
def test_only_refresh_by_the_feeds_puts_them_into_messages(
    estate: Estate, by_feeds: bool, data: DataVersion | Exception, told: str | None
) -> None:
    """An older version refuses a message with a field that it does not know."""
    estate.by_feeds, estate.data = by_feeds, data
    estate.sweep()
    assert [gate.feeds for gate in estate.gates] == [told, told]
    assert all(("feeds" in body) is bool(told) for body, _ in estate.queue.messages)


def test_a_schedule_of_its_own_tags_forces_every_refresh(estate: Estate) -> None:
    estate.by_feeds, estate.data = True, CHECKED
    estate.sweep("reg.io/a:1", measured=False)
    assert [gate.feeds for gate in estate.gates] == [None]


def test_feeds_that_cannot_be_read_stop_no_sweep(estate: Estate) -> None:
    estate.data = AnchoreUnreachable("no route", **WHERE)
    assert estate.sweep()["enqueued"] == 2
    assert estate.ledger.sweeps[-1].data is None


def test_a_schedule_of_its_own_tags_does_not_ask_for_the_feeds(estate: Estate) -> None:
    estate.data = AssertionError("nobody asks")
    estate.sweep("reg.io/a:1", measured=False)
    assert estate.enqueued == [A]


@pytest.mark.parametrize(
    ("received", "lag"),
    [
        pytest.param(NOON - 6 * HOUR, 2 * 3600, id="newer-than-the-sweep-before"),
        pytest.param(NOON - 20 * HOUR, None, id="the-sweep-before-had-them"),
        pytest.param(None, None, id="the-server-does-not-say"),
    ],
)
def test_the_time_from_new_data_to_the_last_verdict_is_measured(
    estate: Estate, received: datetime | None, lag: float | None
) -> None:
    began, before = NOON - 5 * HOUR, Coverage(NOON - 11 * HOUR, 2, 2, 2, 0)
    data = DataVersion("of today", received_at=received)
    estate.ledger.sweeps = [SweepRecord(began, 2, before, data=data)]
    estate.remembers(A, sweep=began, evaluated_at=NOON - 4 * HOUR)
    estate.remembers(B, sweep=began, evaluated_at=NOON - 4.5 * HOUR)
    estate.sweep()
    assert estate.tally.take().get(Metric.FEED_LAG_SECONDS) == lag
    logged = [json.loads(line) for line in estate.log.getvalue().splitlines()]
    [measured] = [each for each in logged if each["message"] == "sweep measured"]
    assert measured.get("feed_lag_seconds") == lag


# --- what runs


D = ImageTag.parse("reg.io/d:1")
OF_B, OLD_A = (Digest(f"sha256:{letter * 64}") for letter in "b0")
EU, US = "prod-eu/payments", "prod-us/payments"


def seen(*images: ImageTag | Digest, contexts: tuple[str, ...] = (EU,)) -> Inventory:
    """An inventory that saw these, by a tag or by a digest, and is fresh."""
    running = (
        RunningImage(str(one), None, (), 1)
        if isinstance(one, ImageTag)
        else RunningImage(None, one, (), 1)
        for one in images
    )
    return Inventory(tuple(running), dict.fromkeys(contexts, NOON))


@pytest.mark.parametrize(
    ("watch", "enqueued"),
    [
        pytest.param("all", [B, D, A], id="what-runs-before-the-rest"),
        pytest.param("running", [B, D], id="what-runs-alone"),
    ],
)
def test_what_runs_is_swept_by_its_tag_or_its_digest(
    estate: Estate, watch: Watch, enqueued: list[ImageTag]
) -> None:
    """D is not active in Anchore; B was seen by a digest."""
    estate.watch, estate.digests, estate.inventory = watch, {OF_B: B}, seen(OF_B, D)
    estate.sweep()
    assert estate.enqueued == enqueued
    assert estate.tally.take()[Metric.INVENTORY_KNOWN] == 1


def test_what_runs_by_a_digest_that_no_tag_is_known_of_is_said(estate: Estate) -> None:
    """B was seen by a digest that Anchore lists it on, A by one that it lists nobody on."""
    estate.watch, estate.digests, estate.inventory = "all", {OF_B: B}, seen(OF_B, OLD_A)
    estate.sweep()
    assert estate.tally.take()[Metric.RUNNING_WITHOUT_TAG] == 1
    logged = [json.loads(line) for line in estate.log.getvalue().splitlines()]
    said = "some digests run that no tag is known of: they are not gated"
    assert [line["digests"] for line in logged if line["message"] == said] == [[OLD_A]]


def test_an_image_that_is_active_under_another_name_is_swept_under_that(estate: Estate) -> None:
    """D is how the cluster calls B. A is active, and on another image than runs under it."""
    estate.watch, estate.digests = "running", {OF_B: B}
    images = (RunningImage(str(tag), OF_B, (), 1) for tag in (D, A))
    estate.inventory = Inventory(tuple(images), {EU: NOON})
    estate.sweep()
    gated = [(gate.tag, gate.old_digest) for gate in estate.gates]
    assert gated == [(A, None), (B, None), (A, OF_B)]


@pytest.mark.parametrize("watch", ["all", "running"])
def test_what_is_stopped_comes_first_and_in_any_case(estate: Estate, watch: Watch) -> None:
    estate.watch, estate.inventory = watch, seen(A)
    estate.remembers(C, verdict=Outcome.STOP)
    estate.sweep()
    assert estate.enqueued[:2] == [C, A]


def test_what_runs_follows_the_watched_patterns(estate: Estate) -> None:
    estate.inventory = seen(A, D)
    estate.sweep("reg.io/d:*")
    assert estate.enqueued == [D]
    assert "a watched pattern" not in estate.log.getvalue()


def test_what_is_named_is_swept_whether_it_runs_or_not(estate: Estate) -> None:
    estate.watch, estate.inventory = "running", seen(A)
    estate.sweep(str(C), "reg.io/*")
    assert sorted(estate.enqueued) == [A, C]


NOT_TOLD = [
    pytest.param(EMPTY, "the inventory is empty", id="empty"),
    pytest.param(
        Inventory((RunningImage(str(D), None, (), 1),), {EU: NOON}, frozenset({EU}), doubt="stale"),
        "stale",
        id="stale",
    ),
    pytest.param(AnchoreForbidden("HTTP 403", **WHERE), "HTTP 403", id="refused"),
    pytest.param(AnchoreUnreachable("no connection", **WHERE), "no connection", id="away"),
]


@pytest.mark.parametrize(("inventory", "doubt"), NOT_TOLD)
def test_when_what_runs_is_not_known_every_active_tag_is_swept_and_it_is_said(
    estate: Estate, inventory: Inventory | Exception, doubt: str
) -> None:
    estate.inventory = inventory
    estate.sweep()
    assert {A, B} <= set(estate.enqueued)
    assert "what runs is not known" in estate.log.getvalue()
    assert estate.tally.take()[Metric.INVENTORY_KNOWN] == 0
    kept = estate.ledger.sweeps[-1].inventory
    assert kept is not None
    assert kept.doubt == doubt


@pytest.mark.parametrize(("inventory", "doubt"), NOT_TOLD)
def test_a_sweep_of_what_runs_fails_when_that_is_not_known(
    estate: Estate, inventory: Inventory | Exception, doubt: str
) -> None:
    estate.watch, estate.inventory = "running", inventory
    with pytest.raises(AnchoreError, match=doubt):
        estate.sweep()
    assert (estate.enqueued, estate.ledger.sweeps) == ([], [])


def test_what_ran_in_a_stale_context_is_swept_while_others_are_fresh(estate: Estate) -> None:
    estate.watch = "running"
    fresh = seen(A, D, contexts=(EU, US))
    estate.inventory = replace(fresh, stale=frozenset({EU}))
    estate.sweep()
    assert estate.enqueued == [A, D]
    assert EU in estate.log.getvalue()


def ran_in(*contexts: str) -> dict[str, object]:
    """An entry of an image with this digest that the last sweep saw in these."""
    return {
        "digest": OF_B,
        "running": replace(running(*contexts), digests=(OF_B,)),
        "verdict": Outcome.GO,
    }


@pytest.mark.parametrize("watch", ["running", "all"])
def test_what_ran_in_a_context_that_has_vanished_runs_still(estate: Estate, watch: Watch) -> None:
    """Sweep after sweep, for 30 days: nobody has seen it end. What ran elsewhere alone has."""
    estate.watch, estate.inventory = watch, seen(A, contexts=(EU, US))
    estate.sweep()
    estate.remembers(D, **ran_in(EU, US))
    estate.remembers(C, **ran_in(EU))
    estate.inventory = seen(A)
    for _ in range(2):
        estate.now += 6 * HOUR
        estate.queue.sent.clear()
        estate.sweep()
        assert estate.enqueued == ([A, D] if watch == "running" else [A, D, B])
        sent = estate.gates[1].running
        assert sent is not None
        assert sent.of((OF_B,)).places == places(US)
    assert US in estate.log.getvalue()
    estate.now = NOON + 31 * DAY
    estate.sweep()  # the last that knows of the context
    estate.queue.sent.clear()
    estate.now += HOUR
    estate.sweep()
    assert D not in estate.enqueued


def test_a_doubt_ends_nothing_of_what_a_context_keeps(estate: Estate) -> None:
    """It vanishes while what runs is not known."""
    estate.inventory = seen(A, contexts=(EU, US))
    estate.sweep()
    estate.remembers(D, **ran_in(US))
    for inventory in (EMPTY, seen(A)):
        estate.now, estate.inventory = estate.now + 6 * HOUR, inventory
        estate.queue.sent.clear()
        estate.sweep()
    assert estate.enqueued == [A, D, B]


# --- what a message says of where its tag runs


def placed(name: ImageTag | None, digest: Digest | None, *contexts: str) -> RunningImage:
    return RunningImage(str(name) if name else None, digest, places(*contexts), len(contexts))


def test_each_message_says_what_runs_by_its_tag_or_its_digest(estate: Estate) -> None:
    estate.digests = {OF_B: B}
    images = placed(A, None, EU), placed(A, OLD_A, US), placed(D, OF_B, US), placed(None, OF_B, EU)
    estate.inventory = Inventory(images, {EU: NOON, US: NOON})
    estate.sweep()
    sent = {(gate.tag, gate.old_digest): gate.running for gate in estate.gates}
    assert sent == {
        (B, None): TagInventory(NOON, (placed(None, OF_B, US), placed(None, OF_B, EU))),
        (A, None): TagInventory(NOON, (placed(None, None, EU), placed(None, OLD_A, US))),
        (A, OLD_A): TagInventory(NOON, (placed(None, OLD_A, US),)),
    }


@pytest.mark.parametrize(("inventory", "doubt"), NOT_TOLD)
def test_a_message_says_that_it_is_not_known(
    estate: Estate, inventory: Inventory | Exception, doubt: str
) -> None:
    estate.inventory = inventory
    estate.sweep()
    told = [gate.running for gate in estate.gates]
    assert [(seen.at, seen.known) for seen in told if seen] == [(NOON, False)] * len(estate.gates)


def test_that_nothing_of_a_tag_runs_costs_a_message_few_bytes(estate: Estate) -> None:
    estate.inventory = seen(A)
    estate.sweep("reg.io/b:*")
    [(known, _)] = estate.queue.messages
    estate.watch = "active"
    estate.queue.sent.clear()
    estate.sweep("reg.io/b:*")
    [(not_asked, _)] = estate.queue.messages
    assert len(known) - len(not_asked) == len(',"running":{"at":"2026-11-24T12:00:00Z"}')


def test_ten_messages_of_what_runs_everywhere_under_one_tag_fit_into_one_request(
    estate: Estate,
) -> None:
    """SQS takes 1 MiB; names of any length are cut where the inventory is read."""
    everywhere = tuple(Place("kubernetes", "\N{ROCKET}" * 299 + str(n), NOON) for n in range(3))
    images = (
        RunningImage(str(A), Digest(f"sha256:{number:064}"), everywhere, 3) for number in range(50)
    )
    estate.inventory = Inventory(tuple(images), {EU: NOON})
    estate.sweep()
    largest = max(len(body.encode()) for body, _ in estate.queue.messages)
    assert 30_000 < largest < 2**20 / 10


def test_a_schedule_s_own_list_changes_nothing_that_is_known_of_where(estate: Estate) -> None:
    """It does not know in which contexts what ran that have vanished."""
    estate.inventory = seen(A)
    estate.sweep("reg.io/*", measured=False)
    assert {gate.running for gate in estate.gates} == {None}


def test_a_sweep_of_what_is_active_does_not_ask_what_runs(estate: Estate) -> None:
    estate.watch, estate.inventory = "active", seen(D)
    estate.sweep()
    assert (estate.enqueued, estate.ledger.sweeps[-1].inventory) == ([A, B], None)
    assert Metric.INVENTORY_KNOWN not in estate.tally.take()
