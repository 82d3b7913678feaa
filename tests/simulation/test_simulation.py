"""A small estate on simulated time, where every figure follows from the parameters."""

from datetime import timedelta

import pytest

from rescan.metrics import Metric
from tests.simulation.estate import Estate
from tests.simulation.scenario import Figures, Scenario

# An image takes 0.3 + 2 + 1 s, and the one page of their list 0.3 s. Twelve stop: 0, 25, ..., 275.
IMAGES = 300
STOPPED = frozenset(range(0, IMAGES, 25))
PAGE, IMAGE, TURN = (timedelta(seconds=seconds) for seconds in (0.3, 3.3, 0.25))


def estate(workers: int, images: int = IMAGES, stopped: frozenset[int] = STOPPED) -> Estate:
    return Estate(Scenario(images, stopped, workers))


def said(estate: Estate) -> list[tuple[str, str]]:
    return sorted(
        (str(notice.attributes["event_type"]), str(notice.attributes["repository"]))
        for notice in estate.topic.notices
    )


def stops(numbers: frozenset[int]) -> list[tuple[str, str]]:
    return [("STOP", f"team/app-{number:05}") for number in sorted(numbers)]


def test_one_worker_takes_five_images_at_a_time() -> None:
    one = estate(workers=1)
    assert one.sweep() == Figures(
        anchore_calls=3 * IMAGES + 1,
        peak_in_flight=5,
        messages=IMAGES,
        gone_back=0,
        notices=12,
        most_notices_in_a_second=1,
        first_notice=PAGE + IMAGE,
        last_notice=PAGE + IMAGE * 56,  # image 275 is of the 56th batch of five
        complete=PAGE + IMAGE * 60,
    )
    assert said(one) == stops(STOPPED)


def test_fifty_workers_take_250_images_at_a_time_and_say_four_stops_a_second() -> None:
    fifty = estate(workers=50)
    assert fifty.sweep() == Figures(
        anchore_calls=3 * IMAGES + 1,
        peak_in_flight=250,
        messages=IMAGES,
        gone_back=0,
        notices=12,
        most_notices_in_a_second=4,
        first_notice=PAGE + IMAGE,
        last_notice=PAGE + 2 * IMAGE + TURN,  # images 250 and 275
        complete=PAGE + 2 * IMAGE,
    )
    assert said(fifty) == stops(STOPPED)


@pytest.mark.parametrize("workers", [1, 10, 50])
def test_the_next_sweep_finds_it_complete_and_has_nothing_to_say(workers: int) -> None:
    swept = estate(workers)
    swept.sweep()
    swept.tally.take()
    again = swept.sweep()
    counts = swept.tally.take()
    assert (counts[Metric.SWEEP_COMPLETE], counts[Metric.EVALUATED]) == (1, IMAGES)
    assert (again.notices, again.anchore_calls) == (12, 2 * (3 * IMAGES + 1))


def test_in_a_storm_what_has_no_turn_within_ten_seconds_goes_back_and_is_said_later() -> None:
    at_once = frozenset(range(100))
    storm = estate(workers=50, images=250, stopped=at_once)
    figures = storm.sweep()
    # A turn now and 40 more in 10 s; the others come again in their own time, at most 30 s later.
    assert (figures.gone_back, figures.messages) == (100 - 41, 250 + 100 - 41)
    assert (figures.anchore_calls, figures.most_notices_in_a_second) == (3 * 250 + 1, 4)
    assert said(storm) == stops(at_once)


def test_the_same_seed_gives_the_same_figures() -> None:
    scenario = Scenario(IMAGES, STOPPED, workers=10, jitter=0.5, seed=7)
    assert Estate(scenario).sweep() == Estate(scenario).sweep()
