"""A recording as a value: requests and answers, read from a HAR 1.2 file.

Source: HTTP Archive 1.2 (W3C draft). `content.text` there is the body after decompression, so
headers that describe the body on the wire would lie about it and are dropped, as are headers
that belong to one connection and the pseudo-headers of HTTP/2.
"""

import base64
import binascii
from codecs import BOM_UTF8
from pathlib import Path
from typing import Annotated

import httpx
from msgspec import Meta, Struct, json
from msgspec.structs import replace

from rescan.kernel.json_decoding import MALFORMED

Pairs = tuple[tuple[str, str], ...]

_DROPPED = {
    "connection",
    "content-encoding",
    "content-length",
    "keep-alive",
    "transfer-encoding",
}


class ReplayError(Exception):
    """The root of a replay's errors; never an exception of `requests`."""


class RecordingInvalid(ReplayError):
    """The file is no HAR 1.2 recording: `str()` names the file and the field."""

    def __init__(self, file: Path | str, problem: str) -> None:
        super().__init__(f"{file} is no HAR 1.2 recording: {problem}")


class Entry(Struct, frozen=True):
    """One request and its answer; `path` and `query` are decoded, the host is forgotten."""

    method: str
    path: str
    query: Pairs
    status: int
    headers: Pairs
    body: bytes


class Recording(Struct, frozen=True):
    """The entries in their recorded order; `comment` names their sources."""

    name: str
    comment: str
    entries: tuple[Entry, ...]


class _Pair(Struct, frozen=True):
    name: str
    value: str


class _Request(Struct, frozen=True, rename={"query_string": "queryString"}):
    method: str
    url: str
    query_string: list[_Pair] = []


class _Content(Struct, frozen=True, rename={"mime_type": "mimeType"}):
    text: str = ""
    encoding: str | None = None
    mime_type: str = ""


class _Response(Struct, frozen=True):
    status: Annotated[int, Meta(ge=200, le=599)]  # browsers write 0 for "no answer"
    headers: list[_Pair] = []
    content: _Content = _Content()


class _Entry(Struct, frozen=True):
    request: _Request
    response: _Response


class _Log(Struct, frozen=True):
    entries: list[_Entry]
    comment: str = ""


class _Har(Struct, frozen=True):
    log: _Log


def read_recording(file: Path) -> Recording:
    """The recording in the file; its name is the file's, without the extension.

    RecordingInvalid names the file and the field that is wrong.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise RecordingInvalid(file, f"it cannot be read: {error.strerror}") from error
    return replace(recording_in(content, file), name=file.stem)


def recording_in(content: bytes, file: Path | str) -> Recording:
    """The recording in a file with this content; `file` is its name, in errors too."""
    try:
        log = json.decode(content.removeprefix(BOM_UTF8), type=_Har).log
    except MALFORMED as error:
        raise RecordingInvalid(file, str(error)) from error
    entries = []
    for number, entry in enumerate(log.entries):
        try:
            entries.append(_entry(entry.request, entry.response))
        except (ValueError, httpx.InvalidURL) as error:
            problem = f"{error} - at `$.log.entries[{number}]`"
            raise RecordingInvalid(file, problem) from error
    return Recording(str(file), log.comment, tuple(entries))


def _entry(request: _Request, response: _Response) -> Entry:
    url = httpx.URL(request.url)
    query = url.params.multi_items() or [(p.name, p.value) for p in request.query_string]
    return Entry(
        method=request.method.upper(),
        path=url.path,
        query=tuple(query),
        status=response.status,
        headers=_headers(response),
        body=_body(response.content),
    )


def _headers(response: _Response) -> Pairs:
    kept = [
        (header.name, header.value)
        for header in response.headers
        if header.name.lower() not in _DROPPED and not header.name.startswith(":")
    ]
    if response.content.mime_type and "content-type" not in {name.lower() for name, _ in kept}:
        kept.append(("Content-Type", response.content.mime_type))
    return tuple(kept)


def _body(content: _Content) -> bytes:
    if content.encoding is None:
        return content.text.encode()
    if content.encoding != "base64":
        raise ValueError(f"unknown encoding {content.encoding!r} of a body, expected 'base64'")
    try:
        return base64.b64decode(content.text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"a body is not base64: {error}") from error
