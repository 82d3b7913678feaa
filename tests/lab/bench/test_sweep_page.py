"""The pages of a sweep, as the benchmark does them."""

import pytest

from tests.lab.bench.sweep_page import pages_of_tags


@pytest.mark.slow
def test_each_page_of_tags_asks_for_the_page_before_and_a_page_of_anchores() -> None:
    first, *others = (work.calls for work in pages_of_tags(12_000))
    # With the first one, the three pages of entries.
    assert (first, set(others)) == (2 + 3, {2})
    assert len(others) > 20
