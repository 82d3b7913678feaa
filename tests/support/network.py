"""A network that the tests make up: which addresses a name has, and what becomes of connections."""

import socket
from contextlib import AbstractContextManager, nullcontext

import pytest

REFUSED, DROPPED = ConnectionRefusedError(111, "Connection refused"), TimeoutError()


def make_up(patch: pytest.MonkeyPatch, fates: dict[str, OSError | None]) -> None:
    """Every name has these addresses; None: a connection to that one is made."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (it, 0)) for it in (*fates, *fates)]

    def connect(address: tuple[str, int], timeout: float) -> AbstractContextManager[None]:
        if (error := fates[address[0]]) is not None:
            raise error
        return nullcontext()

    patch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    patch.setattr(socket, "create_connection", connect)
