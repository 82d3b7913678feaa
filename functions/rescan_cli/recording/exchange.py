"""What was asked and answered, kept while the workflow reads it from the socket.

Retries happen below, in urllib3: of a request that was repeated, the last answer is kept.
"""

from collections.abc import Iterator
from typing import Any

import requests
from urllib3 import BaseHTTPResponse

from rescan.anchore.http_deadlines import TimedAdapter
from rescan.kernel.clock import utc_now


class _KeptResponse(requests.Response):
    """Keeps what is read of it; the reader's bounds of time and size hold as ever."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = bytearray()
        self.broke = False

    def iter_content(self, *args: Any, **options: Any) -> Iterator[Any]:
        try:
            for chunk in super().iter_content(*args, **options):
                self.kept += chunk
                yield chunk
        except Exception:  # not GeneratorExit: a reader may have had enough
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
        """Whether an answer came, and did not break off."""
        return self.response is not None and not self.response.broke

    @property
    def body(self) -> bytes:
        """What was read of the answer, decompressed."""
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
