"""A row's figure, and when its bound is met."""

import pytest

from tests.lab.bench.__main__ import exit_status
from tests.lab.bench.figures import Compared, Spread
from tests.lab.bench.rows import compared, limited


@pytest.mark.parametrize(
    ("samples", "spread"),
    [
        pytest.param((3.0,), Spread(3.0, 3.0, 3.0), id="one-sample-has-no-spread"),
        pytest.param((5.0, 1.0, 3.0, 2.0, 4.0), Spread(3.0, 2.0, 4.0), id="the-middle-half"),
        pytest.param((1.0, 1.0, 1.0, 1.0, 99.0), Spread(1.0, 1.0, 1.0), id="not-the-worst-one"),
    ],
)
def test_the_spread_is_the_middle_half_around_the_median(samples, spread):
    assert Spread.of(samples) == spread


def test_ours_is_divided_by_the_floor_turn_by_turn():
    slowed = Compared(
        what="a row",
        floor_is="the floor",
        ours=(0.011, 0.110, 0.022),
        floor=(0.010, 0.100, 0.020),
        at_most=1.1,
    )
    assert slowed.figure.median == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("row", "met"),
    [
        pytest.param(compared((0.009, 0.010)), True, id="below-the-floor"),
        pytest.param(limited(10.0), True, id="at-the-limit"),
        pytest.param(compared((0.010, 0.010, 0.5)), True, id="one-slow-turn"),
        pytest.param(compared((0.012, 0.012, 0.010)), False, id="above-the-bound"),
        pytest.param(limited(10.1), False, id="above-the-limit"),
    ],
)
def test_the_median_is_held_against_the_bound(row, met):
    assert row.is_met is met
    assert exit_status([compared((0.010,)), row]) == (0 if met else 1)
