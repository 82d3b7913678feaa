"""A loopback HTTP server of werkzeug's on a thread of its own, and how it breaks off."""

from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.anchore.scripted_server import Act

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["Hangup", "LoopbackServer", "answering", "play"]


class Hangup(ConnectionAbortedError):
    """Ends the connection without an answer: werkzeug takes it for a client that went away."""


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None: ...

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        # Otherwise the next request is waited for, and a reset would be silence.
        self.close_connection = True


class LoopbackServer:
    """Answers each request on a thread of its own, from `with` to its end."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._server = make_server(
            "127.0.0.1", 0, application, threaded=True, request_handler=_Quiet
        )
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "LoopbackServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def answering(answer: Callable[[Request], Response]) -> "WSGIApplication":
    """The application that answers so."""

    def application(environ: Any, start_response: Any) -> Any:
        return answer(Request(environ))(environ, start_response)

    return application


def play(act: Act, request: Request, stop: Event) -> NoReturn:
    """Let the act have the request's socket, in place of an answer; `stop` ends its waiting."""
    act(request.environ["werkzeug.socket"], stop)
    raise Hangup
