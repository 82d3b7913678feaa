"""Which tests are slow, the same draws in every run, and an end to what an invocation leaves."""

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache, partial
from importlib import import_module
from pkgutil import walk_packages
from typing import Any, NoReturn
from unittest.mock import patch

import pytest
from botocore import session as botocore_session
from botocore.hooks import EventAliaser
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, settings
from moto.core import models as moto_models
from moto.sns.models import Subscription

from tests.support.paths import ROOT

FUNCTIONS = ROOT / "functions"

# The same draws in every run, in whatever time: load of the machine is no defect.
settings.register_profile(
    "suite",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")

# A job that a shell starts in the background ignores SIGINT, and so would what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What is collected lives as long as the process: to look through it often is a tenth of the time.
gc.set_threshold(100_000, 20, 100)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: some tests wait, on real sockets and real seconds."""
    return (os.cpu_count() or 1) + 1


def _is_property(item: pytest.Item) -> bool:
    return getattr(getattr(item, "obj", None), "is_hypothesis_test", False)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A property is slow: it sees dozens of examples. Files with slow tests come first, so that
    the last ones to be handed out are short and all workers end together."""
    for item in filter(_is_property, items):
        item.add_marker(pytest.mark.slow)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish(session: pytest.Session) -> None:
    """hypothesis mixes the constants of loaded modules into what it draws: let them be the same
    in every run, whatever else runs beside a property."""
    if any(map(_is_property, session.items)):
        for module in walk_packages([str(FUNCTIONS)]):
            import_module(module.name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """`make test-fast` is for the loop while one edits: what it runs starts no process."""
    if item.get_closest_marker("slow"):
        return (yield)

    def refuse(*arguments: Any, **options: Any) -> NoReturn:
        pytest.fail(f"{item.nodeid} starts a process. Expected pytest.mark.slow on such a test.")

    with patch.object(subprocess.Popen, "__init__", refuse):
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def _what_libraries_make_anew_each_time_is_made_once() -> Iterator[None]:
    """It takes longer than most tests do: descriptions of AWS and names of events for each session
    of botocore, the key that signs for each subscription of moto. moto's patterns are for requests
    to AWS that botocore does not make: there are none."""
    aliaser: Any = EventAliaser  # whose types do not name what is made once here
    alias = cache(aliaser(None)._alias_event_name)  # noqa: SLF001 - depends on the name alone
    key = cache(partial(rsa.generate_private_key, public_exponent=65537, key_size=2048))
    create_loader = cache(botocore_session.create_loader)
    with (
        patch.object(botocore_session, "create_loader", create_loader),
        patch.object(EventAliaser, "_alias_event_name", staticmethod(alias)),
        patch.object(Subscription, "private_key", lambda _: key()),
        patch.object(moto_models, "RESPONSES_METHODS", []),
    ):
        yield


@pytest.fixture
def fresh_container() -> Iterator[None]:
    """As a new container of Lambda: its own environment, and nothing built before."""
    with patch.dict(os.environ):
        _forget()
        yield
        _forget()


def _forget() -> None:
    app = sys.modules.get("rescan.app")
    if app is not None:
        app._dispatcher.cache_clear()  # noqa: SLF001 - what Lambda does by ending the process
