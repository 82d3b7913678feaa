"""The way to Anchore: the proxy if there is one, the name's addresses, and a connection to them."""

import http.client
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct
from requests.utils import get_environ_proxies, select_proxy

from rescan.anchore.http_deadlines import CONNECT_SECONDS
from rescan.doctor.check import Check, NotChecked, Trouble
from rescan.kernel.deadline import Deadline

_PORTS = {"http": 80, "https": 443}
_DNS_SECONDS = 10.0
# A load balancer has an address in each zone; more of them say nothing new.
_MOST_ADDRESSES = 4
_CLOSED = "Connection refused"


class Route(Struct, frozen=True):
    """Where Anchore is, and the proxy on the way; the proxy's own credentials are in no text."""

    url: SplitResult
    proxy: SplitResult | None

    @classmethod
    def to(cls, base_url: str) -> "Route":
        """As requests would go, by the environment's HTTPS_PROXY and NO_PROXY."""
        proxy = select_proxy(base_url, get_environ_proxies(base_url))
        if proxy and "://" not in proxy:
            proxy = f"http://{proxy}"
        return cls(urlsplit(base_url), urlsplit(proxy) if proxy else None)

    @property
    def host(self) -> str:
        """Anchore's."""
        return self.url.hostname or ""

    @property
    def port(self) -> int:
        """Anchore's."""
        return _port(self.url)

    @property
    def next_hop(self) -> tuple[str, int]:
        """The host and port that we connect to."""
        hop = self.proxy or self.url
        return hop.hostname or "", _port(hop)

    @contextmanager
    def tls(self, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
        """A finished handshake with Anchore, through the proxy; OSError when there is none."""
        host, port = self.next_hop
        connection = http.client.HTTPSConnection(
            host, port, timeout=CONNECT_SECONDS, context=context
        )
        if self.proxy is not None:
            connection.set_tunnel(self.host, self.port, _authorization(self.proxy))
        try:
            connection.connect()
            # http.client types it as a plain socket.
            if isinstance(connection.sock, ssl.SSLSocket):
                yield connection.sock
        finally:
            connection.close()


def route_checks(route: Route, deadline: Deadline) -> list[Check]:
    """Proxy, DNS, TCP: each depends on the one before."""
    return [
        Check("Proxy", lambda: _proxy(route)),
        Check("DNS", lambda: _names(route, deadline)),
        Check("TCP", lambda: _connections(route, deadline)),
    ]


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS.get(parts.scheme, 443)


def _authorization(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {b64encode(pair).decode()}"}


def _proxy(route: Route) -> str:
    if route.proxy is None:
        return "none: straight to Anchore"
    host, port = route.next_hop
    if route.proxy.scheme != "http":
        raise NotChecked(f"{route.proxy.scheme} proxy {host}:{port}, of a kind that is not checked")
    return f"{host}:{port}, as the environment says"


def _names(route: Route, deadline: Deadline) -> str:
    return f"{route.next_hop[0]} is {', '.join(_addresses(route, deadline))}"


def _addresses(route: Route, deadline: Deadline) -> list[str]:
    host, port = route.next_hop
    try:
        return _resolved(host, port, min(_DNS_SECONDS, deadline.remaining()))
    except (OSError, UnicodeError) as error:
        late = isinstance(error, TimeoutError)
        reason = "no answer in time" if late else getattr(error, "strerror", "it is no name")
        raise Trouble(
            f"{host} has no address: {reason}",
            "Check the name, and whether the resolver of this machine, its VPN or VPC knows it.",
        ) from error


def _resolved(host: str, port: int, seconds: float) -> list[str]:
    """Each address once. The resolver knows no timeout: a thread that it holds is left behind."""
    found: Future[list[str]] = Future()

    def resolve() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.set_result(list(dict.fromkeys(str(answer[4][0]) for answer in answers)))
        except (OSError, UnicodeError) as error:
            found.set_exception(error)

    Thread(target=resolve, daemon=True).start()
    return found.result(seconds)


def _connections(route: Route, deadline: Deadline) -> str:
    """One address that answers is enough: a request goes on to the next one."""
    port = route.next_hop[1]
    addresses = _addresses(route, deadline)[:_MOST_ADDRESSES]
    seen = {_place(it, port): _problem(it, port, deadline) for it in addresses}
    told = "; ".join(f"{place}: {problem or 'answers'}" for place, problem in seen.items())
    if all(seen.values()):
        raise Trouble(f"no connection to {told}", _advice(route, set(seen.values())))
    return told


def _place(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _problem(address: str, port: int, deadline: Deadline) -> str:
    """Why it cannot be connected to; nothing when it can."""
    seconds = max(0.001, min(CONNECT_SECONDS, deadline.remaining()))
    try:
        with socket.create_connection((address, port), timeout=seconds):
            return ""
    except ConnectionRefusedError:
        return _CLOSED
    except OSError as error:
        return error.strerror or f"no answer in {seconds:.0f} s"


def _advice(route: Route, problems: set[str]) -> str:
    named = "HTTPS_PROXY" if route.proxy else "ANCHORE_URL"
    if problems == {_CLOSED}:
        return f"The host is there: check that it listens, and the port in {named}."
    return f"Check the port in {named}, routes (NAT, peering), security groups and network ACLs."
