"""Lambda's Runtime API on loopback, as far as `awslambdaric` uses it.

Source: AWS Lambda, "Using the Lambda runtime API" (2018-06-01): next, response, error, init error.
"""

import itertools
import json
import time
from queue import Queue
from threading import Event
from typing import Any

from msgspec import Struct
from werkzeug import Request, Response

from rescan_cli.replay.loopback import LoopbackServer

_BASE = "/2018-06-01/runtime"
_PATIENCE_SECONDS = 300


class Invocation(Struct, frozen=True):
    """How an invocation ended: `answer` or `error` (errorType, errorMessage), and the time that
    was left when the process said so, in seconds."""

    answer: Any = None
    error: Any = None
    seconds_left: float = 0.0


class RuntimeApi(LoopbackServer):
    """Hands events to one process, one at a time."""

    def __init__(self) -> None:
        self._events: Queue[tuple[str, bytes, float, str]] = Queue()
        self._ended: Queue[Invocation] = Queue()
        self._ids = map(str, itertools.count(1))
        self._deadlines: dict[str, float] = {}
        self._asked = Event()
        super().__init__(self._application)

    def invoke(self, event: object, seconds: float = 30.0, trace: str = "") -> Invocation:
        """Hand over the event with so much time, under this trace id, and wait for its end."""
        deadline = time.time() + seconds
        self._events.put((next(self._ids), json.dumps(event).encode(), deadline, trace))
        return self._ended.get(timeout=_PATIENCE_SECONDS)

    def wait_until_asked(self) -> None:
        """Wait until the process asks for its first event: its init phase ends there."""
        assert self._asked.wait(_PATIENCE_SECONDS), "the process never asked for an event"

    def _application(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        path = request.path.removeprefix(_BASE)
        response = self._next() if path == "/invocation/next" else self._end(path, request)
        return response(environ, start_response)

    def _next(self) -> Response:
        self._asked.set()
        request_id, event, deadline, trace = self._events.get()
        self._deadlines[request_id] = deadline
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:123456789012:"
            "function:rescan",
            "Content-Type": "application/json",
        }
        if trace:
            headers["Lambda-Runtime-Trace-Id"] = trace
        return Response(event, headers=headers)

    def _end(self, path: str, request: Request) -> Response:
        said = json.loads(request.get_data())
        _, _, rest = path.partition("/invocation/")
        request_id, _, kind = rest.partition("/")
        left = self._deadlines.get(request_id, 0.0) - time.time()
        ended = {"answer": said} if kind == "response" else {"error": said}
        self._ended.put(Invocation(**ended, seconds_left=left))
        return Response(status=202)
