"""The file: HAR 1.2, as small as the format allows, with everything in it redacted.

An exchange without a whole answer becomes a 504: for the workflow the two are the same.
"""

import base64
import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from rescan_cli.recording.exchange import Exchange
from rescan_cli.recording.redaction import HIDDEN, Redactor

# A redirect may carry what it signs in by in its address.
_SECRET = {"authorization", "cookie", "location", "proxy-authorization", "set-cookie"}
# What a client goes by. The others tell of the house (Server, Via, request ids) and of no verdict.
_KEPT = {
    "accept", "content-type", "retry-after", "www-authenticate", "x-anchore-account",
}  # fmt: skip


def har_text(exchanges: Iterable[Exchange], redactor: Redactor, comment: str) -> str:
    """The text of the file."""
    log = {
        "version": "1.2",
        "creator": {"name": "anchore-rescan record", "version": "1"},
        "comment": comment,
        "entries": [_entry(exchange, redactor) for exchange in exchanges],
    }
    return json.dumps({"log": log}, indent=2, ensure_ascii=False) + "\n"


def _entry(exchange: Exchange, redactor: Redactor) -> dict[str, Any]:
    waited = round(exchange.milliseconds, 1)
    return {
        "startedDateTime": exchange.started.isoformat(timespec="milliseconds"),
        "time": waited,
        "request": _request(exchange, redactor),
        "response": _response(exchange, redactor),
        "cache": {},
        "timings": {"send": 0, "wait": waited, "receive": 0},
    }


def _request(exchange: Exchange, redactor: Redactor) -> dict[str, Any]:
    url = redactor.url(exchange.request.url or "")
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return {
        "method": exchange.request.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(exchange.request.headers.items(), redactor),
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": -1,
        "bodySize": 0,
    }


def _response(exchange: Exchange, redactor: Redactor) -> dict[str, Any]:
    response = exchange.response
    if response is None or not exchange.answered:
        status, headers = HTTPStatus.GATEWAY_TIMEOUT.value, []
        content = _content(b'{"message": "no whole answer came"}', "application/json", redactor)
    else:
        status, headers = response.status_code, _headers(response.headers.items(), redactor)
        kind = response.headers.get("Content-Type", "")
        content = _content(exchange.body, redactor.text(kind), redactor)
    return {
        "status": status,
        "statusText": _phrase(status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers,
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
    }


def _headers(pairs: Iterable[tuple[str, str | bytes]], redactor: Redactor) -> list[dict[str, str]]:
    kept = []
    for name, value in pairs:
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        if name.lower() in _SECRET:
            kept.append({"name": name, "value": HIDDEN})
        elif name.lower() in _KEPT:
            kept.append({"name": name, "value": redactor.text(text)})
    return kept


def _content(body: bytes, mime_type: str, redactor: Redactor) -> dict[str, Any]:
    """As text; a body that is no UTF-8 as base64, its bytes redacted as letters."""
    try:
        text = redactor.body(body.decode())
        return {"size": len(text.encode()), "mimeType": mime_type, "text": text}
    except UnicodeDecodeError:
        raw = redactor.text(body.decode("latin-1")).encode("latin-1")
        encoded = base64.b64encode(raw).decode()
        return {"size": len(raw), "mimeType": mime_type, "text": encoded, "encoding": "base64"}


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
