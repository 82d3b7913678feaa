"""The conftest of the tree in which mutmut runs: a mutant is found as soon as one test fails.

So quick tests come first, and hypothesis does not look for the smallest example that fails.
"""

import pytest
from hypothesis import Phase, settings


def pytest_configure() -> None:
    """Once tests/conftest.py has loaded the profile of the suite."""
    settings.register_profile("mutants", settings(), phases=[Phase.explicit, Phase.generate])
    settings.load_profile("mutants")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
