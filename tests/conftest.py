"""What an invocation leaves behind in this process, and how it goes away again."""

import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from unittest.mock import patch

import pytest
from botocore import session

from tests.support.paths import ROOT


def pytest_collection_finish(session: pytest.Session) -> None:
    """hypothesis mixes the constants of loaded modules into what it draws: let them be the same
    in every run, whatever else runs beside a property."""
    if any(getattr(it.obj, "is_hypothesis_test", False) for it in session.items):  # type: ignore[attr-defined]
        for module in walk_packages([str(ROOT / "functions")]):
            import_module(module.name)


@pytest.fixture
def fresh_container() -> Iterator[None]:
    """As a new container of Lambda: its own environment, and nothing built before."""
    with patch.dict(os.environ):
        _forget()
        yield
        _forget()


@pytest.fixture(scope="session", autouse=True)
def _descriptions_of_aws_are_read_once() -> Iterator[None]:
    """botocore reads and parses them for each session, which takes longer than most tests do."""
    with patch.object(session, "create_loader", cache(session.create_loader)):
        yield


def _forget() -> None:
    app = sys.modules.get("rescan.app")
    if app is not None:
        app._dispatcher.cache_clear()  # noqa: SLF001 - what Lambda does by ending the process
