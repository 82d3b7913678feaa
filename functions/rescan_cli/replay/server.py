"""A replay behind a loopback HTTP server: real sockets, for retries and for other processes.

The server is werkzeug's, with one thread for each request; each connection is closed after its
answer. A request that was not recorded is answered with 501 and the reason, and raised again when
the server ends.
"""

import json
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import httpx
from werkzeug import Request, Response

from rescan_cli.replay.har import Recording
from rescan_cli.replay.loopback import LoopbackServer
from rescan_cli.replay.router import NotRecorded, Replay


class ReplayServer(LoopbackServer):
    """Serves a recording from `with` to its end; port 0 takes any free one.

    `url` is the server's without a path, `port` its port, `replay.seen` the requests so far.
    Leaving the `with` raises NotRecorded when a request was not recorded, unless another error
    is under way.
    """

    def __init__(self, recording: Recording | Replay, port: int = 0) -> None:
        self.replay = recording if isinstance(recording, Replay) else Replay(recording)
        super().__init__(self._application, port=port)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        if error is None:
            self.replay.raise_unrecorded()

    def _application(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        # REQUEST_URI is the target as it was sent: werkzeug's own URL is decoded already.
        url = httpx.URL(self.url).join(request.environ["REQUEST_URI"])
        asked = httpx.Request(request.method, url, headers=list(request.headers.items()))
        try:
            answered = self.replay.answer(asked)
        except NotRecorded as error:
            body = json.dumps({"message": str(error)})
            return Response(body, status=501, content_type="application/json")
        return Response(
            answered.content,
            status=f"{answered.status_code} {answered.reason_phrase}",
            headers=answered.headers.multi_items(),
        )
