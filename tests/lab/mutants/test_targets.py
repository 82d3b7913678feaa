"""What `make mutants` looks at is there, and each reason is of a function that is."""

from importlib import import_module
from operator import attrgetter

import pytest

from tests.lab.mutants.mutmut import Survivor, Verdict
from tests.lab.mutants.report import complaints, reasons, total_of, written
from tests.lab.mutants.targets import TARGETS, Target, chosen
from tests.support.paths import ROOT


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_sources_and_tests_exist(target: Target) -> None:
    assert all(list((ROOT / "functions").glob(source)) for source in target.sources)
    assert all((ROOT / tests).exists() for tests in target.tests)


def test_a_module_is_mutated_alone() -> None:
    (target,) = chosen("rescan.gate.verdict")
    assert target.sources == ("rescan/gate/verdict.py",)
    assert target.tests == ("tests/gate",)


def test_a_module_of_no_target_is_refused() -> None:
    with pytest.raises(ValueError, match="rescan/gate"):
        chosen("rescan.notice.mail")


@pytest.mark.parametrize("function", reasons())
def test_a_reason_is_of_a_function_that_exists(function: str) -> None:
    package, layer, module, name = function.split(".", 3)
    assert callable(attrgetter(name)(import_module(f"{package}.{layer}.{module}")))


def run(*survivors: Survivor) -> list[Verdict]:
    """A run of the gate with so many survivors of a hundred mutants."""
    return [Verdict(TARGETS[0], 100, list(survivors), 1.0)]


SURVIVOR = Survivor("rescan.gate.verdict.judge", "- if a > 1:\n+ if a >= 1:", tested=True)
KNOWN = {SURVIVOR.function: {"a >= 1": "they are never equal"}}


def test_each_survivor_has_a_reason_and_each_reason_a_survivor() -> None:
    assert complaints(run(SURVIVOR), KNOWN) == []
    [without] = complaints(run(SURVIVOR), {})
    assert without.startswith("a survivor in rescan.gate.verdict.judge has no reason")
    of_the_code = {SURVIVOR.function: {"a > 1": "the part is of the mutant"}}
    assert len(complaints(run(SURVIVOR), of_the_code)) == 2
    [stale] = complaints(run(), KNOWN)
    assert "take its reason away" in stale


def test_a_reason_in_a_module_that_was_not_run_is_not_missed() -> None:
    narrowed = [verdict._replace(target=chosen("rescan.gate.model")[0]) for verdict in run()]
    assert complaints(narrowed, KNOWN) == []


def test_a_target_below_the_goal_is_told() -> None:
    [low] = complaints(run(*[SURVIVOR] * 6), KNOWN)
    assert low == "gate is below 95 %: 94.0 %"


def test_the_page_tells_how_many_of_all_were_found() -> None:
    page = written([*run(SURVIVOR), *run()], KNOWN, "abc")
    assert "| commit | `abc` |" in page
    assert total_of(page) == "| mutants | 200, of which 199 were found |"
