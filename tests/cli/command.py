"""The command as a process of its own: what it is given, and what it leaves behind."""

import os
import pty
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

__all__ = [
    "CREDENTIALS",
    "PASSWORD",
    "ROOT",
    "Done",
    "TerminalDone",
    "environment",
    "on_a_terminal",
    "run",
]

ROOT = Path(__file__).parents[2]
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
        **variables,
    }


def run(
    *arguments: str, variables: Mapping[str, str] = CREDENTIALS, options: Sequence[str] = ()
) -> Done:
    """`python -m rescan_cli` with pipes, and nothing on standard input."""
    done = subprocess.run(
        [sys.executable, *options, "-m", "rescan_cli", *arguments],
        env=environment(**variables),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def on_a_terminal(
    *arguments: str, variables: Mapping[str, str] = CREDENTIALS, typed: Sequence[str] = ()
) -> TerminalDone:
    """The same with a terminal on all three streams; each line of `typed` answers a prompt."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "rescan_cli", *arguments],
        env=environment(TERM="xterm-256color", COLUMNS="100", **variables),
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        # A session of its own, whose terminal this is: passwords are read from there.
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    left = list(typed)
    ends = Timer(_SECONDS, process.kill)  # a prompt that nobody answers must not wait for ever
    ends.start()
    try:
        while data := _read(ours):
            shown += data
            if left and shown.rstrip(b" ").endswith(b":"):
                os.write(ours, f"{left.pop(0)}\n".encode())
        return TerminalDone(process.wait(_SECONDS), shown.decode())
    finally:
        ends.cancel()
        process.kill()
        os.close(ours)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how Linux says that the other end is closed
        return b""
