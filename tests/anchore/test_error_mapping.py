"""Which error of the tree a failed request is: complete over what requests may raise, and what
error bodies of real servers come to in words."""

import inspect
import json
from typing import Any

import pytest
import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from rescan.anchore.error_mapping import of_exception, of_status
from rescan.gate.model import Step
from rescan.kernel import errors
from rescan.kernel.failure_cause import FailureCause

WHERE: dict[str, Any] = {"step": Step.REGATE, "request": "GET /x"}

# By what each means for the work at Anchore: not begun, perhaps begun, answered unreadably.
MEANING: dict[type[requests.RequestException], type[errors.AnchoreError]] = {
    requests.exceptions.ConnectionError: errors.AnchoreUnreachable,
    requests.exceptions.ConnectTimeout: errors.AnchoreUnreachable,
    requests.exceptions.ProxyError: errors.AnchoreUnreachable,
    requests.exceptions.InvalidURL: errors.AnchoreUnreachable,
    requests.exceptions.InvalidProxyURL: errors.AnchoreUnreachable,
    requests.exceptions.InvalidSchema: errors.AnchoreUnreachable,
    requests.exceptions.MissingSchema: errors.AnchoreUnreachable,
    requests.exceptions.InvalidHeader: errors.AnchoreUnreachable,
    requests.exceptions.SSLError: errors.AnchoreCertificateError,
    requests.exceptions.Timeout: errors.AnchoreTimeout,
    requests.exceptions.ReadTimeout: errors.AnchoreTimeout,
    requests.exceptions.ChunkedEncodingError: errors.AnchoreAnswerCut,
    requests.exceptions.ContentDecodingError: errors.AnchoreAnswerUnreadable,
    # Never met by a client that follows no redirect, sends no body, decodes no JSON and raises
    # on no status; should one come, the work may have begun.
    requests.exceptions.RequestException: errors.AnchoreInterrupted,
    requests.exceptions.HTTPError: errors.AnchoreInterrupted,
    requests.exceptions.InvalidJSONError: errors.AnchoreInterrupted,
    requests.exceptions.JSONDecodeError: errors.AnchoreInterrupted,
    requests.exceptions.RetryError: errors.AnchoreInterrupted,
    requests.exceptions.StreamConsumedError: errors.AnchoreInterrupted,
    requests.exceptions.TooManyRedirects: errors.AnchoreInterrupted,
    requests.exceptions.UnrewindableBodyError: errors.AnchoreInterrupted,
    requests.exceptions.URLRequired: errors.AnchoreInterrupted,
}


def test_every_exception_of_requests_has_its_meaning() -> None:
    public = {
        value
        for name, value in vars(requests.exceptions).items()
        if inspect.isclass(value)
        and issubclass(value, requests.RequestException)
        and not name.startswith("_")
    }
    assert public == set(MEANING)


@pytest.mark.parametrize("kind", MEANING, ids=lambda kind: kind.__name__)
def test_an_exception_becomes_the_error_that_it_means(
    kind: type[requests.RequestException],
) -> None:
    raised = kind("no", "{}", 0) if kind is requests.exceptions.JSONDecodeError else kind("no")
    error = of_exception(raised, **WHERE)
    assert (type(error), error.step, error.request) == (MEANING[kind], Step.REGATE, "GET /x")


def test_a_deadline_that_passes_between_two_bytes_is_a_timeout() -> None:
    assert type(of_exception(TimeoutError("the deadline passed"), **WHERE)) is errors.AnchoreTimeout


def test_the_words_of_an_exception_are_not_told_for_they_may_hold_credentials() -> None:
    for kind in MEANING.keys() - {requests.exceptions.JSONDecodeError}:
        error = of_exception(kind("https://user:s3cr3t@anchore"), **WHERE)
        assert "s3cr3t" not in str(error)


SSL, PROXY = requests.exceptions.SSLError, requests.exceptions.ProxyError
REFUSED = NewConnectionError(None, "HTTPSConnection(host=x): Failed: [Errno 111] refused\n")  # type: ignore[arg-type]
NETWORK = "Check ANCHORE_URL, DNS, subnets and security groups."
SLOW = ConnectTimeoutError(None, "Connection to x timed out")


@pytest.mark.parametrize(
    ("exception", "words"),
    [
        pytest.param(
            SSL(
                "(SSLCertVerificationError(1, '[SSL] certificate verify failed: expired (_ssl.c)'))"
            ),
            "TLS failed: certificate verify failed: expired. Set CA_BUNDLE to a PEM file that holds"
            " your CA, or check the host name.",
            id="certificate",
        ),
        pytest.param(
            SSL("EOF occurred"),
            "TLS failed: the handshake failed. Set CA_BUNDLE to a PEM file that holds your CA, or"
            " check the host name.",
            id="handshake",
        ),
        pytest.param(
            PROXY(REFUSED),
            "the proxy refused or cannot be reached. Check HTTPS_PROXY.",
            id="proxy",
        ),
        pytest.param(
            requests.ConnectionError(MaxRetryError(None, "/", REFUSED)),  # type: ignore[arg-type]
            f"no connection: [Errno 111] refused. {NETWORK}",
            id="refused-within-retries",
        ),
        pytest.param(
            requests.ConnectionError(SLOW),
            f"no connection: the connect timeout passed. {NETWORK}",
            id="connect-timeout-of-urllib3",
        ),
        pytest.param(
            requests.ConnectTimeout("x"),
            f"no connection: the connect timeout passed. {NETWORK}",
            id="connect-timeout",
        ),
        pytest.param(
            requests.ConnectionError("x"),
            "no connection: ConnectionError. Check ANCHORE_URL and ANCHORE_ACCOUNT.",
            id="no-words-of-its-own",
        ),
        pytest.param(requests.ReadTimeout(), "no whole answer came in time.", id="no-arguments"),
        pytest.param(requests.RequestException("x"), "RequestException.", id="unknown"),
    ],
)
def test_an_error_without_an_answer_says_what_failed_and_what_to_check(
    exception: requests.RequestException, words: str
) -> None:
    what, _, advice = words.partition(". ")
    error = of_exception(exception, **WHERE)
    assert str(error) == f"regate: {what.removesuffix('.')} (GET /x). {advice}".rstrip()


def raised(exception: Exception) -> errors.AnchoreError:
    """The error for a request that got no answer, wrapped as `requests` does."""
    return of_exception(requests.ConnectionError(exception), **WHERE)


def tls() -> errors.AnchoreError:
    """The error for a certificate of another CA."""
    wrong = requests.exceptions.SSLError("certificate verify failed: unable to get issuer (x)")
    return of_exception(wrong, **WHERE)


# --- what an answer says


def answered(
    status: int, body: bytes | object = b"", headers: dict[str, str] | None = None
) -> errors.AnchoreError:
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers or {})
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return of_status(response, sent, **WHERE)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(
            {"message": "cannot do it", "httpcode": 500, "detail": {"error_codes": []}},
            " 'cannot do it'",
            id="message",
        ),
        pytest.param(
            {"message": "cannot do it", "detail": "why", "title": "Bad"},
            " 'cannot do it'",
            id="message-before-the-others",
        ),
        pytest.param(
            {
                "type": "about:blank",
                "title": "Bad Request",
                "detail": "Missing query parameter 'tag'",
            },
            " \"Missing query parameter 'tag'\"",
            id="detail-in-words",
        ),
        pytest.param(
            {"title": "Bad Request", "detail": {"error_codes": []}},
            " 'Bad Request'",
            id="title-where-detail-is-an-object",
        ),
        pytest.param({"message": "", "title": "Bad"}, " 'Bad'", id="empty-message"),
        pytest.param({"message": ["a"], "detail": 5}, "", id="no-words"),
        pytest.param({}, "", id="empty-object"),
        pytest.param("a bare string", " 'a bare string'", id="bare-string"),
        pytest.param(b"Unauthorized", " 'Unauthorized'", id="plain-text"),
        pytest.param(
            b"<html>\r\n<title>504 Gateway Time-out</title>\r\n</html>",
            " '<html> <title>504 Gateway Time-out</title> </html>'",
            id="html",
        ),
        pytest.param(b"", "", id="empty"),
        pytest.param(b'{"message": "cut', ' \'{"message": "cut\'', id="truncated"),
        pytest.param(b"caf\xe9", " 'caf\ufffd'", id="text-that-is-no-UTF-8"),
        pytest.param(
            b'{"message": "caf\xe9"}', ' \'{"message": "caf\ufffd"}\'', id="json-that-is-no-UTF-8"
        ),
        pytest.param(b'{"message": "\\u001b[31mred"}', " '[31mred'", id="escape-sequence"),
    ],
)
def test_an_error_tells_the_words_of_its_answer(body: bytes | object, said: str) -> None:
    assert str(answered(500, body)) == f"regate: HTTP 500{said} (GET /x)."


def test_an_error_tells_no_more_than_an_excerpt() -> None:
    assert str(answered(500, b"x" * 10_000)) == f"regate: HTTP 500 '{'x' * 297}...' (GET /x)."


NO_IMAGE = "image data not found in DB"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        pytest.param(NO_IMAGE, errors.ImageUnknown, id="image-data-not-found"),
        pytest.param(NO_IMAGE.upper(), errors.ImageUnknown, id="in-capitals"),
        pytest.param("image not found in DB", errors.AnchoreRefused, id="digest-unknown"),
        pytest.param(
            "user has no active policy to evaluate: admin", errors.AnchoreRefused, id="no-policy"
        ),
        pytest.param(
            "could not find any evaluations for input images",
            errors.AnchoreServerError,
            id="hides-a-500",
        ),
        pytest.param("content type (x) not available", errors.AnchoreRefused, id="vtype"),
    ],
)
def test_a_404_is_told_from_the_others_by_its_words(
    message: str, kind: type[errors.AnchoreError]
) -> None:
    assert type(answered(404, {"message": message, "httpcode": 404})) is kind


@pytest.mark.parametrize(
    ("status", "message", "advice"),
    [
        (404, NO_IMAGE, ""),
        (404, "image is not analyzed - analysis_status: analyzing", ""),
        (
            404,
            "could not find any evaluations for input images",
            " Anchore's policy engine failed: see its log.",
        ),
        (404, "no such path", " Check ANCHORE_URL, ANCHORE_DIALECT and POLICY_ID."),
        (400, "bad tag", ""),
        (401, "no", " Check the secret: its user, password or token."),
        (403, "no", " Check the user's role and ANCHORE_ACCOUNT."),
        (429, "later", ""),
        (503, "later", ""),
    ],
)
def test_an_error_repeats_what_anchore_said_and_what_a_person_can_do(
    status: int, message: str, advice: str
) -> None:
    error = answered(status, {"message": message})
    assert str(error) == f"regate: HTTP {status} {message!r} (GET /x).{advice}"


@pytest.mark.parametrize(
    ("status", "is_redirect"), [(299, False), (300, True), (399, True), (400, False)]
)
def test_a_redirect_is_never_followed(status: int, is_redirect: bool) -> None:
    error = answered(status)
    assert type(error) is errors.AnchoreRefused
    assert ("a redirect, which is never followed" in str(error)) is is_redirect


def test_too_many_requests_is_no_failure_of_the_server() -> None:
    assert type(answered(429)) is errors.AnchoreThrottled
    assert type(answered(430)) is errors.AnchoreRefused
    assert type(answered(500)) is errors.AnchoreServerError


def test_the_words_of_a_404_do_not_count_under_another_status() -> None:
    assert type(answered(500, {"message": NO_IMAGE})) is errors.AnchoreServerError
    assert type(answered(400, {"message": NO_IMAGE})) is errors.AnchoreRefused


@pytest.mark.parametrize("status", ["not_analyzed", "analyzing", "analysis_failed"])
def test_a_404_of_an_unfinished_analysis_says_how_far_it_is(status: str) -> None:
    error = answered(404, {"message": f"image is not analyzed - analysis_status: {status}"})
    assert isinstance(error, errors.ImageNotAnalyzed)
    assert (error.analysis_status, error.status) == (status, 404)


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (302, errors.AnchoreRefused, "Set ANCHORE_URL to the API itself."),
        (401, errors.AnchoreUnauthorized, "Check the secret: its user, password or token."),
        (403, errors.AnchoreForbidden, "Check the user's role and ANCHORE_ACCOUNT."),
        (404, errors.AnchoreRefused, "Check ANCHORE_URL, ANCHORE_DIALECT and POLICY_ID."),
    ],
)
def test_an_error_that_a_person_can_mend_says_how(
    status: int, kind: type[errors.AnchoreError], advice: str
) -> None:
    error = answered(status)
    assert (type(error), error.status) == (kind, status)
    assert str(error).endswith(f" (GET /x). {advice}")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(answered(401), FailureCause.CREDENTIALS, id="401"),
        pytest.param(answered(403), FailureCause.FORBIDDEN, id="403"),
        pytest.param(answered(404), FailureCause.WRONG_ANSWER, id="404-of-a-wrong-url"),
        pytest.param(answered(302), FailureCause.WRONG_ANSWER, id="redirect"),
        pytest.param(answered(429), FailureCause.THROTTLED, id="429"),
        pytest.param(answered(500), FailureCause.DOWN, id="500"),
        pytest.param(answered(503), FailureCause.DOWN, id="503"),
        pytest.param(raised(ReadTimeoutError(None, "", "")), FailureCause.DOWN, id="timeout"),  # type: ignore[arg-type]
        pytest.param(raised(ProtocolError("reset")), FailureCause.DOWN, id="reset"),
        pytest.param(
            raised(NewConnectionError(None, "x: refused")),  # type: ignore[arg-type]
            FailureCause.DOWN,
            id="refused",
        ),
        pytest.param(tls(), FailureCause.CERTIFICATE, id="tls"),
    ],
)
def test_an_error_says_what_keeps_images_from_a_verdict(
    error: errors.AnchoreError, expected: FailureCause
) -> None:
    assert error.cause is expected


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param({"Retry-After": "120"}, 120.0, id="seconds"),
        pytest.param({"Retry-After": "0"}, 0.0, id="zero"),
        pytest.param({"Retry-After": "Tue, 24 Nov 2026 12:00:00 GMT"}, None, id="date"),
        pytest.param({"Retry-After": "soon"}, None, id="a-word"),
        pytest.param({"Retry-After": ""}, None, id="empty"),
        pytest.param({"Retry-After": "inf"}, None, id="infinity"),
        pytest.param({"Retry-After": "nan"}, None, id="no-number"),
        pytest.param({"Retry-After": "-1"}, None, id="negative"),
        pytest.param({"Retry-After": "1e308"}, None, id="an-exponent"),
        pytest.param({"Retry-After": "9" * 20}, 86_400.0, id="twenty-digits"),
        pytest.param({"Retry-After": "\u0661\u0662"}, None, id="digits-of-another-script"),
        pytest.param({}, None, id="none"),
    ],
)
def test_the_wait_that_a_server_asks_for_is_told_in_seconds(
    status: int, header: dict[str, str], seconds: float | None
) -> None:
    assert answered(status, headers=header).retry_after == seconds
