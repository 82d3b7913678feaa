"""A sweep by pages: no tag is lost, none counted twice, and coverage is true, whatever ends it."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rescan.events.commands import SweepPage
from rescan.gate.inventory import Inventory, RunningImage
from rescan.gate.model import Outcome
from rescan.gate.running import Running
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreUnreachable
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.metrics import Metric
from rescan.kernel.watch_list import WatchList
from rescan.ledger.failing import Failing
from rescan.notice.summary import Unwatched
from rescan.work.page_hashes import HashSet, hash_of
from rescan.work.ports import SweepRecord
from rescan.work.requeue import LONGEST_CHAIN
from tests.support.anchore_answers import WHERE
from tests.support.fakes import NOON
from tests.support.paged_sweep import FEW, Killed, PagedSweep, tag
from tests.support.running import places

HOUR = timedelta(hours=1)
D1, D2, D3 = (Digest("sha256:" + each * 64) for each in "123")
DOWN = AnchoreUnreachable("no connection", **WHERE)


def runs(number: int, digest: Digest | None, *, name: str | None = "") -> RunningImage:
    return RunningImage(str(tag(number)) if name == "" else name, digest, places("prod"), 1)


def inventory(*images: RunningImage) -> Inventory:
    return Inventory(images, {"prod": NOON})


def swept(sweep: PagedSweep) -> PagedSweep:
    sweep.sweep()
    return sweep.work()


def is_complete(sweep: PagedSweep) -> bool:
    return sweep.coverage.is_complete


def test_a_sweep_of_many_tags_is_enqueued_page_by_page_each_tag_once() -> None:
    sweep = PagedSweep(set(range(23)))
    answer = sweep.sweep()
    assert answer == {"enqueued": 0, "sweep": NOON.isoformat()}
    assert not is_complete(sweep)
    sweep.work()
    assert sweep.targets == [(tag(n), None) for n in range(23)]
    assert (sweep.record.expected, sweep.record.enqueuing) == (23, False)
    sweep.answer()
    assert is_complete(sweep)
    assert sweep.tally.take()[Metric.EXPECTED] == 23


def test_few_tags_are_enqueued_by_one_invocation_as_ever() -> None:
    sweep = PagedSweep(set(range(FEW)))
    assert sweep.sweep() == {"enqueued": FEW, "sweep": NOON.isoformat()}
    assert (sweep.messages, sweep.pages.plans, sweep.requests) == ([], {}, 0)


def test_a_ledger_that_refuses_at_the_beginning_leaves_it_to_one_invocation() -> None:
    sweep = PagedSweep(set(range(23)))
    sweep.ledger.refuses = {"record_sweep"}
    assert sweep.sweep()["enqueued"] == 23
    assert sweep.messages == []


def test_a_large_estate_goes_by_pages_from_the_beginning_and_measures_the_sweep_before() -> None:
    sweep = PagedSweep(set(range(23)))
    swept(sweep).answer()
    sweep.tally.take()
    sweep.now, sweep.everything = NOON + 6 * HOUR, []
    swept(sweep)
    assert set(sweep.targets) == {(tag(n), None) for n in range(23)}
    before = sweep.record.before
    assert before is not None
    assert (before.expected, before.answered, before.evaluated) == (23, 23, 23)
    counts = sweep.tally.take()
    assert (counts[Metric.SWEEP_COMPLETE], counts[Metric.SWEEP_MISSING]) == (1, 0)


def test_a_server_whose_pages_turned_short_is_asked_anew_the_next_time() -> None:
    short = Unwatched(15)
    for last in (SweepRecord(NOON - HOUR, 20), SweepRecord(NOON - HOUR, 20, None, short)):
        sweep = PagedSweep(set(range(FEW)))
        sweep.ledger.sweeps.append(replace(last, by_pages=bool(last.unwatched.rows)))
        assert sweep.sweep()["enqueued"] == FEW
        assert sweep.messages == []


def test_a_chain_that_died_is_measured_as_incomplete() -> None:
    sweep = PagedSweep(set(range(23)))
    sweep.sweep()
    for _ in range(4):
        sweep.deliver(sweep.messages.pop(0))
    sweep.answer()
    sweep.messages.clear()
    sweep.tally.take()
    sweep.now = NOON + 6 * HOUR
    swept(sweep)
    counts = sweep.tally.take()
    assert counts[Metric.SWEEP_COMPLETE] == 0
    assert sweep.record.before is not None
    assert not sweep.record.before.is_complete


def test_what_is_stopped_comes_first_then_what_ran_then_the_list_and_none_twice() -> None:
    sweep = PagedSweep(set(range(20)), digests={18: D1, 8: D2})
    sweep.inventory = inventory(runs(18, D1), runs(8, D2))
    sweep.ledger.sweeps.append(SweepRecord(NOON - 6 * HOUR, 20))
    sweep.remembers(
        18, digest=D1, sweep=NOON - 6 * HOUR, running=Running(NOON - 6 * HOUR, (D1,), total=1)
    )
    sweep.stopped(19)
    sweep.stopped(99)
    swept(sweep)
    first = [(tag(n), None) for n in (19, 99, 18)]
    assert sweep.targets[:3] == first
    rest = [n for n in range(20) if n not in (18, 19)]
    assert sorted(sweep.targets[3:], key=str) == [(tag(n), None) for n in rest]
    # Of its page what runs comes first.
    assert sweep.targets.index((tag(8), None)) < sweep.targets.index((tag(7), None))
    assert sweep.record.expected == 21


def test_failing_tags_that_are_listed_no_more_are_tried_again() -> None:
    sweep = PagedSweep(set(range(20)))
    failing = Failing(NOON - HOUR, "check", "refused")
    sweep.remembers(50, failing=failing, result_at=NOON - HOUR)
    assert (tag(50), None) in swept(sweep).targets


def test_an_old_digest_goes_with_its_tag_and_what_is_on_no_page_comes_last() -> None:
    sweep = PagedSweep(set(range(20)), digests={3: D2})
    sweep.inventory = inventory(runs(3, D1), runs(60, D3), runs(61, None))
    swept(sweep)
    olds = [target for target in sweep.targets if target[1]]
    assert olds == [(tag(3), D1), (tag(60), D3)]
    assert (tag(61), None) in sweep.targets
    assert (tag(60), None) not in sweep.targets
    assert sweep.targets.index((tag(60), D3)) >= 20


def test_what_is_active_under_another_tag_is_no_old_digest() -> None:
    sweep = PagedSweep(set(range(20)), digests={15: D1})
    sweep.inventory = inventory(runs(2000, D1, name="docker.io/library/x:1"))
    swept(sweep)
    assert sorted(map(str, sweep.targets)) == sorted(str((tag(n), None)) for n in range(20))
    seen = next(gate.running for gate in sweep.everything if gate.tag == tag(15))
    assert seen is not None
    assert seen.digests == {D1}


def test_a_stopped_old_digest_ends_only_when_it_runs_no_more() -> None:
    sweep = PagedSweep(set(range(20)), digests={3: D2})
    sweep.inventory = inventory(runs(3, D1), runs(9, D3))
    sweep.stopped(3, D1)
    sweep.stopped(5, D2)
    sweep.stopped(70, D3)
    swept(sweep)
    assert (tag(3), D1) in sweep.targets
    assert (tag(5), D2) not in sweep.targets
    ended = {s for s, e in sweep.ledger.entries.items() if e.old_digest and not e.stopped}
    assert ended == {f"{tag(5)}@{D2}", f"{tag(70)}@{D3}"}


def test_named_tags_and_patterns_hold_for_pages_too() -> None:
    watch_list = WatchList.parse(["reg.io/a01*", "reg.io/own:1"])
    sweep = swept(PagedSweep(set(range(25)), watch_list=watch_list))
    named = (ImageTag("reg.io", "own", "1"), None)
    assert sweep.targets == [named, *((tag(n), None) for n in range(10, 20))]
    assert sweep.record.expected == 11


def test_only_what_runs_is_swept_when_that_is_watched() -> None:
    sweep = PagedSweep(set(range(25)), digests={4: D1, 20: D2}, watch="running")
    sweep.inventory = inventory(runs(4, D1), runs(20, D2))
    assert swept(sweep).targets == [(tag(4), None), (tag(20), None)]


def test_rows_that_are_no_tag_are_told_and_leave_the_sweep_incomplete() -> None:
    sweep = PagedSweep(set(range(20)), not_tags={0: "reg.io/a003:1 x", 1: "reg.io/a015:1 x"})
    swept(sweep).answer()
    assert (sweep.record.unwatched.rows, len(sweep.record.unwatched.names)) == (2, 2)
    assert (sweep.record.expected, sweep.coverage.is_complete) == (22, False)
    assert sweep.tally.take()[Metric.UNWATCHED_ROWS] == 2


def test_a_page_that_fails_is_sent_back_and_the_chain_goes_on() -> None:
    sweep = PagedSweep(set(range(23)), fails=[DOWN] * 5)
    swept(sweep)
    assert sweep.targets == [(tag(n), None) for n in range(23)]
    assert not sweep.record.enqueuing


def test_a_page_that_fails_for_long_ends_the_chain_loudly() -> None:
    sweep = PagedSweep(set(range(23)), fails=[DOWN] * 100)
    swept(sweep)
    assert len(sweep.fails) == 100 - (LONGEST_CHAIN - 1)
    assert sweep.tally.take()[Metric.GIVEN_UP] == 1
    assert "a sweep ends before its last page" in sweep.log.getvalue()
    assert not is_complete(sweep)


def test_copies_wait_longer_each_time_and_keep_who_claimed_the_page() -> None:
    sweep = PagedSweep(set(range(23)), fails=[DOWN] * 3)
    sweep.sweep()
    message = sweep.messages.pop(0)
    chain = sweep.chain
    waits = []
    for _ in range(3):
        chain.run(message, Deadline.after(60))
        message, wait = sweep.queue.pages.pop()
        waits.append(wait)
    assert waits == [timedelta(seconds=n) for n in (30, 60, 120)]
    assert message.attempt == 3


def test_pages_are_no_links_of_an_images_chain() -> None:
    sweep = swept(PagedSweep(set(range(200))))
    assert max(number for _, number in sweep.pages.pages) > 2 * LONGEST_CHAIN
    assert {gate.attempt for gate in sweep.everything} == {0}


def test_a_second_message_for_a_page_does_nothing() -> None:
    sweep = PagedSweep(set(range(23)))
    sweep.sweep()
    again = SweepPage(NOON, 0, "another")
    sweep.deliver(again)
    assert len(sweep.messages) == 1


def test_a_message_whose_plan_is_gone_is_told() -> None:
    sweep = PagedSweep()
    sweep.deliver(SweepPage(NOON - 99 * HOUR, 7, "late"))
    assert sweep.tally.take()[Metric.GIVEN_UP] == 1


def test_an_older_chain_goes_on_and_leaves_the_newer_record_alone() -> None:
    sweep = PagedSweep(set(range(23)))
    sweep.sweep()
    older = list(sweep.messages)
    sweep.messages.clear()
    sweep.now = NOON + HOUR
    sweep.sweep()
    sweep.messages += older
    sweep.work()
    assert sweep.record.started == NOON + HOUR
    for began in (NOON, NOON + HOUR):
        assert {g.tag for g in sweep.everything if g.sweep == began} == {tag(n) for n in range(23)}


def test_a_page_of_tags_reads_as_much_late_in_a_sweep_as_early() -> None:
    sweep = PagedSweep(set(range(80)), containers=1)
    for number in range(60):
        sweep.stopped(number)
    sweep.sweep()
    reads: list[tuple[str, int]] = []
    while sweep.messages:
        page, before = sweep.messages.pop(0), sweep.pages.reads
        sweep.deliver(page)
        kept = sweep.pages.pages[page.sweep, page.page]
        reads.append((kept.next, sweep.pages.reads - before))
    assert len(sweep.targets) == len(set(sweep.targets)) == 80
    # The page before; with the first page of tags all 20 of entries, too.
    _, first, *later = (read for following, read in reads if following == "tags")
    assert (first, set(later)) == (1 + 20, {1})
    assert len(later) > 10


def test_two_sweeps_in_one_container_take_nothing_from_each_other() -> None:
    sweep = PagedSweep(set(range(23)), containers=1)
    sweep.stopped(20)
    sweep.sweep()
    older = sweep.messages.pop()
    sweep.now += HOUR
    sweep.stopped(21)
    sweep.sweep()
    sweep.messages.insert(0, older)
    sweep.work()
    for began in (NOON, NOON + HOUR):
        sent = [gate.tag for gate in sweep.everything if gate.sweep == began]
        assert sorted(sent) == [tag(n) for n in range(23)]


@given(st.lists(st.integers(0, 30), max_size=40))
def test_hashes_in_boxes_are_a_set(numbers: list[int]) -> None:
    found = HashSet(hash_of(tag(number), None) for number in numbers)
    assert len(found) == len(set(numbers))
    assert [n for n in range(31) if hash_of(tag(n), None) in found] == sorted(set(numbers))


@settings(max_examples=60, deadline=None)
@given(
    states=st.lists(st.sets(st.integers(0, 40), max_size=30), min_size=1, max_size=12),
    kept=st.sets(st.integers(0, 40), min_size=FEW + 1, max_size=15),
    stopped=st.sets(st.integers(0, 50), max_size=8),
    kills=st.sets(st.integers(0, 120), max_size=8),
    twice=st.sets(st.integers(1, 20), max_size=4),
    containers=st.integers(0, 3),
)
def test_whatever_comes_and_goes_and_is_killed_no_tag_is_lost_and_coverage_is_true(
    states: list[set[int]],
    kept: set[int],
    stopped: set[int],
    kills: set[int],
    twice: set[int],
    containers: int,
) -> None:
    sweep = PagedSweep(kept | states[0], kills=kills, twice=twice, containers=containers)

    def change() -> None:
        sweep.listed = kept | states[min(sweep.requests, len(states) - 1)]

    sweep.changes = change
    for number in stopped:
        sweep.stopped(number)
    for _ in range(20):
        try:
            sweep.sweep()
        except Killed:
            sweep.now += timedelta(minutes=1)
            sweep.collect()
        else:
            break
    began = sweep.record.started
    while sweep.messages:
        is_last_sweep_over = not sweep.record.enqueuing
        assert is_last_sweep_over or not sweep.coverage.is_complete
        sweep.deliver(sweep.messages.pop(0))
    own = [gate for gate in sweep.everything if gate.sweep == began]
    assert kept | stopped <= {int(gate.tag.repository[1:]) for gate in own}
    assert not sweep.record.enqueuing
    distinct = {gate.tag for gate in own}
    assert len(kept | stopped) <= sweep.record.expected <= len(distinct)
    sweep.answer()
    assert is_complete(sweep)
    assert all(e.verdict in (None, Outcome.STOP) for e in sweep.ledger.entries.values())
