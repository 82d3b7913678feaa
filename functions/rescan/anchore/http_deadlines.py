"""Sockets and retries under a deadline, which `requests` and urllib3 do not bound themselves.

A read timeout limits the time between two bytes. A server that drips one byte a second therefore
holds a plain `requests.get` without end, in the headers as well as in the body. Here each wait for
bytes is cut to what is left of the deadline. Only the resolver bounds DNS, and a host with n
addresses may take n connect timeouts: the handler keeps a reserve for that (`app.py`).
"""

import http.client
import io
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import MaxRetryError, ProtocolError, ReadTimeoutError, ResponseError

from rescan.kernel.deadline import Deadline
from rescan.kernel.side_by_side import MOST, refused

CONNECT_SECONDS = 5.0
# A longer Retry-After is not waited for: the work goes back to the queue.
LONGEST_WAIT_SECONDS = 20.0
_ATTEMPTS = 3
_DIGITS = re.compile("[0-9]+")

# What says that less should be asked at once.
_REFUSALS = (429, 503)
PATIENT = frozenset({429, 502, 503, 504})
# Each repetition of a forced refresh is another scan: only a refusal to begin one is repeated.
ONCE = frozenset({429})


@dataclass(frozen=True)
class RequestScope:
    """The bounds of the current request, which urllib3 does not pass on to its sockets."""

    deadline: Deadline
    read_seconds: float
    retried_statuses: frozenset[int]

    def next_read(self) -> float:
        """Seconds for the next wait for bytes; TimeoutError when none are left."""
        remaining = self.deadline.remaining()
        if remaining <= 0:
            raise TimeoutError("the deadline passed")
        return min(self.read_seconds, remaining)


_SCOPE: ContextVar[RequestScope] = ContextVar("request_scope")


@contextmanager
def request_scope(scope: RequestScope) -> Iterator[RequestScope]:
    """Bound the requests of this thread by the scope."""
    token = _SCOPE.set(scope)
    try:
        yield scope
    finally:
        _SCOPE.reset(token)


class _TimedReader(io.RawIOBase):
    """A socket's bytes; each wait is cut to what is left of the deadline."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_SCOPE.get().next_read())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        unlimited, self.fp = self.fp, io.BufferedReader(_TimedReader(sock))
        unlimited.close()


class _TimedConnection(HTTPConnection):
    response_class = _TimedResponse


class _TimedTlsConnection(HTTPSConnection):
    response_class = _TimedResponse


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TimedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTlsConnection


def retry_after_seconds(header: str | None) -> float | None:
    """The seconds that `Retry-After` asks for, a day at most; None for what is no number of them.

    Source: RFC 9110, 10.2.3: digits, or a date, for which the growing delays serve as well.
    """
    digits = (header or "").strip()
    return float(min(int(digits[:6]), 86_400)) if _DIGITS.fullmatch(digits) else None


class _BudgetedRetry(Retry):
    """Retries as the request's scope allows, and never past its deadline."""

    def parse_retry_after(self, retry_after: str) -> float:
        return retry_after_seconds(retry_after) or 0.0

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        if status_code in _REFUSALS:
            refused()
        return bool(self.total) and status_code in _SCOPE.get().retried_statuses

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: TracebackType | None = None,
    ) -> "_BudgetedRetry":
        scope = _SCOPE.get()
        if isinstance(error, ReadTimeoutError):
            raise error
        if isinstance(error, ProtocolError) and scope.retried_statuses is ONCE:
            raise error
        counted = super().increment(method, url, response, error, _pool, _stacktrace)
        wait = (self.get_retry_after(response) if response else None) or counted.backoff_max
        longest = min(LONGEST_WAIT_SECONDS, scope.deadline.remaining())
        if wait > longest:
            reason = error or ResponseError("the wait before a retry would be too long")
            raise MaxRetryError(_pool, url or "", reason)
        return counted


class TimedAdapter(HTTPAdapter):
    """An adapter of `requests` with deadlines in its sockets and a budget for retries.

    `backoff_seconds` is the first pause, doubled each time, with as much jitter again.
    """

    def __init__(self, *, pool_size: int = MOST, backoff_seconds: float = 0.5) -> None:
        retries = _BudgetedRetry(
            total=_ATTEMPTS,
            connect=_ATTEMPTS,
            read=1,  # a kept-alive connection that died while the container was frozen
            status=_ATTEMPTS,
            other=0,
            redirect=0,
            allowed_methods=frozenset({"GET"}),
            backoff_factor=backoff_seconds,
            backoff_jitter=backoff_seconds,
            backoff_max=backoff_seconds * 4,
            raise_on_status=False,
        )
        super().__init__(pool_maxsize=pool_size, max_retries=retries)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _time(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(proxy, **kwargs)
        _time(manager)
        return manager


def _time(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _TimedPool, "https": _TimedTlsPool}
