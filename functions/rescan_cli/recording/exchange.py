"""Requests and answers, kept while the workflow reads them from the socket.

Retries happen below, in urllib3: the last answer to a repeated request is kept.
"""

from collections.abc import Iterator
from typing import Any

import requests
from urllib3 import BaseHTTPResponse

from rescan.anchore.http_deadlines import TimedAdapter
from rescan.kernel.clock import utc_now


class _KeptResponse(requests.Response):
    """Keeps what is read of its body; the reader's limits of time and size still apply."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = bytearray()
        self.broke = False

    def iter_content(self, *args: Any, **options: Any) -> Iterator[Any]:
        try:
            for chunk in super().iter_content(*args, **options):
                self.kept += chunk
                yield chunk
        except Exception:  # not GeneratorExit: a reader may stop early
            self.broke = True
            raise


class Exchange:
    """One request, and its answer as far as there was one."""

    def __init__(self, request: requests.PreparedRequest) -> None:
        self.request = request
        self.started = utc_now()
        self.response: _KeptResponse | None = None

    @property
    def answered(self) -> bool:
        """Whether a whole answer came."""
        return self.response is not None and not self.response.broke

    @property
    def body(self) -> bytes:
        """The part of the answer that was read, decompressed."""
        return bytes(self.response.kept) if self.response is not None else b""

    @property
    def milliseconds(self) -> float:
        """From the request to the answer's head."""
        return self.response.elapsed.total_seconds() * 1000 if self.response is not None else 0.0


class RecordingAdapter(TimedAdapter):
    """The transport's adapter; `exchanges` so far, in order."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.exchanges: list[Exchange] = []

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        exchange = Exchange(request)
        self.exchanges.append(exchange)
        response = super().send(request, *args, **kwargs)
        exchange.response = response if isinstance(response, _KeptResponse) else None
        return response

    def build_response(
        self, req: requests.PreparedRequest, resp: BaseHTTPResponse
    ) -> requests.Response:
        kept = _KeptResponse()
        kept.__dict__.update(super().build_response(req, resp).__dict__)
        return kept
