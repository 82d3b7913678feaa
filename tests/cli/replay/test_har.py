"""What a HAR file is read into, and how a file that is none is refused."""

import base64
import json

import pytest

from rescan_cli.replay.har import Entry, Recording, RecordingInvalid, read_recording


def _entry(request=None, response=None):
    return {
        "request": {"method": "GET", "url": "https://anchore.example.com/v2/images"}
        | (request or {}),
        "response": {"status": 200, "content": {"text": "[]"}} | (response or {}),
    }


def _write(folder, *entries, comment="made up"):
    file = folder / "some.har"
    file.write_text(json.dumps({"log": {"comment": comment, "entries": entries}}))
    return file


_PLAIN = Entry(method="GET", path="/v2/images", query=(), status=200, headers=(), body=b"[]")


def _like_plain(**changed):
    return Entry(**{name: getattr(_PLAIN, name) for name in _PLAIN.__struct_fields__} | changed)


@pytest.mark.parametrize(
    ("request_", "response", "expected"),
    [
        pytest.param({}, {}, _PLAIN, id="optional-keys-missing"),
        pytest.param(
            {"url": "http://127.0.0.1:8228/v2/images"}, {}, _PLAIN, id="another-host-and-port"
        ),
        pytest.param({"url": "/v2/images"}, {}, _PLAIN, id="no-host"),
        pytest.param({"method": "get"}, {}, _PLAIN, id="method-in-lower-case"),
        pytest.param(
            {"url": "https://h/v2/images?full_tag=a%2Fb%3A1&image_status="},
            {},
            _like_plain(query=(("full_tag", "a/b:1"), ("image_status", ""))),
            id="query-in-the-url",
        ),
        pytest.param(
            {"queryString": [{"name": "full_tag", "value": "a/b:1"}]},
            {},
            _like_plain(query=(("full_tag", "a/b:1"),)),
            id="query-in-queryString",
        ),
        pytest.param(
            {"url": "https://h/v2/images?a=1", "queryString": [{"name": "a", "value": "1"}]},
            {},
            _like_plain(query=(("a", "1"),)),
            id="query-in-both-counts-once",
        ),
        pytest.param(
            {},
            {"content": {"text": base64.b64encode(b"\x00\xff").decode(), "encoding": "base64"}},
            _like_plain(body=b"\x00\xff"),
            id="base64-body",
        ),
        pytest.param({}, {"content": {}}, _like_plain(body=b""), id="no-body"),
        pytest.param(
            {}, {"content": {"text": "ü"}}, _like_plain(body=b"\xc3\xbc"), id="text-is-utf-8"
        ),
        pytest.param(
            {},
            {
                "headers": [
                    {"name": "content-encoding", "value": "gzip"},
                    {"name": "Content-Length", "value": "9"},
                    {"name": "Transfer-Encoding", "value": "chunked"},
                    {"name": "Connection", "value": "keep-alive"},
                    {"name": "Keep-Alive", "value": "timeout=5"},
                    {"name": ":status", "value": "200"},
                    {"name": "Retry-After", "value": "3"},
                ]
            },
            _like_plain(headers=(("Retry-After", "3"),)),
            id="headers-of-the-wire-are-dropped",
        ),
        pytest.param(
            {},
            {"content": {"text": "[]", "mimeType": "application/json"}},
            _like_plain(headers=(("Content-Type", "application/json"),)),
            id="mimeType-is-the-content-type",
        ),
        pytest.param(
            {},
            {
                "headers": [{"name": "content-type", "value": "text/html"}],
                "content": {"text": "[]", "mimeType": "application/json"},
            },
            _like_plain(headers=(("content-type", "text/html"),)),
            id="a-content-type-header-beats-mimeType",
        ),
    ],
)
def test_an_entry_is_read(tmp_path, request_, response, expected):
    file = _write(tmp_path, _entry(request_, response))

    assert read_recording(file) == Recording("some", "made up", (expected,))


def test_repeated_requests_stay_apart_and_in_order(tmp_path):
    file = _write(tmp_path, _entry(), _entry(response={"status": 503}))

    assert [entry.status for entry in read_recording(file).entries] == [200, 503]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("<html>", "JSON is malformed: invalid character (byte 0)", id="no-json"),
        pytest.param("{}", "Object missing required field `log`", id="no-log"),
        pytest.param(
            '{"log": {}}', "Object missing required field `entries` - at `$.log`", id="no-entries"
        ),
        pytest.param(
            json.dumps({"log": {"entries": [{"request": {"method": "GET"}, "response": {}}]}}),
            "Object missing required field `url` - at `$.log.entries[0].request`",
            id="no-url",
        ),
        pytest.param(
            json.dumps({"log": {"entries": [_entry(response={"status": 0})]}}),
            "Expected `int` >= 200 - at `$.log.entries[0].response.status`",
            id="aborted-request",
        ),
        pytest.param(
            json.dumps(
                {"log": {"entries": [_entry(), _entry(response={"content": {"encoding": "br"}})]}}
            ),
            "unknown encoding 'br' of a body, expected 'base64' - at `$.log.entries[1]`",
            id="unknown-encoding",
        ),
        pytest.param(
            json.dumps(
                {
                    "log": {
                        "entries": [
                            _entry(response={"content": {"text": "!", "encoding": "base64"}})
                        ]
                    }
                }
            ),
            "a body is not base64: Only base64 data is allowed - at `$.log.entries[0]`",
            id="broken-base64",
        ),
        pytest.param(
            json.dumps({"log": {"entries": [_entry({"url": "http://h:port/"})]}}),
            "Invalid port: 'port' - at `$.log.entries[0]`",
            id="no-such-url",
        ),
    ],
)
def test_what_is_no_recording_is_refused_with_file_and_field(tmp_path, text, problem):
    file = tmp_path / "broken.har"
    file.write_text(text)

    with pytest.raises(RecordingInvalid) as refused:
        read_recording(file)

    assert str(refused.value) == f"{file} is no HAR 1.2 recording: {problem}"


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RecordingInvalid) as refused:
        read_recording(tmp_path / "none.har")

    expected = "is no HAR 1.2 recording: it cannot be read: No such file or directory"
    assert str(refused.value) == f"{tmp_path / 'none.har'} {expected}"
