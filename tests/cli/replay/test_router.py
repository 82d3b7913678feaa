"""Which recorded answer a request gets, and what becomes of one that was not recorded."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import requests

from rescan.kernel.errors import RescanError
from rescan_cli.replay.har import Entry, Recording, ReplayError
from rescan_cli.replay.router import NotRecorded, Replay, SeenRequest


def _recorded(path, *query, method="GET", status=200, body=b"{}"):
    return Entry(method, path, query, status, (("Content-Type", "application/json"),), body)


def _replay(*entries):
    return Replay(Recording("some", "", entries))


def _get(replay, target, **headers):
    return replay.answer(httpx.Request("GET", f"https://anywhere.test{target}", headers=headers))


def test_an_answer_is_the_recorded_one_with_its_true_length():
    replay = _replay(_recorded("/v2/images", status=404, body=b'{"message": "no"}'))

    response = _get(replay, "/v2/images")

    assert (response.status_code, response.content) == (404, b'{"message": "no"}')
    assert dict(response.headers) == {"content-type": "application/json", "content-length": "17"}


@pytest.mark.parametrize(
    ("recorded", "target"),
    [
        pytest.param(_recorded("/v2/images"), "/v2/images", id="path"),
        pytest.param(
            _recorded("/v2/i", ("a", "1"), ("b", "2")), "/v2/i?b=2&a=1", id="order-of-parameters"
        ),
        pytest.param(
            _recorded("/v2/i", ("tag", "r.io/a:1")), "/v2/i?tag=r.io%2Fa%3A1", id="encoding"
        ),
        pytest.param(_recorded("/v2/i", ("a", "")), "/v2/i?a=", id="empty-value"),
        pytest.param(
            _recorded("/v2/images/sha256:00ff/check"), "/v2/images/sha256:00ff/check", id="digest"
        ),
    ],
)
def test_a_request_is_recognised(recorded, target):
    assert _get(_replay(recorded), target).status_code == 200


@pytest.mark.parametrize(
    ("target", "nearest"),
    [
        pytest.param(
            "/v2/images?fulltag=r.io/a:1&image_status=active",
            "GET /v2/images?full_tag=r.io/a:1&image_status=active"
            "; the parameter full_tag=r.io/a:1 is missing"
            "; the parameter fulltag=r.io/a:1 is not recorded.",
            id="misspelt-parameter",
        ),
        pytest.param(
            "/v2/images?full_tag=r.io/a:2&image_status=active",
            "GET /v2/images?full_tag=r.io/a:1&image_status=active"
            "; the parameter full_tag is 'r.io/a:2', recorded 'r.io/a:1'.",
            id="other-value",
        ),
        pytest.param(
            "/v2/images/sha256:00ff/vuln/os",
            "GET /v2/images/sha256:00ff/vuln/all.",
            id="other-path",
        ),
        pytest.param(
            "/v2/images",
            "GET /v2/images?full_tag=r.io/a:1&image_status=active"
            "; the parameter full_tag=r.io/a:1 is missing"
            "; the parameter image_status=active is missing.",
            id="no-parameters",
        ),
    ],
)
def test_what_was_not_recorded_is_an_error_that_names_the_nearest(target, nearest):
    replay = _replay(
        _recorded("/v2/images", ("full_tag", "r.io/a:1"), ("image_status", "active")),
        _recorded("/v2/images/sha256:00ff/vuln/all"),
    )

    with pytest.raises(NotRecorded) as refused:
        _get(replay, target)

    asked = f"GET {target} is not in the recording 'some'"
    assert str(refused.value) == f"{asked}. The nearest that it holds: {nearest}"


def test_another_method_is_another_request():
    replay = _replay(_recorded("/v2/images", method="POST"))

    with pytest.raises(NotRecorded, match=r"GET /v2/images is not .* POST /v2/images\.$"):
        _get(replay, "/v2/images")


def test_an_empty_recording_says_so():
    with pytest.raises(NotRecorded) as refused:
        _get(_replay(), "/v2/images")

    assert str(refused.value) == (
        "GET /v2/images is not in the recording 'some', which holds no request at all."
    )


def test_not_recorded_is_never_taken_for_a_failure_of_anchore():
    assert issubclass(NotRecorded, ReplayError)
    assert not issubclass(NotRecorded, requests.RequestException | OSError | RescanError)


def test_a_swallowed_not_recorded_is_raised_again():
    replay = _replay()
    replay.raise_unrecorded()
    with pytest.raises(NotRecorded):
        _get(replay, "/v2/images")

    with pytest.raises(NotRecorded, match="GET /v2/images is not"):
        replay.raise_unrecorded()


def test_repeats_are_answered_in_order_and_the_last_goes_on():
    replay = _replay(
        _recorded("/v2/i", ("a", "1"), ("b", "2"), status=503),
        _recorded("/v2/other", status=404),
        _recorded("/v2/i", ("b", "2"), ("a", "1"), status=200),
    )

    statuses = [_get(replay, "/v2/i?a=1&b=2").status_code for _ in range(4)]

    assert statuses == [503, 200, 200, 200]


def test_the_log_tells_requests_in_order_and_no_credentials():
    replay = _replay(_recorded("/v2/images", ("full_tag", "r.io/a:1")))

    _get(replay, "/v2/images?full_tag=r.io/a:1", Authorization="Basic c2VjcmV0")
    with pytest.raises(NotRecorded):
        _get(replay, "/v2/version")

    assert replay.seen == [
        SeenRequest("GET", "/v2/images", (("full_tag", "r.io/a:1"),), True, 200),
        SeenRequest("GET", "/v2/version", (), False, None),
    ]
    assert str(replay.seen[0]) == "GET /v2/images?full_tag=r.io/a:1"
    assert "c2VjcmV0" not in repr(replay.seen)


def test_threads_share_one_order():
    entries = [_recorded("/v2/i", body=str(n).encode()) for n in range(50)]
    replay = _replay(*entries)

    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(lambda _: _get(replay, "/v2/i").content, range(50)))

    assert sorted(map(int, bodies)) == list(range(50))
