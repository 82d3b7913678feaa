"""Showing the state again and again, until the user interrupts it."""

import sys
import time
from collections.abc import Callable
from typing import NoReturn, TypeVar

import click

from rescan.kernel.errors import LedgerUnavailable

_Shown = TypeVar("_Shown")


def watched(
    read: Callable[[], _Shown],
    show: Callable[[_Shown], None],
    seconds: float,
    wait: Callable[[float], None] = time.sleep,
) -> NoReturn:
    """Ends with KeyboardInterrupt. A ledger that does not answer is asked again; what the caller
    must mend ends it."""
    while True:
        try:
            state = read()
        except LedgerUnavailable as error:
            click.echo(f"anchore-rescan: {error} Trying again in {seconds:g} s.", err=True)
        else:
            if sys.stdout.isatty():
                click.clear()
            show(state)
            sys.stdout.flush()
        wait(seconds)
