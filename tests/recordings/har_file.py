"""Writes HAR 1.2: one exchange, and a file of exchanges, as small as the format allows."""

import json
from http import HTTPStatus
from urllib.parse import urlencode

from tests.recordings.facts import Json

BASE_URL = "https://anchore.example.com/v2"
_WHEN = "2026-11-20T09:31:00.000Z"
_JSON = "application/json"

Exchange = Json


def answered(
    path: str,
    query: dict[str, str],
    body: Json | list[Json] | str,
    *,
    status: int = 200,
    content_type: str = _JSON,
    headers: dict[str, str] | None = None,
) -> Exchange:
    """One GET below /v2 and its answer; a body that is no text becomes JSON.

    The Authorization header is left out: a recording holds no credentials.
    """
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    url = BASE_URL + path + (f"?{urlencode(query)}" if query else "")
    return {
        "startedDateTime": _WHEN,
        "time": 0,
        "request": {
            "method": "GET",
            "url": url,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs({"Accept": _JSON}),
            "queryString": _pairs(query),
            "headersSize": -1,
            "bodySize": 0,
        },
        "response": {
            "status": status,
            "statusText": HTTPStatus(status).phrase,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs({"Content-Type": content_type} | (headers or {})),
            "content": {"size": len(text.encode()), "mimeType": content_type, "text": text},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }


def har(comment: str, exchanges: list[Exchange]) -> str:
    """The text of the file."""
    log = {
        "version": "1.2",
        "creator": {"name": "tests.recordings.build", "version": "1"},
        "comment": comment,
        "entries": exchanges,
    }
    return json.dumps({"log": log}, indent=2, ensure_ascii=False) + "\n"


def _pairs(values: dict[str, str]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in values.items()]
