"""fauxqs: an SQS and an SNS that were written independently of moto."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SECONDS = 60


@contextmanager
def running(packages: Path) -> Iterator[str]:
    """The URL of a server of its own. It listens on every address of the machine."""
    port = _free_port()
    process = subprocess.Popen(
        [shutil.which("node") or "node", packages / "node_modules/fauxqs/dist/cli.js"],
        env=os.environ | {"FAUXQS_PORT": str(port)},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"fauxqs does not listen on port {port}; its exit status: {process.poll()}")
