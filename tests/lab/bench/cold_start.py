"""A cold start: from the start of the process to the answer to its first event, a small image.

Everything runs under Lambda's own runtime client, the floor too, and asks the same loopback
servers, which answer at once. In Lambda the code's folder is read-only: no start leaves bytecode
for the next one.
"""

import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct

from compile_artifact import compile_artifact
from tests.lab.bench import anchore_server, aws_server
from tests.lab.bench.anchore_server import tag_of
from tests.lab.bench.canned_server import running
from tests.lab.bench.figures import Compared, Measured, Part
from tests.lab.bench.function import environment, pushes
from tests.lab.bench.packages import compiled_packages, plain_artifact
from tests.recordings.facts import sha256
from tests.support.artifacts import host_artifact
from tests.support.lambda_process import copy_runtime_client, lambda_process

_ROWS = 5
_STARTS = 5
_HANDLERS = Path(__file__).parent / "handlers"
_PARTS = (
    "Python, the runtime client",
    "imports of the packages",
    "imports of our own",
    "clients and all else that is built",
    "the first event",
)


class Way(Struct, frozen=True):
    """What is started, and the event that it answers; `staged` answers with its moments, too."""

    name: str
    folder: Path
    handler: str
    staged: str
    event: Any


class Started(Struct, frozen=True):
    """When a process began, when its stages ended, and when its answer came; monotonic seconds."""

    began: float
    moments: tuple[float, ...]
    answered: float

    @property
    def seconds(self) -> float:
        """From the beginning to the answer."""
        return self.answered - self.began

    def parts(self) -> tuple[float, ...]:
        """Seconds of each of _PARTS."""
        ends = (*self.moments, self.answered)
        begins = (self.began, *self.moments)
        return tuple(end - begin for begin, end in zip(begins, ends, strict=True))


class Starter:
    """Starts processes under a runtime client of its own, on the same servers."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self._client = copy_runtime_client(folder)
        for handler in _HANDLERS.glob("[a-z]*.py"):
            shutil.copy(handler, folder)
        compile_artifact(folder, sys.executable)
        self._variables = variables | {"PYTHONDONTWRITEBYTECODE": "1"}
        self._log = folder / "function.log"

    def start(self, way: Way, handler: str) -> Started:
        """A new process, which is ended after its first answer."""
        began = time.monotonic()
        with (
            self._log.open("wb") as log,
            lambda_process(way.folder, self._client, self._variables, log, handler) as api,
        ):
            answer = api.invoke(way.event).answer
            answered = time.monotonic()
        if answer is None or answer.get("batchItemFailures"):
            raise RuntimeError(f"{way.name} failed: {self._log.read_text()}")
        return Started(began, tuple(answer.get("moments", ())), answered)


def measure(runs: int) -> Measured:
    """Two rows, and the parts of the three ways to start."""
    with (
        TemporaryDirectory() as folder,
        running(anchore_server, _ROWS, 0, 0) as anchore,
        running(aws_server, 0) as aws,
    ):
        starter = Starter(Path(folder) / "client", environment(anchore, aws))
        ways = ways_to_start(Path(folder))
        for way in ways:  # the first start of each reads from the disk
            starter.start(way, way.staged)
        starts = [[starter.start(it, it.handler) for it in ways] for _ in range(runs * _STARTS)]
        stages = [[starter.start(it, it.staged) for it in ways] for _ in range(runs)]
    return Measured(rows=_rows(starts), parts=_parts(ways, stages))


def ways_to_start(folder: Path) -> tuple[Way, ...]:
    """Ours, the floor, and a plain build."""
    push, tag = pushes(range(1)), tag_of(0)
    image = {"tag": tag, "digest": sha256(tag)}
    function, staged, bare = "rescan.app.handler", "staged.handler", "bare.handler"
    artifact = host_artifact()
    floor, plain = compiled_packages(folder / "floor"), plain_artifact(folder / "plain")
    return (
        Way("the artifact", artifact, function, staged, push),
        Way("its packages, bare", floor, bare, bare, image),
        Way("without bytecode", plain, function, staged, push),
    )


def _rows(starts: list[list[Started]]) -> tuple[Compared, ...]:
    ours, floor, plain = (tuple(it.seconds for it in of) for of in zip(*starts, strict=True))
    return (
        Compared(
            what="cold start: from the process to the first answer",
            floor_is="the packages with bytecode, imported and doing the same calls bare",
            ours=ours,
            floor=floor,
            at_most=1.1,
        ),
        Compared(
            what="the same cold start, with and without the build's bytecode and pruning",
            floor_is="a plain build, which installs and copies",
            ours=ours,
            floor=plain,
            at_most=0.5,
        ),
    )


def _parts(ways: tuple[Way, ...], stages: list[list[Started]]) -> tuple[Part, ...]:
    return tuple(
        Part(way.name, name, tuple(started.parts()[number] for started in of_way))
        for way, of_way in zip(ways, zip(*stages, strict=True), strict=True)
        for number, name in enumerate(_PARTS)
    )
