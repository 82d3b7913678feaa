"""A loopback HTTP server that breaks off its connections as told."""

import socket
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug import Request, Response

from rescan_cli.replay.loopback import LoopbackServer, QuietHandler
from tests.support.scripted_server import Act

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Hangup(ConnectionAbortedError):
    """Ends the connection without an answer: werkzeug takes it for a client that went away."""


class _Breaking(QuietHandler):
    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        # Otherwise the next request is waited for, and a reset would be silence.
        self.close_connection = True


class BreakingServer(LoopbackServer):
    """One whose application may end a connection by raising Hangup."""

    def __init__(self, application: "WSGIApplication") -> None:
        super().__init__(application, handler=_Breaking)


def answering(answer: Callable[[Request], Response]) -> "WSGIApplication":
    """The application that answers so."""

    def application(environ: Any, start_response: Any) -> Any:
        return answer(Request(environ))(environ, start_response)

    return application


def play(act: Act, request: Request, stop: Event) -> NoReturn:
    """Let the act have the request's socket, in place of an answer; `stop` ends its waiting."""
    act(request.environ["werkzeug.socket"], stop)
    raise Hangup


def has_hung_up(request: Request) -> bool:
    """Whether whoever asked does not wait for the answer any more."""
    try:
        return not request.environ["werkzeug.socket"].recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False  # there is nothing to read: the answer is waited for
    except OSError:
        return True
