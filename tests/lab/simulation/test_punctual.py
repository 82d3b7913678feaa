"""The bounds on a small part of their images: a push beside a sweep, and a feed and its STOPs."""

from datetime import timedelta

import pytest

from tests.lab.simulation.punctual import (
    FEED_MINUTES,
    MINUTES,
    SWEEP_HOURS,
    fed,
    pushes_beside_a_sweep,
)

pytestmark = pytest.mark.slow

# 800 images, and 28 pushes within two minutes: the sweep takes more than four.
SCALE = 0.08


def test_a_push_is_gated_within_a_minute_whatever_the_sweep() -> None:
    beside = pushes_beside_a_sweep(2, 2, SCALE)
    assert beside.figures().complete > timedelta(minutes=4)
    assert len(beside.push_waits) == 28
    assert max(beside.push_waits) < timedelta(minutes=1)


def test_in_the_queue_of_the_sweep_it_would_not_be() -> None:
    behind = pushes_beside_a_sweep(2, None, SCALE)
    assert sorted(behind.push_waits)[14] > timedelta(minutes=1)


def test_so_is_the_end_of_an_analysis_seen_whatever_the_analysis_takes() -> None:
    analyzed = pushes_beside_a_sweep(2, 2, SCALE, analysis=MINUTES)
    assert len(analyzed.push_waits) == 28
    assert max(analyzed.push_waits) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("clock", "latest", "sweeps"),
    [
        # 1 h, 5 h, ..., 21 h after the first: the schedule's five sweeps, and with the clock six
        # more.
        pytest.param(False, timedelta(hours=SWEEP_HOURS), 5, id="schedule"),
        pytest.param(True, timedelta(minutes=FEED_MINUTES + 2), 11, id="clock"),
    ],
)
def test_a_stop_follows_its_feed_at_the_next_sweep(
    clock: bool, latest: timedelta, sweeps: int
) -> None:
    estate = fed(clock=clock, images=40, days=1)
    lags = estate.stop_lags()
    assert (len(lags), estate.sweeps) == (30, sweeps)
    assert max(lags) < latest


def test_refresh_by_the_feeds_stops_the_same_images_with_fewer_scans() -> None:
    always, feed = (fed(clock=True, by_feeds=by, images=40, days=1) for by in (False, True))
    assert feed.stop_lags() == always.stop_lags()
    assert feed.topic.messages == always.topic.messages
    asked = [each.anchore.asked for each in (always, feed)]
    assert asked[0].total() == asked[1].total()
    assert asked[1]["vuln"] + asked[1]["plain"] == asked[0]["vuln"] > asked[1]["vuln"]
