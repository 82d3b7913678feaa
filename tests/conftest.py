"""What an invocation leaves behind in this process, and how it goes away again."""

import os
import sys
from collections.abc import Iterator
from functools import cache
from unittest.mock import patch

import pytest
from botocore import session


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
