"""Offline replay: a recording (HAR 1.2) becomes a respx router, which is used in two ways.

    har     the recording as a frozen value
    router  `Replay`: the router, the log of requests, the errors for what was not recorded
    mount   on a requests session: in process, no sockets
    server  behind a loopback HTTP server: real sockets, any client
    asked   the event and the settings that cause the recorded requests
    invocation, shown  the function's handler on it, and its display

respx itself patches httpx alone; here nothing is patched, `Router.handler` is called.
"""
