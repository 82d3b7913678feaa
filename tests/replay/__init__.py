"""Offline replay: a recording (HAR 1.2) becomes one respx router, which is served two ways.

    har     the recording as a frozen value
    router  `Replay`: the router, the log of requests, the errors for what was not recorded
    mount   on a requests session: in process, no sockets
    server  behind a loopback HTTP server: real sockets, any client; also a command

respx itself patches httpx alone; here nothing is patched, `Router.handler` is called.
"""

from tests.replay.har import Recording, RecordingInvalid, ReplayError, read_recording
from tests.replay.mount import RouterAdapter, replayed_session
from tests.replay.router import NotRecorded, Replay, SeenRequest

__all__ = [
    "NotRecorded",
    "Recording",
    "RecordingInvalid",
    "Replay",
    "ReplayError",
    "RouterAdapter",
    "SeenRequest",
    "read_recording",
    "replayed_session",
]
