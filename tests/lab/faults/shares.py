"""Cases in two processes: the servers of one alone do not fill two cores."""

import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.lab.faults.matrix import AnyCase, AnyOutcome, Matrix, every_case

_PROCESSES = 2
_LANES = 5


def outcomes_of(wanted: list[AnyCase], logs: Path) -> dict[AnyCase, AnyOutcome]:
    """Each case's outcome, in the order of the cases; `logs` takes what the functions print."""
    shutil.rmtree(logs, ignore_errors=True)
    names = [str(case) for case in sorted(wanted, key=lambda case: not case.waits)]
    shares = [names[number::_PROCESSES] for number in range(_PROCESSES)]
    folders = [logs / str(number) for number in range(_PROCESSES)]
    with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as processes:
        by_name: dict[str, AnyOutcome] = {}
        for share in processes.map(_run, shares, folders):
            by_name |= share
    return {case: by_name[str(case)] for case in wanted}


def _run(names: list[str], folder: Path) -> dict[str, AnyOutcome]:
    """A share: cases hold functions, which do not travel between processes; their names do."""
    # SAM's translator asks boto3 for the region.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    folder.mkdir(parents=True)
    with Matrix(folder, _LANES) as matrix:
        running = matrix.start(case for case in every_case() if str(case) in names)
        return {str(case): future.result() for case, future in running.items()}
