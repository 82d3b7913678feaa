"""Never more images side by side than the limit, always one, and all of them get their turn."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from random import Random
from threading import Barrier, Lock
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescan.kernel.deadline import Deadline
from rescan.kernel.side_by_side import MOST, SideBySide, keep, refused, reserve

MB = 1024 * 1024
NOW, SOON = Deadline.after(0), Deadline.after(1e6)


def in_turns(one: SideBySide, answers: list[bool]) -> None:
    """One image after the other; `answers` say which of them Anchore refuses."""
    for is_refused in answers:
        with one.turn(SOON):
            if is_refused:
                refused()


def together(one: SideBySide, images: int, refusals: int) -> None:
    """So many images at once, of which some are refused."""
    begun, asked = Barrier(images), Barrier(images)

    def gate(number: int) -> None:
        with one.turn(SOON):
            begun.wait(30)
            if number < refusals:
                refused()
            asked.wait(30)

    with ThreadPoolExecutor(images) as threads:
        list(threads.map(gate, range(images)))


def test_at_first_a_whole_batch_goes_at_once() -> None:
    assert SideBySide(MB).limit == MOST


@pytest.mark.parametrize(("images", "left"), [(100, 50), (20, 10), (5, 2), (1, 1)])
@pytest.mark.parametrize("share", [0, 1])
def test_refusals_of_one_round_halve_what_is_side_by_side_once(
    images: int, left: int, share: int
) -> None:
    one = SideBySide(MB)
    together(one, images, max(1, images * share))
    assert one.limit == left


def test_it_recovers_by_one_a_round() -> None:
    one = SideBySide(MB)
    together(one, 20, 1)
    found = []
    for _ in range(4):
        found.append(one.limit)
        in_turns(one, [False] * 3)
    assert found == [10, 10, 10, 10]
    in_turns(one, [False] * 2)
    assert one.limit == 11
    in_turns(one, [False] * MOST**2)
    assert one.limit == MOST


def test_who_gets_no_place_until_the_deadline_goes_on_and_holds_none() -> None:
    one = SideBySide(MB)
    in_turns(one, [True] * 10)
    with one.turn(SOON):
        with one.turn(NOW), one.turn(NOW):
            assert (one.limit, one.running) == (1, 1)
        refused()
    assert one.limit == 1


@given(st.lists(st.sampled_from(["go", "refused", "crash"]), max_size=60), st.randoms())
def test_whatever_happens_the_limit_holds_and_all_are_answered(
    stories: list[str], chance: Random
) -> None:
    one, lock, answered = SideBySide(MB), Lock(), []
    in_turns(one, [True] * chance.randint(0, 8))

    def gate(story: str) -> None:
        with one.turn(SOON):
            with lock:
                assert "refused" in stories or 1 <= one.running <= one.limit
                answered.append(story)
            if story == "refused":
                refused()
            if story == "crash":
                raise RuntimeError(story)

    def safely(story: str) -> None:
        with suppress(RuntimeError):
            gate(story)

    with ThreadPoolExecutor(max(1, len(stories))) as threads:
        list(threads.map(safely, stories))
    assert sorted(answered) == sorted(stories)
    assert (one.running, one.held) == (0, 0)
    assert 1 <= one.limit <= MOST


# --- bytes


def holding(one: SideBySide, size: int, stack: ExitStack, deadline: Deadline = NOW) -> Any:
    stack.enter_context(one.turn(SOON))
    reserve(64 * MB, deadline)
    keep(64 * MB, size)


def test_answers_hold_their_bytes_until_their_image_is_done() -> None:
    one = SideBySide(104 * MB)
    with ExitStack() as images:
        for _ in range(3):
            holding(one, 20 * MB, images)
        assert one.held == 60 * MB
        with pytest.raises(TimeoutError, match="no room in memory"), ExitStack() as another:
            holding(one, MB, another)
        images.pop_all().close()
    assert one.held == 0


def test_who_holds_an_answer_does_not_wait_for_the_next() -> None:
    one = SideBySide(100 * MB)
    with one.turn(SOON):
        for _ in range(3):
            reserve(64 * MB, NOW)
            keep(64 * MB, 50 * MB)
        assert one.held == 150 * MB


def test_an_answer_larger_than_the_room_is_read_alone_and_small_ones_hold_nothing() -> None:
    one = SideBySide(MB)
    with ExitStack() as images:
        for _ in range(MOST):
            holding(one, 1000, images)
        assert one.held == 0


def test_without_a_turn_nothing_is_counted() -> None:
    refused()
    reserve(10**12, NOW)
    keep(10**12, 1)
