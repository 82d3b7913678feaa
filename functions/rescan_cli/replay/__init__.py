"""Offline replay: a recording (HAR 1.2) becomes one respx router, which is served two ways.

    har     the recording as a frozen value
    router  `Replay`: the router, the log of requests, the errors for what was not recorded
    mount   on a requests session: in process, no sockets
    server  behind a loopback HTTP server: real sockets, any client
    asked   the event and the settings that ask for the same again
    invocation, shown  the function's handler on it, and what a person reads of that

respx itself patches httpx alone; here nothing is patched, `Router.handler` is called.
"""
