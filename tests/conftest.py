"""What an invocation leaves behind in this process, and how it goes away again."""

import os
import sys
from collections.abc import Iterator
from unittest.mock import patch

import pytest


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
