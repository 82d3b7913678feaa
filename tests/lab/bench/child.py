"""Measures in a process of its own: memory, modules and environment are no one else's."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def in_child(
    environment: Mapping[str, str],
    function: Callable[_Parameters, _Result],
    *arguments: _Parameters.args,
    **named: _Parameters.kwargs,
) -> _Result:
    """What the function returns in a new process with these variables; what it prints is lost."""
    spawn = get_context("spawn")
    with ProcessPoolExecutor(1, spawn, _begin, (dict(environment),)) as process:
        return process.submit(function, *arguments, **named).result()


def _begin(environment: dict[str, str]) -> None:
    """Before the measured modules are imported: some read the environment then."""
    os.environ.update(environment)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
