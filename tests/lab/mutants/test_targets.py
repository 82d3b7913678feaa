"""What `make mutants` looks at is there, and each reason is of a function that is."""

from importlib import import_module
from operator import attrgetter

import pytest

from tests.lab.mutants.report import reasons
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
