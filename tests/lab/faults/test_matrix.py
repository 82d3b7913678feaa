"""A part of the matrix; `make faults` runs all of it."""

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from tests.lab.faults.case import Case
from tests.lab.faults.cases import cases
from tests.lab.faults.matrix import AnyCase, Matrix, every_case
from tests.lab.faults.rules import broken_rules
from tests.lab.faults.storm_cases import StormCase, storm_cases

pytestmark = pytest.mark.slow

Running = dict[AnyCase, Future[Any]]


@pytest.fixture(scope="module")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """The selected cases, side by side: each test awaits its own."""
    names = {item.name.partition("[")[2] for item in request.session.items}
    selected = [case for case in every_case() if f"{case}]" in names]
    with Matrix(tmp_path_factory.mktemp("faults"), lanes=2) as matrix:
        yield matrix.start(selected)


@pytest.mark.parametrize("case", [case for case in cases() if case.sample], ids=str)
def test_whatever_fails_no_stop_is_lost_and_none_is_made_up(running: Running, case: Case) -> None:
    assert broken_rules(running[case].result(), case.expected) == []


@pytest.mark.parametrize("case", [case for case in storm_cases() if case.sample], ids=str)
def test_whatever_fails_a_storm_is_told_once_and_together(
    running: Running, case: StormCase
) -> None:
    assert case.broken_rules(running[case].result()) == []


def test_every_case_has_a_name_of_its_own() -> None:
    names = [str(case) for case in every_case()]
    assert len(set(names)) == len(names)
