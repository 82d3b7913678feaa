"""A loopback server that misbehaves as told: real sockets for real faults.

Written by hand, since no HTTP library sends half a header or resets a connection.
"""

import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType

Act = Callable[[socket.socket, threading.Event], None]


def respond(status: int, body: bytes = b"", *headers: str) -> Act:
    """One whole answer, after which the connection is kept."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers, "", ""]

    def act(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall("\r\n".join(lines).encode() + body)

    return act


def json(body: bytes) -> Act:
    """A 200 of JSON."""
    return respond(200, body, "Content-Type: application/json")


def raw(data: bytes) -> Act:
    """These bytes, then the end of the connection."""

    def act(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)

    return act


def drip(beginning: bytes, data: bytes, every: float = 0.02) -> Act:
    """The beginning at once, then a byte at a time: never a gap that a read timeout would see."""

    def act(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(beginning)
        for byte in data:
            if stop.wait(every):
                return
            connection.sendall(bytes([byte]))

    return act


def silence(connection: socket.socket, stop: threading.Event) -> None:
    """Take the request and never answer."""
    stop.wait(60)


def reset(connection: socket.socket, stop: threading.Event) -> None:
    """Break the connection with a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextmanager
def refused_port() -> Iterator[int]:
    """A port that refuses connections. It stays bound: a port that was let go may be the server of
    another test a moment later."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


class ScriptedServer:
    """Acts once per request, in order; the last act is repeated. `requests` keeps the heads."""

    def __init__(self, *acts: Act, tls: ssl.SSLContext | None = None) -> None:
        self._acts: Sequence[Act] = acts
        self._tls = tls
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[str] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._connections: list[socket.socket] = []

    @property
    def url(self) -> str:
        host = "localhost" if self._tls else "127.0.0.1"
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}/v2"

    @property
    def request_lines(self) -> list[str]:
        return [head.partition("\r\n")[0].rpartition(" ")[0] for head in self.requests]

    def __enter__(self) -> "ScriptedServer":
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for open_socket in (self._listener, *self._connections):
            with suppress(OSError):  # the client may have closed it
                open_socket.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(30)
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            while head := _read_head(connection):
                act = self._acts[min(len(self.requests), len(self._acts) - 1)]
                self.requests.append(head)
                act(connection, self._stop)
        except OSError:
            pass  # the client went away, or the act broke the connection
        finally:
            connection.close()


def _read_head(connection: socket.socket) -> str:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            return ""
        head += byte
    _read_body(connection, head.decode())
    return head.decode()


def _read_body(connection: socket.socket, head: str) -> None:
    """Take what is announced: what stayed unread would look like the next request."""
    announced = re.search(r"^content-length: (\d+)\r$", head, re.IGNORECASE | re.MULTILINE)
    left = int(announced[1]) if announced else 0
    while left and (read := connection.recv(left)):
        left -= len(read)
