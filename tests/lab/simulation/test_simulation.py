"""A small estate on simulated time, where every figure follows from the parameters."""

from datetime import timedelta

import pytest

from rescan.kernel.metrics import Metric
from rescan.ledger.news import EventType
from rescan.work.requeue import LONGEST_CHAIN
from tests.lab.simulation.estate import Estate
from tests.lab.simulation.scale import swept
from tests.lab.simulation.scale_page import page
from tests.lab.simulation.scenario import OLD, Figures, Scenario

pytestmark = pytest.mark.slow

# An image takes 0.3 + 2 + 1 s; feeds, policies and the one page of their list 0.3 s each. Twelve
# stop: 0, 25, ..., 275.
IMAGES = 300
STOPPED = frozenset(range(0, IMAGES, 25))
LISTS, IMAGE, TURN, MINUTE = (timedelta(seconds=seconds) for seconds in (0.9, 3.3, 0.25, 60))


def estate(workers: int, images: int = IMAGES, stopped: frozenset[int] = STOPPED) -> Estate:
    return Estate(Scenario(images, stopped, workers))


def tags(numbers: frozenset[int]) -> list[str]:
    return [f"registry.example.com/team/app-{number:05}:1" for number in sorted(numbers)]


def test_one_worker_takes_five_images_at_a_time_and_the_publisher_looks_each_minute() -> None:
    one = estate(workers=1)
    assert one.sweep() == Figures(
        anchore_calls=3 * IMAGES + 3,
        peak_in_flight=5,
        messages=IMAGES,
        gone_back=0,
        stopped=12,
        # Four and four one by one; the next three are together, with which eleven were published.
        published={EventType.STOP: 10},
        alone=9,
        most_in_a_second=4,
        most_in_an_hour=10,
        longest_wait=4 * MINUTE + 9 * TURN - LISTS - IMAGE * 56,
        first_published=MINUTE,
        last_published=4 * MINUTE + 9 * TURN,
        complete=LISTS + IMAGE * 60,
    )
    assert sorted(one.topic.named(EventType.STOP)) == tags(STOPPED)


def test_fifty_workers_take_250_images_at_a_time_and_twelve_stops_are_one_message() -> None:
    fifty = estate(workers=50)
    assert fifty.sweep() == Figures(
        anchore_calls=3 * IMAGES + 3,
        peak_in_flight=250,
        messages=IMAGES,
        gone_back=0,
        stopped=12,
        published={EventType.STOP: 1},
        alone=0,
        most_in_a_second=1,
        most_in_an_hour=1,
        longest_wait=MINUTE - LISTS - IMAGE,
        first_published=MINUTE,
        last_published=MINUTE,
        complete=LISTS + 2 * IMAGE,
    )
    assert sorted(fifty.topic.named(EventType.STOP)) == tags(STOPPED)


@pytest.mark.parametrize("workers", [1, 10, 50])
def test_the_next_sweep_finds_it_complete_and_has_nothing_to_say(workers: int) -> None:
    swept = estate(workers)
    swept.sweep()
    swept.tally.take()
    again = swept.sweep()
    counts = swept.tally.take()
    assert (counts[Metric.SWEEP_COMPLETE], counts[Metric.EVALUATED]) == (1, IMAGES)
    assert (again.stopped, again.anchore_calls) == (12, 2 * (3 * IMAGES + 3))


def test_a_storm_that_comes_slowly_is_published_in_few_messages() -> None:
    at_once = frozenset(range(IMAGES))
    storm = estate(workers=1, stopped=at_once)
    figures = storm.sweep()
    # The sweep takes 198 s, 90 images a minute: a look after one minute, then two, then four.
    assert (figures.published, figures.gone_back) == ({EventType.STOP: 3}, 0)
    assert sorted(storm.topic.named(EventType.STOP)) == tags(at_once)


@pytest.mark.parametrize(
    ("pending_hours", "evaluated", "given_up"),
    [pytest.param(2, 0, 12, id="given-up"), pytest.param(24, 12, 0, id="waited-for")],
)
def test_work_that_waits_for_nine_hours_makes_no_long_chain_and_none_is_lost(
    pending_hours: int, evaluated: int, given_up: int
) -> None:
    scenario = Scenario(
        12, frozenset({7}), workers=2, analyzed_after_hours=9, pending_hours=pending_hours
    )
    waiting = Estate(scenario)
    waiting.lives()
    counts = waiting.tally.take()
    assert (counts.get(Metric.EVALUATED, 0), counts[Metric.GIVEN_UP]) == (evaluated, given_up)
    assert waiting.queue.poller.longest_chain == LONGEST_CHAIN
    failing = [entry for entry in waiting.ledger.entries.values() if entry.failing]
    assert len(failing) == given_up


def test_an_old_digest_takes_three_requests_as_a_tag_does_and_the_sweep_one_more() -> None:
    """All 12 old digests stop, and no tag does: the STOPs are of what runs."""
    old = frozenset(range(OLD, OLD + 12))
    estate = Estate(Scenario(IMAGES, old, workers=50, running=90, old=12))
    figures = estate.sweep()
    assert (figures.messages, figures.stopped) == (IMAGES + 12, 12)
    assert figures.anchore_calls == 3 * (IMAGES + 12) + 3 + 1
    assert figures.published == {EventType.STOP: 1}
    stopped = [entry for entry in estate.ledger.entries.values() if entry.stopped]
    assert sorted(str(entry.tag) for entry in stopped) == tags(frozenset(range(12)))
    assert all(entry.old_digest == entry.digest for entry in stopped)


def test_by_pages_a_sweep_asks_and_tells_the_same() -> None:
    scenario = Scenario(600, STOPPED, workers=10)
    estate, one = Estate(scenario, most_rows=500), Estate(scenario)
    by_pages, at_once = estate.sweep(), one.sweep()
    assert (by_pages.stopped, by_pages.published) == (at_once.stopped, at_once.published)
    assert by_pages.anchore_calls == at_once.anchore_calls
    # One page of entries, which the schedule's invocation does, two of tags, and the rest.
    assert by_pages.messages == 600 + 3
    record = estate.ledger.sweeps[-1]
    assert (record.expected, record.enqueuing) == (600, False)


def test_the_same_seed_gives_the_same_figures() -> None:
    scenario = Scenario(IMAGES, STOPPED, workers=10, jitter=0.5, seed=7)
    assert Estate(scenario).sweep() == Estate(scenario).sweep()


def test_a_sweep_of_many_teams_tells_each_of_its_own_images() -> None:
    row = swept(400, in_flight=250, teams=10)
    assert (row.images, row.stopped, row.requests) == (400, 20, 3 * 400 + 3)
    assert (row.reads, row.writes) == (400, 400)
    assert row.messages >= 10
    assert row.most_a_team <= 20
    assert page([row]).count("| 400 | 250 |") == 2
