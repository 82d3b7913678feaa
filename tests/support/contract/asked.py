"""Every request of ours to Anchore Enterprise, in every mode, as it leaves the session.

The dialect `arazzo` is left out: no server that Anchore describes speaks it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import httpx
import requests
from msgspec import json

from rescan.anchore.active_tags import PAGE_ROWS, list_active_tags
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.data_version import read_data_version
from rescan.anchore.enterprise import EnterpriseDialect
from rescan.anchore.inventory import read_inventory
from rescan.anchore.transport import Query, Transport
from rescan.doctor.anchore import Anchore
from rescan.kernel.clock import utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.settings import Settings
from rescan_cli.replay.mount import RouterAdapter
from tests.support.environment import LEAST

_TAG = ImageTag.parse("registry.example.com:5000/team/app:1.4")
_DIGEST = Digest(f"sha256:{'0a' * 32}")
_ROW = {"full_tag": str(_TAG), "image_digest": _DIGEST}
_VTYPES, _POLICIES = ("os", "non-os", "all"), (None, "policy-1")
_YES_NO = (True, False)
_MINUTE = 60.0
_SINCE = datetime(2026, 11, 20, tzinfo=UTC)


class _Listening(RouterAdapter):
    """Keeps what is sent; the summaries are answered with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(self._answered)
        self._status = status
        self.sent: list[requests.PreparedRequest] = []

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        self.sent.append(request)
        return super().send(request, *args, **kwargs)

    def _answered(self, request: httpx.Request) -> httpx.Response:
        # A full page and more rows, so that the next pages are asked for, in their order.
        body: Any = {"items": [_ROW] * PAGE_ROWS, "total_rows": PAGE_ROWS + 1}
        if request.url.path.endswith("/system/feeds"):
            body = []
        is_summary = request.url.path.endswith("/summaries/image-tags")
        return httpx.Response(self._status if is_summary else 200, content=json.encode(body))


def every_request() -> dict[str, list[requests.PreparedRequest]]:
    """By what it is for; the names are columns of docs/conformance.md."""
    return {
        "list images": [
            request
            for history in _YES_NO
            for request in _sent(EnterpriseDialect().images(_TAG, history=history))
        ],
        "vulnerabilities": [
            request
            for dialect, vtype, forced in product(_dialects(), _VTYPES, _YES_NO)
            for request in _sent(dialect.vulnerabilities(_DIGEST, vtype, forced=forced))
        ],
        "check": [
            request
            for dialect, policy in product(_dialects(), _POLICIES)
            for request in _sent(dialect.check(_DIGEST, _TAG, policy))
        ],
        "submit": [
            *_sent(EnterpriseDialect().submission(_TAG)),
            *_sent(EnterpriseDialect().submission(_TAG, _DIGEST, _SINCE)),
        ],
        "list tags": [*_listing()],
        "inventory": [*_reading_the_inventory()],
        "feeds, policies": [*_reading_the_data()],
        "doctor": [*_examining()],
    }


def _dialects() -> Iterator[EnterpriseDialect]:
    for vendor_only, base_image in product(_YES_NO, _YES_NO):
        yield EnterpriseDialect(vendor_only=vendor_only, base_image=base_image)


def _sent(query: Query) -> Iterator[requests.PreparedRequest]:
    """In the caller's account, and in another."""
    for account in (None, "platform"):
        listening = _Listening(200)
        _transport(listening, account).ask(query, len, Deadline.after(_MINUTE))
        yield from listening.sent


def _listing() -> Iterator[requests.PreparedRequest]:
    """Two pages, and the plain list of a server without summaries."""
    for status in (200, 404):
        listening = _Listening(status)
        list_active_tags(_transport(listening), Deadline.after(_MINUTE))
        yield from listening.sent


def _reading_the_inventory() -> Iterator[requests.PreparedRequest]:
    listening = _Listening(200)
    minute, day = Deadline.after(_MINUTE), timedelta(days=1)
    read_inventory(_transport(listening), minute, utc_now(), day)
    yield from listening.sent


def _reading_the_data() -> Iterator[requests.PreparedRequest]:
    listening = _Listening(200)
    read_data_version(_transport(listening), None, Deadline.after(_MINUTE))
    yield from listening.sent


def _examining() -> Iterator[requests.PreparedRequest]:
    for status in (200, 404):
        listening = _Listening(status)
        transport, deadline = _transport(listening), Deadline.after(_MINUTE)
        anchore = Anchore(Settings.parse(LEAST), transport, EnterpriseDialect(), deadline)
        for check in (*anchore.checks(), *anchore.further_checks()):
            check.run(deadline)
        yield from listening.sent


def _transport(listening: _Listening, account: str | None = None) -> Transport:
    session = requests.Session()
    session.mount("https://", listening)
    auth = AnchoreAuth(lambda: '{"username": "u", "password": "p"}')
    return Transport(session, "https://h/v2", auth, account=account)
