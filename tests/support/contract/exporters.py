"""HAR files as their exporters write them, with all that a replay has no use for.

Sources: mitmproxy's addon `savehar` (its command save.har and its option hardump), and the HAR
export of Chrome's network panel. Both write bodies after decompression, beside the headers of
the wire that say otherwise.
"""

import base64
import gzip
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from rescan_cli.replay.har import Entry

Json = dict[str, Any]
_HOST = "anchore.internal.example.net:8443"


def by_mitmproxy(entries: Iterable[Entry], *, base64_bodies: bool) -> Json:
    """What mitmproxy saves; it encodes a body that looks binary."""
    creator = {"name": "mitmproxy", "version": "12.1.1", "comment": ""}
    saved = [_mitmproxy_entry(entry, base64_bodies) for entry in entries]
    return {"log": {"version": "1.2", "creator": creator, "pages": [], "entries": saved}}


def by_browser(entries: Iterable[Entry], *, base64_bodies: bool) -> Json:
    """What Chrome exports of HTTP/2: names in lower case, pseudo-headers among the others."""
    page = {
        "startedDateTime": "2026-11-20T09:31:00.120Z",
        "id": "page_1",
        "title": f"https://{_HOST}/",
        "pageTimings": {"onContentLoad": 212.4, "onLoad": None},
    }
    creator = {"name": "WebInspector", "version": "537.36"}
    exported = [_browser_entry(entry, base64_bodies) for entry in entries]
    return {"log": {"version": "1.2", "creator": creator, "pages": [page], "entries": exported}}


def _mitmproxy_entry(entry: Entry, in_base64: bool) -> Json:
    on_the_wire = gzip.compress(entry.body)
    headers = {
        **dict(entry.headers),
        "Content-Encoding": "gzip",
        "Transfer-Encoding": "chunked",
        "Set-Cookie": "lb=1; Path=/; HttpOnly",
    }
    return {
        "startedDateTime": "2026-11-20T09:31:00.118231+00:00",
        "time": 190.32,
        "request": {
            **_request(entry, "HTTP/1.1"),
            "headers": _pairs({"Host": _HOST, "Accept-Encoding": "gzip, deflate"}),
            "headersSize": 214,
            "bodySize": 0,
        },
        "response": {
            **_response(entry, "HTTP/1.1"),
            "cookies": [
                {"name": "lb", "value": "1", "path": "/", "domain": "", "httpOnly": True}
                | {"secure": False}
            ],
            "headers": _pairs(headers),
            "content": _content(entry, in_base64) | {"compression": 12, "size": len(on_the_wire)},
            "headersSize": 187,
            "bodySize": len(on_the_wire),
        },
        "cache": {},
        "timings": {"connect": -1.0, "ssl": -1.0, "send": 0.9, "receive": 1.2, "wait": 188.2},
        "serverIPAddress": "10.1.2.3",
    }


def _browser_entry(entry: Entry, in_base64: bool) -> Json:
    asked = {":authority": _HOST, ":method": entry.method, ":scheme": "https", ":path": "/"}
    answered = {name.lower(): value for name, value in entry.headers}
    return {
        "_initiator": {"type": "script", "stack": {"callFrames": []}},
        "_priority": "High",
        "_resourceType": "fetch",
        "cache": {},
        "connection": "417",
        "pageref": "page_1",
        "request": {
            **_request(entry, "http/2.0"),
            "headers": _pairs(asked | {"accept-encoding": "gzip, deflate, br, zstd"}),
            "headersSize": -1,
            "bodySize": 0,
        },
        "response": {
            **_response(entry, "http/2.0"),
            "cookies": [],
            "headers": _pairs(
                {":status": str(entry.status), **answered}
                | {"content-encoding": "br", "content-length": "17", "server": "nginx"}
            ),
            "content": _content(entry, in_base64) | {"size": len(entry.body)},
            "headersSize": -1,
            "bodySize": -1,
            "_transferSize": 402,
            "_error": None,
            "_fetchedViaServiceWorker": False,
        },
        "serverIPAddress": "[2001:db8::1]",
        "startedDateTime": "2026-11-20T09:31:00.240Z",
        "time": 93.1,
        "timings": {"blocked": 1.1, "dns": -1, "ssl": -1, "connect": -1, "send": 0.2}
        | {"wait": 90.7, "receive": 1.1, "_blocked_queueing": 0.8},
    }


def _request(entry: Entry, version: str) -> Json:
    query = f"?{urlencode(entry.query)}" if entry.query else ""
    return {
        "method": entry.method,
        "url": f"https://{_HOST}{entry.path}{query}",
        "httpVersion": version,
        "cookies": [],
        "queryString": _pairs(dict(entry.query)),
    }


def _response(entry: Entry, version: str) -> Json:
    return {
        "status": entry.status,
        "statusText": HTTPStatus(entry.status).phrase if version == "HTTP/1.1" else "",
        "httpVersion": version,
        "redirectURL": "",
    }


def _content(entry: Entry, in_base64: bool) -> Json:
    mime_type = dict(entry.headers)["Content-Type"]
    if in_base64:
        text = base64.b64encode(entry.body).decode()
        return {"mimeType": mime_type, "text": text, "encoding": "base64"}
    return {"mimeType": mime_type, "text": entry.body.decode()}


def _pairs(values: dict[str, str]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in values.items()]
