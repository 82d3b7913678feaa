"""How much is tried: a little in `make test`, the same each time; much in `make conformance`."""

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

THOROUGH = os.environ.get("CONFORMANCE") == "1"


def fuzzed(*inputs: SearchStrategy[Any], few: int = 100, many: int = 5_000) -> Callable[[Any], Any]:
    """The test for many inputs; new ones at each thorough run, which prints how to repeat one."""
    effort = settings(
        max_examples=many if THOROUGH else few,
        derandomize=not THOROUGH,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )

    def decorate(test: Any) -> Any:
        return effort(given(*inputs)(test))

    return decorate
