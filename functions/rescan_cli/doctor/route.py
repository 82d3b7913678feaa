"""The way to Anchore: the proxy if there is one, names, and a connection."""

import http.client
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct
from requests.utils import get_environ_proxies, select_proxy

from rescan.anchore.http_deadlines import CONNECT_SECONDS
from rescan_cli.doctor.check import Check, NotChecked, Trouble

_PORTS = {"http": 80, "https": 443}


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


def route_checks(route: Route) -> list[Check]:
    """Proxy, DNS, TCP: each depends on the one before."""
    return [
        Check("Proxy", lambda: _proxy(route)),
        Check("DNS", lambda: _addresses(route)),
        Check("TCP", lambda: _connection(route)),
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


def _addresses(route: Route) -> str:
    host, port = route.next_hop
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Trouble(
            f"{host} has no address: {error.strerror}",
            "Check the name, and whether this machine's resolver or VPN knows it.",
        ) from error
    return f"{host} is {', '.join(sorted({str(address[4][0]) for address in found}))}"


def _connection(route: Route) -> str:
    host, port = route.next_hop
    try:
        with socket.create_connection((host, port), timeout=CONNECT_SECONDS):
            return f"port {port} answers"
    except OSError as error:
        reason = error.strerror or "no answer in time"
        raise Trouble(
            f"no connection to {host}:{port}: {reason}",
            "Check the port, firewalls, security groups and, for a proxy, HTTPS_PROXY.",
        ) from error
