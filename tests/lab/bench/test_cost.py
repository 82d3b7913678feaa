"""GB-seconds and dollars, from CPU, wait and memory."""

import pytest

from tests.lab.bench.cost import Cost, Work, cost_of_thousand, smallest_that_holds


@pytest.mark.parametrize(
    ("work", "answer_seconds", "memory_mb", "gb_seconds"),
    [
        # 3 answers and 2 x 5 ms of the ledger, a gigabyte, a thousand times.
        pytest.param(Work(1, 0.0, 100), 2.0, 1024, 6010.0, id="waiting-is-paid"),
        pytest.param(Work(10, 0.0, 100), 2.0, 1024, 601.0, id="a-batch-waits-once"),
        # A quarter of a gigabyte has 256 / 1769 of a vCPU: 0.256 s of CPU last 1.769 s.
        pytest.param(Work(1, 0.256, 100), 0.0, 256, 444.75, id="less-memory-works-slower"),
        # Two vCPUs do not make one thread faster.
        pytest.param(Work(1, 1.0, 100), 0.0, 3538, 3489.64, id="more-memory-no-faster"),
    ],
)
def test_a_thousand_images_cost_their_wait_and_their_cpu(
    work, answer_seconds, memory_mb, gb_seconds
):
    cost = cost_of_thousand(work, answer_seconds, memory_mb)
    requests = 1000 / work.images * 0.0000002
    expected = Cost(gb_seconds, gb_seconds * 0.0000133334 + requests)
    assert (cost.gb_seconds, cost.dollars) == pytest.approx(
        (expected.gb_seconds, expected.dollars), rel=1e-5
    )


@pytest.mark.parametrize(
    ("peak_mb", "memory_mb"),
    [
        pytest.param(214.0, 256, id="fits-with-a-quarter-more"),
        pytest.param(216.0, 512, id="does-not"),
        pytest.param(9_000.0, 1769, id="the-largest-there-is"),
    ],
)
def test_the_memory_size_is_the_smallest_with_room(peak_mb, memory_mb):
    assert smallest_that_holds(Work(1, 0.01, peak_mb)) == memory_mb
