"""A loopback HTTP server of werkzeug's on a thread of its own."""

import socket
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class QuietHandler(WSGIRequestHandler):
    """Logs nothing: whoever serves keeps its own log."""

    def log(self, type: str, message: str, *args: Any) -> None: ...


class LoopbackServer:
    """Answers each request on a thread of its own, from `with` to its end.

    Port 0 takes any free one; OSError when the port is taken.
    """

    def __init__(
        self,
        application: "WSGIApplication",
        *,
        port: int = 0,
        handler: type[WSGIRequestHandler] = QuietHandler,
    ) -> None:
        # Bound here: werkzeug ends the process when the port is taken.
        with socket.create_server(("127.0.0.1", port), backlog=128) as bound:
            self._server = make_server(
                "127.0.0.1",
                port,
                application,
                threaded=True,
                request_handler=handler,
                fd=bound.fileno(),
            )
        # The poll interval is how long it takes to end the server.
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self.port: int = self._server.port
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.address}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the server; open connections are served to their end."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait(self) -> None:
        """Wait until an interrupt ends the server."""
        self._thread.join()
