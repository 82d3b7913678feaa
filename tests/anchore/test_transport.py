"""One GET over real sockets: every fault becomes one error of the tree, within its deadline."""

import gzip
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme

from rescan.anchore.credentials import WITHHELD, AnchoreAuth
from rescan.anchore.http_deadlines import TimedAdapter
from rescan.anchore.transport import Query, Transport, new_session
from rescan.gate.model import Step
from rescan.kernel import errors
from rescan.kernel.deadline import Deadline
from rescan.kernel.side_by_side import MOST, SideBySide
from tests.support.scripted_server import (
    Act,
    ScriptedServer,
    drip,
    json,
    raw,
    refused_port,
    reset,
    respond,
    silence,
)

SECRET = '{"username": "watcher", "password": "s3cr3t-pass"}'
BASIC = "Basic d2F0Y2hlcjpzM2NyM3QtcGFzcw=="
LIST = Query(Step.FIND_ACTIVE_IMAGE, "/images", {"full_tag": "reg.io/app:1"})
SCAN = Query(Step.REFRESH_VULNERABILITIES, "/scan", starts_work=True)
OK = json(b'{"items": []}')
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def transport_to(url: str, *, secrets: list[str] | None = None, **options: object) -> Transport:
    """A transport whose retries pause for milliseconds; `secrets`: one for each reading."""
    readings = iter(secrets or [])
    settings: dict[str, object] = {"read_seconds": 60.0, **options}
    return Transport(
        new_session(TimedAdapter(backoff_seconds=0.001)),
        url,
        AnchoreAuth(lambda: next(readings, SECRET)),
        **settings,  # type: ignore[arg-type]
    )


def get(url: str, query: Query = LIST, *, seconds: float = 60.0, **options: object) -> object:
    transport = transport_to(url, **options)  # type: ignore[arg-type]
    return transport.ask(query, msgspec.json.decode, Deadline.after(seconds))


def test_a_request_carries_credentials_account_and_query() -> None:
    with ScriptedServer(OK) as server:
        assert get(server.url, account="platform") == {"items": []}
    head = server.requests[0].lower()
    assert head.startswith("get /v2/images?full_tag=reg.io%2fapp%3a1 http/1.1\r\n")
    assert f"authorization: {BASIC.lower()}\r\n" in head
    assert "x-anchore-account: platform\r\n" in head


def test_a_netrc_does_not_replace_the_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with ScriptedServer(OK) as server:
        get(server.url)
    assert f"Authorization: {BASIC}" in server.requests[0]


# --- faults


TRUNCATED = HEAD + b'Content-Length: 100\r\n\r\n{"items": ['
CHUNK_CUT = HEAD + b'Transfer-Encoding: chunked\r\n\r\n40\r\n{"items": ['
FAULTS = [
    pytest.param(respond(400, b'{"detail": "bad tag"}'), errors.AnchoreRefused, id="400"),
    pytest.param(respond(401, b"Unauthorized"), errors.AnchoreUnauthorized, id="401"),
    pytest.param(respond(403, b"{}"), errors.AnchoreForbidden, id="403"),
    pytest.param(respond(404, b"<html>"), errors.AnchoreRefused, id="404-html"),
    pytest.param(
        respond(404, b'{"message": "image data not found in DB"}'),
        errors.ImageUnknown,
        id="404-no-such-image",
    ),
    pytest.param(
        respond(404, b'{"message": "image is not analyzed - analysis_status: analyzing"}'),
        errors.ImageNotAnalyzed,
        id="404-not-analyzed",
    ),
    pytest.param(
        respond(404, b'{"message": "could not find any evaluations for input images"}'),
        errors.AnchoreServerError,
        id="404-hides-a-500",
    ),
    pytest.param(respond(429), errors.AnchoreThrottled, id="429"),
    pytest.param(respond(500, b'"a bare string"'), errors.AnchoreServerError, id="500"),
    pytest.param(respond(502), errors.AnchoreServerError, id="502"),
    pytest.param(respond(503), errors.AnchoreServerError, id="503"),
    pytest.param(respond(504), errors.AnchoreServerError, id="504"),
    pytest.param(
        respond(301, b"", "Location: http://127.0.0.1:1/"), errors.AnchoreRefused, id="redirect"
    ),
    pytest.param(respond(204), errors.AnchoreRefused, id="204"),
    pytest.param(
        respond(200, b"<html>Sign in</html>", "Content-Type: text/html"),
        errors.AnchoreAnswerUnreadable,
        id="html",
    ),
    pytest.param(respond(200), errors.AnchoreAnswerUnreadable, id="empty-body"),
    pytest.param(json(b'{"items": ['), errors.AnchoreAnswerUnreadable, id="json-cut-by-a-proxy"),
    pytest.param(json(b'{"a": "caf\xe9"}'), errors.AnchoreAnswerUnreadable, id="no-utf-8"),
    pytest.param(json(b"[" * 100_000), errors.AnchoreAnswerUnreadable, id="nested-without-end"),
    pytest.param(
        respond(500, b'{"message": "caf\xe9"}'), errors.AnchoreServerError, id="500-no-utf-8"
    ),
    pytest.param(
        respond(200, b"no gzip", "Content-Encoding: gzip"),
        errors.AnchoreAnswerUnreadable,
        id="broken-gzip",
    ),
    pytest.param(raw(TRUNCATED), errors.AnchoreAnswerCut, id="body-ends-early"),
    pytest.param(raw(CHUNK_CUT), errors.AnchoreAnswerCut, id="chunk-ends-early"),
    pytest.param(raw(b"HTTP/1."), errors.AnchoreAnswerCut, id="status-line-ends-early"),
    pytest.param(
        raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
        errors.AnchoreAnswerUnreadable,
        id="headers-end-early",
    ),
    pytest.param(raw(b"no HTTP at all\r\n\r\n"), errors.AnchoreAnswerCut, id="no-http"),
    pytest.param(raw(b""), errors.AnchoreAnswerCut, id="closed-without-a-word"),
    pytest.param(reset, errors.AnchoreAnswerCut, id="reset"),
]


@pytest.mark.parametrize(("act", "error"), FAULTS)
def test_each_fault_is_one_error_that_names_step_and_request(
    act: Act, error: type[errors.AnchoreError]
) -> None:
    with ScriptedServer(act) as server, pytest.raises(errors.AnchoreError) as raised:
        get(server.url)
    assert type(raised.value) is error
    assert str(raised.value).startswith("findActiveImage: ")
    assert "(GET /images?full_tag=reg.io%2Fapp%3A1)" in str(raised.value)


def test_nobody_listening_is_unreachable() -> None:
    refused = pytest.raises(errors.AnchoreUnreachable, match="Connection refused")
    with refused_port() as port, refused:
        get(f"http://127.0.0.1:{port}/v2")


def test_a_host_without_an_address_is_unreachable() -> None:
    with pytest.raises(errors.AnchoreUnreachable, match="no connection"):
        get("http://anchore.invalid/v2")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("act", "options"),
    [
        pytest.param(silence, {"read_seconds": 0.1}, id="no-answer-within-the-read-timeout"),
        pytest.param(silence, {"seconds": 0.2}, id="no-answer-within-the-deadline"),
        pytest.param(
            drip(HEAD + b"X-Slow: ", b"x" * 2000), {"seconds": 0.3}, id="drips-its-headers"
        ),
        pytest.param(
            drip(HEAD + b"Content-Length: 2000\r\n\r\n", b"[" * 2000),
            {"seconds": 0.3},
            id="drips-its-body",
        ),
        pytest.param(
            drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n[\r\n" * 400),
            {"seconds": 0.3},
            id="drips-its-chunks",
        ),
        pytest.param(
            drip(b"HTTP/1.1 502 Bad\r\nContent-Length: 2000\r\n\r\n", b"x" * 2000),
            {"seconds": 0.3},
            id="drips-an-error-that-would-be-retried",
        ),
        pytest.param(
            drip(HEAD + b"Content-Length: 2000\r\n\r\n", b"[" * 2000, every=1.0),
            {"read_seconds": 0.1},
            id="stalls-in-its-body",
        ),
    ],
)
def test_a_slow_server_cannot_hold_the_function(act: Act, options: dict[str, Any]) -> None:
    with ScriptedServer(act) as server, pytest.raises(errors.AnchoreTimeout):
        get(server.url, **options)


def test_a_deadline_that_has_passed_asks_nothing_more() -> None:
    with ScriptedServer(OK) as server, pytest.raises(errors.AnchoreError) as raised:
        get(server.url, seconds=0.0)
    assert isinstance(raised.value, errors.AnchoreTimeout | errors.AnchoreUnreachable)


# --- size


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(json(b"[" + b" " * 1100 + b"]"), id="announced"),
        pytest.param(raw(HEAD + b"\r\n[" + b" " * 1100 + b"]"), id="not-announced"),
        pytest.param(
            respond(200, gzip.compress(b"[" + b" " * 1100 + b"]"), "Content-Encoding: gzip"),
            id="compressed",
        ),
    ],
)
def test_a_body_above_the_limit_is_read_no_further(act: Act) -> None:
    with (
        ScriptedServer(act) as server,
        pytest.raises(errors.AnchoreAnswerTooLarge, match="Raise MAX_BODY_MB"),
    ):
        get(server.url, max_body_bytes=1024)


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(raw(HEAD + b"\r\n[1]"), id="ended-by-close"),
        pytest.param(
            raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n0\r\n\r\n"), id="chunked"
        ),
        pytest.param(
            respond(200, gzip.compress(b"[1]"), "Content-Encoding: gzip"), id="compressed"
        ),
        pytest.param(respond(200, b" [1]\n", "Content-Type: text/plain"), id="wrong-media-type"),
    ],
)
def test_a_whole_body_is_read_however_it_is_framed(act: Act) -> None:
    with ScriptedServer(act) as server:
        assert get(server.url) == [1]


# --- retries


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_refusal_is_tried_again(status: int) -> None:
    with ScriptedServer(respond(status), respond(status), OK) as server:
        assert get(server.url) == {"items": []}
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 500, 501])
def test_another_refusal_is_final(status: int) -> None:
    with ScriptedServer(respond(status), OK) as server, pytest.raises(errors.AnchoreError):
        get(server.url)
    assert len(server.requests) == 1


def test_retries_end() -> None:
    with ScriptedServer(respond(503)) as server, pytest.raises(errors.AnchoreServerError):
        get(server.url)
    assert len(server.requests) == 4


def test_a_kept_connection_that_died_meanwhile_is_opened_again() -> None:
    with ScriptedServer(OK, reset, OK) as server:
        transport = transport_to(server.url)
        for _ in range(2):
            answer = transport.ask(LIST, msgspec.json.decode, Deadline.after(60))
    assert (answer, len(server.requests)) == ({"items": []}, 3)


@pytest.mark.slow
def test_a_read_timeout_is_not_tried_again() -> None:
    with ScriptedServer(silence, OK) as server, pytest.raises(errors.AnchoreTimeout):
        get(server.url, read_seconds=1.0)
    assert len(server.requests) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "limit"), [(429, 1), (503, 1), (500, MOST), (502, MOST), (404, MOST)]
)
def test_a_refusal_lessens_what_is_asked_side_by_side_also_if_a_retry_succeeds(
    status: int, limit: int
) -> None:
    side_by_side = SideBySide()
    with (
        ScriptedServer(respond(status), OK) as server,
        side_by_side.turn(Deadline.after(60)),
        suppress(errors.AnchoreError),
    ):
        get(server.url)
    assert side_by_side.limit == limit


def test_an_answer_holds_its_bytes_until_its_image_is_done() -> None:
    long = json(b'{"items": ["' + b"x" * 300_000 + b'"]}')
    side_by_side = SideBySide()
    with ScriptedServer(long, long, OK) as server, side_by_side.turn(Deadline.after(60)):
        for _ in range(3):
            get(server.url)
        assert 600_000 < side_by_side.held < 610_000
    assert side_by_side.held == 0


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_that_fits_is_waited_for(status: int) -> None:
    with ScriptedServer(respond(status, b"", "Retry-After: 1"), OK) as server:
        assert get(server.url) == {"items": []}
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_that_passes_the_deadline_is_not_waited_for(status: int) -> None:
    asked_to_wait = respond(status, b"", "Retry-After: 15")
    with ScriptedServer(asked_to_wait, OK) as server, pytest.raises(errors.AnchoreError):
        get(server.url, seconds=10)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "error"), [(429, errors.AnchoreThrottled), (503, errors.AnchoreServerError)]
)
def test_a_retry_after_beyond_the_budget_goes_back_to_the_caller(
    status: int, error: type[errors.AnchoreError]
) -> None:
    asked_to_wait = respond(status, b"", "Retry-After: 600")
    with ScriptedServer(asked_to_wait) as server, pytest.raises(error) as raised:
        get(server.url, seconds=60)
    assert (raised.value.retry_after, len(server.requests)) == (600.0, 1)


@pytest.mark.parametrize("header", ["inf", "nan", "-1", "1e308", "soon"])
def test_a_retry_after_that_is_no_number_of_seconds_is_a_throttling_all_the_same(
    header: str,
) -> None:
    throttled = respond(429, b"", f"Retry-After: {header}")
    with ScriptedServer(*[throttled] * 4) as server:
        with pytest.raises(errors.AnchoreThrottled) as raised:
            get(server.url, seconds=60)
        assert (raised.value.retry_after, len(server.requests)) == (None, 4)


@pytest.mark.parametrize(
    "act",
    [respond(500), respond(502), respond(503), respond(504), reset, silence, raw(TRUNCATED)],
    ids=["500", "502", "503", "504", "reset", "silence", "truncated"],
)
def test_a_forced_scan_is_requested_once(act: Act) -> None:
    with ScriptedServer(act, OK) as server, pytest.raises(errors.AnchoreInterrupted):
        get(server.url, SCAN, read_seconds=1.0 if act is silence else 60.0)
    assert len(server.requests) == 1


def test_a_forced_scan_that_was_refused_before_it_began_is_requested_again() -> None:
    with ScriptedServer(respond(429), OK) as server:
        get(server.url, SCAN)
    assert len(server.requests) == 2


# --- credentials


def secret(password: str) -> str:
    return msgspec.json.encode({"username": "watcher", "password": password}).decode()


def test_a_rotated_secret_is_read_again_on_a_401() -> None:
    with ScriptedServer(respond(401), OK) as server:
        assert get(server.url, secrets=[secret("old-pass"), secret("new-pass")]) == {"items": []}
    authorizations = [_header(head, "Authorization") for head in server.requests]
    assert authorizations == ["Basic d2F0Y2hlcjpvbGQtcGFzcw==", "Basic d2F0Y2hlcjpuZXctcGFzcw=="]


def test_the_rotated_secret_stays_for_the_next_request() -> None:
    with ScriptedServer(respond(401), OK) as server:
        transport = transport_to(server.url, secrets=[secret("old-pass"), secret("new-pass")])
        for _ in range(2):
            transport.ask(LIST, msgspec.json.decode, Deadline.after(60))
    assert len(server.requests) == 3


def test_an_unchanged_secret_is_not_tried_twice() -> None:
    with ScriptedServer(respond(401)) as server, pytest.raises(errors.AnchoreUnauthorized):
        get(server.url)
    assert len(server.requests) == 1


def test_a_forced_scan_too_survives_a_rotation() -> None:
    with ScriptedServer(respond(401), OK) as server:
        get(server.url, SCAN, secrets=[secret("old-pass"), secret("new-pass")])
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "echo",
    [
        pytest.param(respond(400, b"<html>you sent " + BASIC.encode()), id="header"),
        pytest.param(respond(500, b'{"message": "no user watcher:s3cr3t-pass"}'), id="decoded"),
        pytest.param(respond(403, b'{"message": "s3cr3t-pass is wrong"}'), id="password"),
        pytest.param(respond(200, b"<p>" + BASIC.encode(), "Content-Type: text/html"), id="html"),
        pytest.param(respond(200, b"<p>", f"Content-Type: {BASIC}"), id="content-type"),
        pytest.param(
            respond(404, b'{"message": "image data not found in DB for s3cr3t%2Dpass"}'), id="404"
        ),
        pytest.param(
            respond(404, b'{"message": "image is not analyzed - analysis_status: s3cr3t-pass"}'),
            id="status",
        ),
    ],
)
def test_a_server_that_echoes_credentials_does_not_bring_them_into_an_error(echo: Act) -> None:
    with ScriptedServer(echo) as server, pytest.raises(errors.AnchoreError) as raised:
        get(server.url)
    error = raised.value
    told = f"{error} {error.problem} {error.request} {error.args}"
    assert WITHHELD in told
    assert not any(word in told for word in ("s3cr3t-pass", "d2F0Y2hlcjp"))


def test_a_redirect_to_another_host_gets_no_credentials() -> None:
    with ScriptedServer(OK) as other:
        elsewhere = f"Location: {other.url}/images"
        with (
            ScriptedServer(respond(307, b"", elsewhere)) as server,
            pytest.raises(errors.AnchoreRefused, match="never followed"),
        ):
            get(server.url)
    assert other.requests == []


def _header(head: str, name: str) -> str:
    return next(line for line in head.split("\r\n") if line.startswith(name)).split(": ", 1)[1]


# --- TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def ca_bundle(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def test_a_private_authority_is_trusted_through_its_bundle(
    tls: ssl.SSLContext, ca_bundle: str
) -> None:
    with ScriptedServer(OK, tls=tls) as server:
        assert get(server.url, ca_bundle=ca_bundle) == {"items": []}


def test_the_bundle_beats_the_one_of_the_environment(
    tls: ssl.SSLContext, ca_bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    with ScriptedServer(OK, tls=tls) as server:
        assert get(server.url, ca_bundle=ca_bundle) == {"items": []}


def test_an_unknown_authority_is_an_error_that_names_the_remedy(tls: ssl.SSLContext) -> None:
    with (
        ScriptedServer(OK, tls=tls) as server,
        pytest.raises(errors.AnchoreCertificateError, match="Set CA_BUNDLE") as raised,
    ):
        get(server.url)
    assert "unable to get local issuer certificate" in str(raised.value)
    assert server.requests == []


def test_a_certificate_of_another_host_is_an_error(tls: ssl.SSLContext, ca_bundle: str) -> None:
    with ScriptedServer(OK, tls=tls) as server, pytest.raises(errors.AnchoreCertificateError):
        get(server.url.replace("localhost", "127.0.0.1"), ca_bundle=ca_bundle)


def test_a_plain_server_behind_https_is_an_error() -> None:
    with ScriptedServer(OK) as server, pytest.raises(errors.AnchoreError) as raised:
        get(server.url.replace("http:", "https:"), seconds=0.3)
    assert isinstance(raised.value, errors.AnchoreCertificateError | errors.AnchoreTimeout)


def test_a_server_that_drips_under_tls_cannot_hold_the_function(
    tls: ssl.SSLContext, ca_bundle: str
) -> None:
    dripping = drip(HEAD + b"Content-Length: 2000\r\n\r\n", b"[" * 2000)
    with ScriptedServer(dripping, tls=tls) as server, pytest.raises(errors.AnchoreTimeout):
        get(server.url, ca_bundle=ca_bundle, seconds=0.5)


# --- proxies


def test_a_proxy_of_the_environment_is_used_and_its_password_stays_out_of_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ScriptedServer(respond(407)) as proxy:
        address = proxy.url.removesuffix("/v2").replace("//", "//user:pr0xy-pass@")
        monkeypatch.setenv("HTTPS_PROXY", address)
        monkeypatch.setenv("NO_PROXY", "")
        with pytest.raises(errors.AnchoreUnreachable, match="Check HTTPS_PROXY") as raised:
            get("https://anchore.invalid/v2")
    assert proxy.request_lines[0] == "CONNECT anchore.invalid:443"
    assert "pr0xy-pass" not in f"{raised.value} {raised.value.__cause__!r}"
