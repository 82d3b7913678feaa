"""A loopback HTTP server of canned answers, in a process of its own.

It shares no GIL with what is measured, and does next to nothing for an answer, so that the time of
a request is the client's. It reads what our clients send and no more of HTTP.
"""

import asyncio
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from msgspec import Struct


class Request(Struct, frozen=True):
    """What was asked: the target with its query, the head as it was sent, the body."""

    target: str
    head: str
    body: bytes


class Reply(Struct, frozen=True):
    """The parts of a body of JSON, sent so many seconds after the request."""

    parts: tuple[bytes, ...]
    seconds: float = 0.0


class Canned(ABC):
    """Whoever has the answers."""

    @abstractmethod
    def reply(self, request: Request) -> Reply:
        """The answer to the request, always a success."""

    def serve(self) -> None:
        """Print the port, and answer until the process ends."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - who started it reads
        await server.serve_forever()


class _Connection(asyncio.Protocol):
    """Kept alive; its requests come one after the other."""

    def __init__(self, canned: Canned) -> None:
        self._canned = canned
        self._received = bytearray()
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        request = self._whole_request()
        if request is None:
            return
        reply = self._canned.reply(request)
        if reply.seconds:
            self._loop.call_later(reply.seconds, self._send, reply)
        else:
            self._send(reply)

    def _whole_request(self) -> Request | None:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self._received[:end].decode("latin-1")
        _, _, length = head.lower().partition("content-length:")
        whole = end + 4 + int(length.split("\r\n", 1)[0] or 0)
        if len(self._received) < whole:
            return None
        body = bytes(self._received[end + 4 : whole])
        del self._received[:whole]
        return Request(head.split(" ", 2)[1], head, body)

    def _send(self, reply: Reply) -> None:
        length = sum(map(len, reply.parts))
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        )
        self._transport.writelines((head.encode(), *reply.parts))


@contextmanager
def running(module: ModuleType, *arguments: float) -> Iterator[str]:
    """The URL of the server that `python -m module` is, until the end of the `with`."""
    command = [sys.executable, "-m", module.__name__, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()
