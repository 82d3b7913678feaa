"""A replay mounted on a `requests` session: in process, without sockets, nothing patched.

The mounted adapter replaces the one with urllib3's retries, so retries happen only with the
loopback server.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import httpx
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from rescan_cli.replay.har import Recording
from rescan_cli.replay.router import Replay


class RouterAdapter(HTTPAdapter):
    """Hands each request to `answer` (a respx `Router.handler`, or `Replay.answer`).

    The response streams, as one from a socket does. Bodies of requests are not handed on: Anchore
    is only ever asked with GET.
    """

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        super().__init__()
        self._answer = answer

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        headers = {
            name: value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        asked = httpx.Request(request.method or "GET", request.url or "", headers=headers)
        answered = self._answer(asked)
        raw = HTTPResponse(
            body=BytesIO(answered.content),
            headers=HTTPHeaderDict(answered.headers.multi_items()),
            status=answered.status_code,
            reason=answered.reason_phrase,
            preload_content=False,
        )
        return self.build_response(request, raw)


def replayed_session(recording: Recording | Replay) -> requests.Session:
    """A session that gets every answer from the recording, whatever the host.

    Give a `Replay` to read its log of requests afterwards.
    """
    replay = recording if isinstance(recording, Replay) else Replay(recording)
    session = requests.Session()
    adapter = RouterAdapter(replay.answer)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
