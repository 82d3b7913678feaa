"""What moved against the figures of before."""

import pytest

from tests.lab.bench.kept import keep, kept, moved
from tests.lab.bench.rows import compared, limited


def test_the_medians_are_kept_for_the_next_run(tmp_path):
    path = tmp_path / "benchmarks.json"
    assert kept(path) == {}
    keep(path, [compared((0.011,), what="b"), limited(1.0, 2.0, 9.0, what="a")])
    assert kept(path) == {"b": 1.1, "a": 2.0}


@pytest.mark.parametrize(
    ("before", "row", "said"),
    [
        pytest.param({"a row": 1.0}, compared((0.0109,)), [], id="less-than-a-tenth"),
        pytest.param({"a row": 1.0}, compared((0.012,)), ["a row: 1 before, 1.2 now"], id="slower"),
        pytest.param(
            {"a limit": 40.0}, limited(30.0), ["a limit: 40 before, 30 now"], id="smaller"
        ),
        pytest.param({"a limit": -4.0}, limited(-4.1), [], id="below-zero"),
        pytest.param(
            {"a limit": 0.01}, limited(0.1, unit="exponent"), [], id="an-exponent-s-noise"
        ),
        pytest.param(
            {"a limit": 0.9},
            limited(1.1, unit="exponent"),
            ["a limit: 0.9 before, 1.1 now"],
            id="an-exponent",
        ),
        pytest.param(
            {"a row": 1.0, "a limit": 4.0},
            limited(4.0),
            ["a row: measured no more"],
            id="no-more",
        ),
        pytest.param(
            {}, compared((0.010,)), ["none were kept before: these are the first"], id="the-first"
        ),
        pytest.param(
            {"another": 2.0},
            compared((0.010,)),
            ["another: measured no more", "a row: 1, new"],
            id="renamed",
        ),
    ],
)
def test_what_moved_by_more_than_a_tenth_is_said(before, row, said):
    assert moved(before, [row]) == said
