"""The function's container: its process may be killed in the middle of an event, and the next
event starts another one, as in Lambda."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import Any

from tests.support.artifacts import host_artifact
from tests.support.lambda_process import process_environment
from tests.support.runtime_api import Invocation, RuntimeApi

# What Lambda says of an invocation whose process died.
DIED = Invocation(error={"errorType": "Runtime.ExitError"})


class _MortalApi(RuntimeApi):
    """A Runtime API whose process may die instead of answering."""

    def process_died(self) -> None:
        self._ended.put(DIED)


class _Running:
    """One process with its Runtime API. Whatever it dies of, the event under way ends with it."""

    def __init__(self, environment: Mapping[str, str], runtime_client: Path, log: Path) -> None:
        artifact = host_artifact()
        self.api = _MortalApi()
        self.api.__enter__()
        wanted = process_environment(artifact, runtime_client, self.api.address)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                # As in tests/e2e: no site-packages, so that nothing comes from those of the tests.
                [sys.executable, "-S", "-m", "awslambdaric", "rescan.app.handler"],
                env={**wanted, **environment},
                cwd=artifact,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._watch = Thread(target=self._await_death, daemon=True)
        self._watch.start()

    @property
    def alive(self) -> bool:
        return self._watch.is_alive()

    def kill(self) -> None:
        self._process.kill()
        self._watch.join()

    def end(self) -> None:
        self.kill()
        self.api.__exit__(None, None, None)

    def _await_death(self) -> None:
        self._process.wait()
        self.api.process_died()


class Container:
    """`crashes` counts the processes that were killed, `deaths` those that died by themselves."""

    def __init__(self, environment: Mapping[str, str], runtime_client: Path, log: Path) -> None:
        self._environment = environment
        self._parts = runtime_client, log
        self._more: dict[str, str] = {}
        self._running: _Running | None = None
        self._lock = Lock()
        self.crashes = self.deaths = 0

    def __enter__(self) -> "Container":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def invoke(self, event: Any, seconds: float, trace: str) -> Invocation:
        """How the event ended, with a process that is alive at its beginning."""
        if self._running is None:
            self._running = _Running({**self._environment, **self._more}, *self._parts)
        crashes = self.crashes
        ended = self._running.api.invoke(event, seconds, trace)
        if ended == DIED:
            self.deaths += self.crashes == crashes
            self.stop()
        return ended

    def kill(self) -> None:
        """End the process in the middle of its event, once for however many of its calls."""
        with self._lock:
            if self._running is not None and self._running.alive:
                self.crashes += 1
                self._running.kill()

    def deploy(self, **settings: str) -> None:
        """The next event meets a process with these variables besides; a new one if need be."""
        if settings != self._more:
            self.stop()
            self._more = settings

    def stop(self) -> None:
        """The next event meets a new process."""
        with self._lock:
            if self._running is not None:
                self._running.end()
                self._running = None
