"""The page and its pictures."""

import pytest

from tests.lab.bench.cost import Work
from tests.lab.bench.figures import Curve, Measured, Part, Point, Row
from tests.lab.bench.growth import exponent
from tests.lab.bench.page import page, row_table
from tests.lab.bench.plots import cold_start_plot, growth_plot
from tests.lab.bench.rows import compared, limited

CURVE = Curve("a sweep", "tags", (Point(100, 0.1, 1.0), Point(1000, 0.8, 2.0)))
PARTS = (Part("the artifact", "imports", (0.2, 0.3, 0.4)), Part("bare", "imports", (0.1,)))


@pytest.mark.parametrize(
    ("values", "slope"),
    [
        pytest.param((3.0, 30.0, 300.0), 1.0, id="linear"),
        pytest.param((2.0, 200.0, 20_000.0), 2.0, id="with-the-square"),
        pytest.param((5.0, 5.0, 5.0), 0.0, id="not-at-all"),
    ],
)
def test_the_exponent_tells_how_it_grows(values, slope):
    assert exponent((100, 1_000, 10_000), values) == pytest.approx(slope)


def test_a_row_tells_its_figure_its_spread_and_a_missed_bound():
    rows: list[Row] = [compared((0.010, 0.012, 0.014)), limited(7.0)]
    rows.append(limited(12.5, what="too large"))
    assert row_table(rows).splitlines()[2:] == [
        "| a row | the floor | 12.0 ms | 10.0 ms | 1.20 x | 1.10 to 1.30 | 1.1 x | **missed** |",
        "| a limit | the limit |  |  | 7.0 MB |  | 10.0 MB | met |",
        "| too large | the limit |  |  | 12.5 MB |  | 10.0 MB | **missed** |",
    ]


@pytest.mark.parametrize(
    ("moves", "said"),
    [
        pytest.param([], "Nothing moved by more than 10 %", id="nothing"),
        pytest.param(["a row: 1 before, 1.2 now"], "- a row: 1 before, 1.2 now", id="something"),
    ],
)
def test_the_page_says_what_moved(moves, said):
    measured = Measured(rows=(compared((0.010,)),), parts=PARTS, curves=(CURVE,))
    assert said in page(measured, [Work(1, 0.004, 100.0)], moves, 3)


@pytest.mark.parametrize(
    ("plot", "words"),
    [
        pytest.param(
            lambda: growth_plot([CURVE]),
            ("size, x the smallest", "a sweep, 100 to 1,000"),
            id="growth",
        ),
        pytest.param(
            lambda: cold_start_plot(PARTS), ("milliseconds", "the artifact", "imports"), id="start"
        ),
    ],
)
def test_a_plot_is_labelled_and_the_same_each_time(plot, words):
    picture = plot()
    assert [word for word in words if word not in picture] == []
    assert "<script" not in picture
    assert plot() == picture
