"""How what is left is divided among those who work one after the other."""

import pytest

from rescan.kernel.deadline import Deadline


def test_each_platform_gets_its_share_and_what_the_others_have_left() -> None:
    now = 0.0
    whole = Deadline(60.0, lambda: now, grace=5.0)
    assert whole.share(3).remaining() == 20
    now = 10.0  # the first one was quick
    assert whole.share(2).remaining() == 25
    now = 50.0
    assert whole.share(1).remaining() == 10


@pytest.mark.parametrize("number", [1, 2, 7])
def test_of_nothing_there_is_no_share(number: int) -> None:
    assert Deadline(60.0, lambda: 61.0).share(number).passed


def test_half_is_the_share_of_two() -> None:
    whole = Deadline(60.0, lambda: 0.0)
    assert whole.half().at == whole.share(2).at == 30
