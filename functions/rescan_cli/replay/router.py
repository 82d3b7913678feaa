"""A recording as a respx router that gives the recorded answers, and no others.

A request is recognized by method, path and query, in any order of its parameters. Repeats get
their answers in the recorded order, then the last one again and again. A request that was not
recorded is an error of its own class, so that no code under test takes it for a failure of
Anchore; it is kept, in case something swallows it.
"""

from collections import defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from threading import Lock
from urllib.parse import urlencode

import httpx
from msgspec import Struct
from respx import Router
from respx.models import AllMockedAssertionError

from rescan_cli.replay.har import Entry, Pairs, Recording, ReplayError


class NotRecorded(ReplayError):
    """A request that is not in the recording; the message has the nearest one that is."""


class SeenRequest(Struct, frozen=True):
    """A request that arrived; `status` is None when it was not recorded.

    `authorized`: whether it bore an Authorization header, whose value is never kept.
    """

    method: str
    path: str
    query: Pairs
    authorized: bool
    status: int | None

    def __str__(self) -> str:
        return _line(self.method, self.path, self.query)


class Replay:
    """One recording being replayed: its `router`, and in `seen` the requests so far, in order."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.router = _router(recording.entries)
        self.seen: list[SeenRequest] = []
        self._unrecorded: list[NotRecorded] = []
        self._lock = Lock()

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The recorded answer, or NotRecorded; may be called from any thread."""
        with self._lock:
            try:
                response = self.router.handler(request)
            except AllMockedAssertionError:
                self._note(request, None)
                error = NotRecorded(self._nearest(request))
                self._unrecorded.append(error)
                raise error from None
            self._note(request, response.status_code)
            return response

    def raise_unrecorded(self) -> None:
        """Raise the first NotRecorded of this replay, if there was one."""
        if self._unrecorded:
            raise self._unrecorded[0]

    def _note(self, request: httpx.Request, status: int | None) -> None:
        authorized = "Authorization" in request.headers
        query = tuple(request.url.params.multi_items())
        self.seen.append(SeenRequest(request.method, request.url.path, query, authorized, status))

    def _nearest(self, request: httpx.Request) -> str:
        query = tuple(request.url.params.multi_items())
        asked = _line(request.method, request.url.path, query)
        missing = f"{asked} is not in the recording {self.recording.name!r}"
        if not self.recording.entries:
            return f"{missing}, which holds no request at all."
        nearest = max(self.recording.entries, key=lambda entry: _likeness(request, asked, entry))
        held = _line(nearest.method, nearest.path, nearest.query)
        differences = "".join(f"; {d}" for d in _differences(query, nearest.query))
        return f"{missing}. The nearest that it holds: {held}{differences}."


class _InOrder:
    """The side effect of a route: the recorded answers one by one, then the last one forever."""

    def __init__(self, entries: list[Entry]) -> None:
        self._left = entries

    def __call__(self, request: httpx.Request) -> httpx.Response:
        entry, *rest = self._left
        self._left = rest or [entry]
        return httpx.Response(entry.status, headers=entry.headers, content=entry.body)


def _router(entries: Iterable[Entry]) -> Router:
    alike: defaultdict[tuple[str, str, Pairs], list[Entry]] = defaultdict(list)
    for entry in entries:
        alike[entry.method, entry.path, tuple(sorted(entry.query))].append(entry)
    router = Router(assert_all_called=False)
    for (method, path, query), repeats in alike.items():
        route = router.route(method=method, path=path, params__eq=list(query))
        route.side_effect = _InOrder(repeats)
    return router


def _line(method: str, path: str, query: Pairs) -> str:
    return f"{method} {path}" + (f"?{urlencode(query, safe=':/*@')}" if query else "")


def _likeness(request: httpx.Request, asked: str, entry: Entry) -> tuple[bool, float]:
    held = _line(entry.method, entry.path, entry.query)
    return entry.path == request.url.path, SequenceMatcher(None, asked, held).ratio()


def _differences(asked: Pairs, held: Pairs) -> Iterable[str]:
    ours, theirs = dict(asked), dict(held)
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in theirs:
            yield f"the parameter {name}={ours[name]} is not recorded"
        elif name not in ours:
            yield f"the parameter {name}={theirs[name]} is missing"
        elif ours[name] != theirs[name]:
            yield f"the parameter {name} is {ours[name]!r}, recorded {theirs[name]!r}"
