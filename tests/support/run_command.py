"""The command as it is called: what it is given, and what it leaves behind."""

import io
import os
import pty
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from rescan_cli.__main__ import main
from tests.support.paths import ROOT

PASSWORD = "s3cr3t-pass/w+rd"
CREDENTIALS = {"ANCHORE_USERNAME": "watcher", "ANCHORE_PASSWORD": PASSWORD}
_SECONDS = 60


@dataclass(frozen=True)
class Done:
    """How a process ended, and what it wrote."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class TerminalDone:
    """The same on a terminal, where both streams are one."""

    status: int
    shown: str


def environment(**variables: str) -> dict[str, str]:
    """Nothing of this machine's own settings, and what is given."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "functions"),
        "PYTHONWARNINGS": "error",
        "HOME": "/nonexistent",
        "NO_PROXY": "*",
        **{name: said for name, said in os.environ.items() if name.startswith("COVERAGE_")},
        **variables,
    }


def run(*arguments: str, variables: Mapping[str, str] = CREDENTIALS) -> Done:
    """The command's entry point in this process, with an environment and streams of its own."""
    out, err = _stream(), _stream()
    with (
        Path(os.devnull).open() as nothing,
        patch.dict(os.environ, environment(**variables), clear=True),
        patch.multiple(sys, argv=["anchore-rescan", *arguments], stdin=nothing),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        status = main()
    return Done(status, _written(out), _written(err))


def run_process(*arguments: str, variables: Mapping[str, str] = CREDENTIALS) -> Done:
    """`python -m rescan_cli` with pipes, and nothing on standard input."""
    done = subprocess.run(
        [sys.executable, "-m", "rescan_cli", *arguments],
        env=environment(**variables),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def _written(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def on_a_terminal(
    *arguments: str,
    variables: Mapping[str, str] = CREDENTIALS,
    typed: Sequence[tuple[str, str]] = (),
) -> TerminalDone:
    """The same with a terminal on all three streams; `typed`: prompts, and what answers each."""
    command = [sys.executable, "-m", "rescan_cli", *arguments]
    return _shown(
        command, environment(TERM="xterm-256color", COLUMNS="100", **variables), typed=typed
    )


def in_a_shell(command: Sequence[str], keys: str, variables: Mapping[str, str]) -> str:
    """All that an interactive shell shows for the keys, until it exits."""
    return _shown(command, variables, keys=keys).shown


def _shown(
    command: Sequence[str],
    variables: Mapping[str, str],
    *,
    keys: str = "",
    typed: Sequence[tuple[str, str]] = (),
) -> TerminalDone:
    ours, theirs = pty.openpty()
    os.write(ours, keys.encode())
    process = subprocess.Popen(
        command,
        env=variables,
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        # A session of its own, whose terminal this is: passwords are read from there.
        start_new_session=True,
    )
    os.close(theirs)
    try:
        shown = _conversation(ours, typed)
        return TerminalDone(process.wait(_SECONDS), shown)
    finally:
        process.kill()
        os.close(ours)


def _conversation(terminal: int, typed: Sequence[tuple[str, str]]) -> str:
    """Everything that is shown; a prompt is answered once it is there to its last blank.

    Only then is the answer safe: whoever asks for a password discards what was typed before.
    """
    shown, left = b"", list(typed)
    while data := _read(terminal):
        shown += data
        if left and shown.endswith(left[0][0].encode()):
            os.write(terminal, f"{left.pop(0)[1]}\n".encode())
    return shown.decode()


def _read(descriptor: int) -> bytes:
    ready, _, _ = select.select([descriptor], [], [], _SECONDS)
    assert ready, "the command neither writes nor ends"
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how Linux says that the other end is closed
        return b""
