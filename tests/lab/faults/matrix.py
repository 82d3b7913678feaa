"""Runs cases side by side, each on a lane that is free: most of their time is waiting."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

from tests.lab.faults.case import Case
from tests.lab.faults.cases import cases
from tests.lab.faults.lane import Lane
from tests.lab.faults.moto_server import moto_server
from tests.lab.faults.outcome import Outcome
from tests.lab.faults.storm import StormOutcome
from tests.lab.faults.storm_cases import StormCase, storm_cases
from tests.support.lambda_process import copy_runtime_client

_TRIES = 10
AnyCase = Case | StormCase
AnyOutcome = Outcome | StormOutcome


def every_case() -> tuple[AnyCase, ...]:
    """No two have the same name."""
    return (*cases(), *storm_cases())


def _undisturbed(case: AnyCase, lane: Lane) -> AnyOutcome:
    """A story proves nothing when the machine was slower than the function waits: then again."""
    for _ in range(_TRIES):
        outcome = case.tell(lane)
        if not case.is_disturbed(lane):
            return outcome
    raise AssertionError(f"The machine was too slow {_TRIES} times.")


class Matrix:
    """`folder` takes what the functions print, a file for each lane."""

    def __init__(self, folder: Path, lanes: int) -> None:
        self._folder = folder
        self._lanes = lanes
        self._free: SimpleQueue[Lane] = SimpleQueue()
        self._threads = ThreadPoolExecutor(lanes)
        self._open = ExitStack()

    def __enter__(self) -> "Matrix":
        aws = self._open.enter_context(moto_server())
        runtime_client = copy_runtime_client(self._folder / "runtime_client")
        for number in range(self._lanes):
            log = self._folder / f"function-{number}.log"
            lane = Lane(aws, str(number), runtime_client, log)
            self._free.put(self._open.enter_context(lane))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._open.close()

    def start(self, cases: Iterable[AnyCase]) -> dict[AnyCase, Future[AnyOutcome]]:
        """Each case's outcome, as soon as there is one; those that wait longest begin."""
        longest_first = sorted(cases, key=lambda case: not case.waits)
        return {case: self._threads.submit(self._run, case) for case in longest_first}

    def _run(self, case: AnyCase) -> AnyOutcome:
        lane = self._free.get()
        try:
            return _undisturbed(case, lane)
        except Exception as error:
            error.add_note(str(case))
            raise
        finally:
            self._free.put(lane)
