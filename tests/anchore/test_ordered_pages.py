"""Pages are offsets, and tags come and go between them: what is there all the time is read."""

from random import Random
from typing import NamedTuple, TypeVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rescan.anchore.ordered_pages import ReadPage, page_in_order, rows_in_order

pytestmark = pytest.mark.slow  # draws examples
MOST = 10
T = TypeVar("T", "Row", "Numbered")


class Row(NamedTuple):
    full_tag: str | None


class Numbered(NamedTuple):
    full_tag: str | None
    number: int


class Changing:
    """A list in order, which is another one at each request."""

    def __init__(self, *states: set[int]) -> None:
        self.states = list(states)
        self.requests: list[tuple[int, int]] = []

    def read(self, limit: int, number: int) -> tuple[list[Row], int]:
        now = self.states[min(len(self.requests), len(self.states) - 1)]
        self.requests.append((limit, number))
        start = (number - 1) * limit
        rows = [Row(f"{each:03}") for each in sorted(now)]
        return rows[start : start + limit], len(rows)


def read(estate: Changing) -> list[str | None]:
    return [row and row.full_tag for row in rows_in_order(estate.read, MOST)]


@given(st.lists(st.sets(st.integers(0, 99), max_size=70), min_size=1, max_size=12))
@example([{*range(30)}, {*range(9, 30)}])
@example([{*range(50)}, {*range(50)}, {*range(40, 50)}])
@example([{*range(50, 99)}, {*range(99)}])
def test_what_is_there_all_the_time_is_read_whatever_comes_and_goes(states: list[set[int]]) -> None:
    always = set.intersection(*states)
    assert {f"{each:03}" for each in always} <= set(read(Changing(*states)))


@given(st.integers(0, 300))
def test_a_list_that_stays_is_read_with_few_rows_twice_and_none_left_out(total: int) -> None:
    estate = Changing({*range(total)})
    found = read(estate)
    assert set(found) == {f"{each:03}" for each in range(total)}
    assert len(estate.requests) <= 1 + total // (MOST // 2)


def test_each_page_begins_no_later_than_with_the_last_row_of_the_one_before() -> None:
    estate = Changing({*range(20)})
    read(estate)
    starts = [limit * (number - 1) for limit, number in estate.requests]
    assert starts == [0, 9, 16]


def test_a_page_that_names_nothing_of_the_one_before_is_asked_for_earlier() -> None:
    estate = Changing({*range(40)}, {*range(6, 40)})
    assert set(read(estate)) == {f"{each:03}" for each in range(40)}
    assert estate.requests[:4] == [(10, 1), (9, 2), (10, 1), (9, 2)]


@pytest.mark.parametrize("rows", [MOST, 3])
def test_one_page_for_all_or_a_short_one_leaves_the_rest_out(rows: int) -> None:
    page = [Row(str(number)) for number in range(rows)]
    found = list(rows_in_order(lambda limit, number: (page, 40), MOST))
    assert (found.count(None), set(page) <= set(found)) == (40 - rows, True)


def test_rows_without_a_name_end_as_any_other() -> None:
    rows = [Row(None)] * 25
    found = rows_in_order(lambda limit, n: (rows[(n - 1) * limit :][:limit], 25), MOST)
    assert len(list(found)) >= 25


def reordering(rows_of_each: list[int], chance: Random) -> ReadPage[Numbered]:
    """A list of so many rows of each tag, which change places among themselves."""

    def answer(limit: int, number: int) -> tuple[list[Numbered], int]:
        rows = [
            Numbered(f"{tag:03}", each)
            for tag, count in enumerate(rows_of_each)
            for each in chance.sample(range(count), count)
        ]
        return rows[(number - 1) * limit :][:limit], len(rows)

    return answer


@given(st.lists(st.integers(1, 14), min_size=1, max_size=20), st.randoms(use_true_random=True))
def test_all_tags_are_read_though_the_rows_of_each_change_places(
    rows_of_each: list[int], chance: Random
) -> None:
    read = reordering(rows_of_each, chance)
    found = {row for row in rows_in_order(read, MOST) if row}
    small = {tag for tag, count in enumerate(rows_of_each) if count <= 3}
    assert {f"{tag:03}" for tag in range(len(rows_of_each))} <= {row.full_tag for row in found}
    assert {(f"{tag:03}", each) for tag in small for each in range(rows_of_each[tag])} <= found


def chained(read: ReadPage[T], pages: int = 100) -> list[list[T]]:
    """What each page of a chain has, of which each knows only where the one before ended."""
    parts, after = [], None
    for _ in range(pages):
        part = page_in_order(read, after, MOST)
        parts.append(list(part.rows))
        after = part.after
        if after is None:
            return parts
    raise AssertionError("the chain does not end")


@given(st.lists(st.sets(st.integers(0, 99), max_size=70), min_size=1, max_size=12))
@example([{*range(30)}, {*range(9, 30)}])
@example([{*range(50)}, {*range(50)}, {*range(40, 50)}])
def test_pages_that_know_only_where_the_one_before_ended_leave_nothing_out(
    states: list[set[int]],
) -> None:
    found = {row.full_tag for part in chained(Changing(*states).read) for row in part}
    assert {f"{each:03}" for each in set.intersection(*states)} <= found


@given(st.integers(0, 300))
def test_each_row_of_a_list_that_stays_is_on_one_page(total: int) -> None:
    parts = chained(Changing({*range(total)}).read)
    assert [row.full_tag for part in parts for row in part] == [f"{n:03}" for n in range(total)]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=20), st.randoms())
def test_the_rows_of_a_tag_are_on_one_page(rows_of_each: list[int], chance: Random) -> None:
    parts = chained(reordering(rows_of_each, chance))
    for tag, count in enumerate(rows_of_each):
        on = [part for part in parts if any(row.full_tag == f"{tag:03}" for row in part)]
        assert len(on) == 1
        assert sum(row.full_tag == f"{tag:03}" for row in on[0]) == count


@pytest.mark.parametrize("rows", [MOST, 3])
def test_a_chain_counts_what_one_page_for_all_leaves_out(rows: int) -> None:
    page, after, missed = [Row(str(number)) for number in range(rows)], None, 0
    for _ in range(50):
        part = page_in_order(lambda limit, number: (page, 40), after, MOST)
        after, missed = part.after, part.missed
        if after is None:
            break
    assert (after, missed) == (None, 40 - rows)
