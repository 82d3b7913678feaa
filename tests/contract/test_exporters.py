"""A recording made by mitmproxy or by a browser replays unchanged."""

import json
from pathlib import Path

import pytest
import requests
from msgspec.structs import replace

from rescan_cli.replay.har import Recording, read_recording
from rescan_cli.replay.server import ReplayServer
from tests.recordings import recording
from tests.support.contract.drift import came_to
from tests.support.contract.exporters import by_browser, by_mitmproxy

NAMES = ["stop", "go", "not_found_404", "unauthorized", "refresh_interrupted", "sweep"]
EXPORTERS = [pytest.param(by_mitmproxy, id="mitmproxy"), pytest.param(by_browser, id="browser")]
BODIES = pytest.mark.parametrize("base64_bodies", [False, True], ids=["text", "base64"])


def _reread(folder: Path, document: object, *, start: bytes = b"") -> Recording:
    file = folder / "exported.har"
    file.write_bytes(start + json.dumps(document, indent=4).encode())
    return read_recording(file)


def _facts(recording: Recording) -> list[tuple[object, ...]]:
    return [(e.method, e.path, e.query, e.status, e.body) for e in recording.entries]


@BODIES
@pytest.mark.parametrize("exported", EXPORTERS)
@pytest.mark.parametrize("name", NAMES)
def test_an_exported_recording_is_the_recording(name, exported, base64_bodies, tmp_path):
    original = recording(name)

    read = _reread(tmp_path, exported(original.entries, base64_bodies=base64_bodies))

    assert _facts(read) == _facts(original)
    assert came_to(read) == came_to(original)


@BODIES
@pytest.mark.parametrize("exported", EXPORTERS)
def test_an_exported_body_that_was_compressed_arrives_whole(exported, base64_bodies, tmp_path):
    entry = recording("not_found_404").entries[0]
    read = _reread(tmp_path, exported([entry], base64_bodies=base64_bodies))

    with ReplayServer(read) as server, requests.Session() as session:
        answered = session.get(f"{server.url}{entry.path}", params=dict(entry.query))

    assert (answered.status_code, answered.content) == (404, entry.body)
    assert "Content-Encoding" not in answered.headers
    assert answered.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("exported", EXPORTERS)
def test_repeats_in_an_exported_recording_are_answered_in_their_order(exported, tmp_path):
    entry = recording("not_found_404").entries[0]
    busy = replace(entry, status=503, body=b"busy")
    read = _reread(tmp_path, exported([busy, entry, busy], base64_bodies=True))

    with ReplayServer(read) as server, requests.Session() as session:
        url = f"{server.url}{entry.path}"
        statuses = [session.get(url, params=dict(entry.query)).status_code for _ in range(4)]

    assert statuses == [503, 404, 503, 503]


def test_a_byte_order_mark_is_ignored_as_the_format_asks(tmp_path):
    original = recording("unauthorized")

    read = _reread(
        tmp_path, by_browser(original.entries, base64_bodies=False), start=b"\xef\xbb\xbf"
    )

    assert _facts(read) == _facts(original)
