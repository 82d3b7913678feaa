"""Which error of the tree a failed request is: one place for exceptions, one for statuses."""

import re
from collections.abc import Callable
from typing import Any

import requests
from msgspec import Struct, json
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from rescan.gate.model import Step
from rescan.kernel import errors
from rescan.kernel.json_decoding import MALFORMED, preload_decoders
from rescan.kernel.safe_text import one_line

# Anchore's own words: the only way to tell its 404s apart (api.md 1.5, 2.2, 2.4).
_NO_SUCH_IMAGE = "image data not found in db"
_NOT_ANALYZED = re.compile(r"image is not analyzed - analysis_status: (\w+)", re.IGNORECASE)
_LONGEST_EXCERPT = 300
_TRANSPORT = (ReadTimeoutError, ProtocolError, ConnectTimeoutError, NewConnectionError)


def of_exception(
    exception: requests.RequestException | TimeoutError, *, step: Step, request: str
) -> errors.AnchoreError:
    """The error for a request that got no whole answer; the cause's words hold no credentials.

    The exceptions of `requests` wrap urllib3's; the innermost that is known decides.
    """
    where: dict[str, Any] = {"step": step, "request": request}
    cause = _innermost(exception)
    match cause:
        case requests.exceptions.SSLError():
            return errors.AnchoreCertificateError(
                f"TLS failed: {_tls_words(exception)}",
                advice="Set CA_BUNDLE to a PEM file that holds your CA, or check the host name.",
                **where,
            )
        case requests.exceptions.ProxyError():
            return errors.AnchoreUnreachable(
                "the proxy refused or cannot be reached", advice="Check HTTPS_PROXY.", **where
            )
        case ConnectTimeoutError() | NewConnectionError() | requests.exceptions.ConnectTimeout():
            return errors.AnchoreUnreachable(
                f"no connection: {_connect_words(cause)}",
                advice="Check ANCHORE_URL, DNS, subnets and security groups.",
                **where,
            )
        case ReadTimeoutError() | TimeoutError() | requests.exceptions.Timeout():
            return errors.AnchoreTimeout("no whole answer came in time", **where)
        case ProtocolError() | requests.exceptions.ChunkedEncodingError():
            return errors.AnchoreAnswerCut("the connection broke before the answer ended", **where)
        case requests.exceptions.ContentDecodingError():
            return errors.AnchoreAnswerUnreadable("the body does not decompress", **where)
        case (
            requests.exceptions.ConnectionError()
            | requests.exceptions.InvalidURL()
            | requests.exceptions.InvalidSchema()
            | requests.exceptions.MissingSchema()
            | requests.exceptions.InvalidHeader()
        ):
            return errors.AnchoreUnreachable(
                f"no connection: {type(exception).__name__}",
                advice="Check ANCHORE_URL and ANCHORE_ACCOUNT.",
                **where,
            )
    # Unknown, so perhaps sent: the one class that lets nobody take the work for not begun.
    return errors.AnchoreInterrupted(type(exception).__name__, **where)


def _innermost(exception: BaseException) -> BaseException:
    """The urllib3 exception inside, unless `requests` itself has the more precise class."""
    if isinstance(exception, requests.exceptions.SSLError | requests.exceptions.ProxyError):
        return exception
    inner = exception.args[0] if exception.args else None
    if isinstance(inner, MaxRetryError):
        inner = inner.reason
    return inner if isinstance(inner, _TRANSPORT) else exception


def _tls_words(exception: BaseException) -> str:
    found = re.search(r"certificate verify failed: ([^(]+)", str(exception))
    return f"certificate verify failed: {found[1].strip()}" if found else "the handshake failed"


def _connect_words(cause: BaseException) -> str:
    if isinstance(cause, NewConnectionError):
        return one_line(str(cause).rpartition(": ")[2], _LONGEST_EXCERPT)
    return "the connect timeout passed"


class _ErrorBody(Struct):
    message: Any = None
    detail: Any = None
    title: Any = None


def _said(body: bytes) -> str:
    """What an error body says: `message`, else `detail` or `title`, else its text (api.md 1.5)."""
    try:
        decoded = json.decode(body, type=_ErrorBody | str)
    except MALFORMED:
        return body.decode(errors="replace")
    if isinstance(decoded, str):
        return decoded
    words = (decoded.message, decoded.detail, decoded.title)
    return next((word for word in words if isinstance(word, str) and word), "")


def of_status(
    response: requests.Response,
    body: bytes,
    *,
    step: Step,
    request: str,
    excerpt: Callable[[str, int], str] = one_line,
) -> errors.AnchoreError:
    """The error for an answer that is no 200; `excerpt` makes what is shown of its text."""
    status = response.status_code
    said = excerpt(_said(body), _LONGEST_EXCERPT)
    where: dict[str, Any] = {"step": step, "request": request, "status": status}
    problem = f"HTTP {status}" + (f" {said!r}" if said else "")
    if status == 429 or status >= 500:
        kind = errors.AnchoreThrottled if status == 429 else errors.AnchoreServerError
        return kind(problem, retry_after=_seconds(response.headers.get("Retry-After")), **where)
    if status == 401:
        return errors.AnchoreUnauthorized(
            problem, advice="Check the secret: its user, password or token.", **where
        )
    if status == 403:
        return errors.AnchoreForbidden(
            problem, advice="Check the user's role and ANCHORE_ACCOUNT.", **where
        )
    if status == 404:
        return _of_404(said, problem, where)
    if 300 <= status < 400:
        return errors.AnchoreRefused(
            f"{problem}, a redirect, which is never followed",
            advice="Set ANCHORE_URL to the API itself.",
            **where,
        )
    return errors.AnchoreRefused(problem, **where)


def _of_404(said: str, problem: str, where: dict[str, Any]) -> errors.AnchoreError:
    if _NO_SUCH_IMAGE in said.lower():
        return errors.ImageUnknown(problem, **where)
    if found := _NOT_ANALYZED.search(said):
        return errors.ImageNotAnalyzed(problem, analysis_status=found[1].lower(), **where)
    return errors.AnchoreRefused(
        problem, advice="Check ANCHORE_URL, ANCHORE_DIALECT and POLICY_ID.", **where
    )


def _seconds(retry_after: str | None) -> float | None:
    try:
        return float(retry_after) if retry_after else None
    except ValueError:  # an HTTP date: the words of the answer are enough
        return None


preload_decoders(_ErrorBody)
