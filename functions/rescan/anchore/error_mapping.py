"""Which error of the tree a failed request is: one place for exceptions, one for statuses."""

import re
from collections.abc import Callable
from typing import Any

import requests
from msgspec import Struct, json
from requests import exceptions
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from rescan.anchore.http_deadlines import retry_after_seconds
from rescan.gate.model import Step
from rescan.kernel import errors
from rescan.kernel.json_decoding import MALFORMED, preload_decoders
from rescan.kernel.safe_text import one_line

# Anchore's own words: the only way to tell its 404s apart (docs/anchore-rules.md).
_NO_SUCH_IMAGE = "image data not found in db"
# The policy engine failed, or did not answer: the engine swallows why.
_NO_EVALUATION = "could not find any evaluations"
_NOT_ANALYZED = re.compile(r"image is not analyzed - analysis_status: (\w+)", re.IGNORECASE)
_LONGEST_EXCERPT = 300
_TRANSPORT = (ReadTimeoutError, ProtocolError, ConnectTimeoutError, NewConnectionError)


class _Meaning(Struct, frozen=True):
    """What exceptions of these classes mean. `{}` in the problem stands for the detail."""

    exceptions: tuple[type[BaseException], ...]
    error: type[errors.AnchoreError]
    problem: str
    advice: str = ""


# The first that fits counts: several of these classes are subclasses of later ones.
_MEANINGS = (
    _Meaning(
        (exceptions.SSLError,),
        errors.AnchoreCertificateError,
        "TLS failed: {}",
        "Set CA_BUNDLE to a PEM file that holds your CA, or check the host name.",
    ),
    _Meaning(
        (exceptions.ProxyError,),
        errors.AnchoreUnreachable,
        "the proxy refused or cannot be reached",
        "Check HTTPS_PROXY.",
    ),
    _Meaning(
        (ConnectTimeoutError, NewConnectionError, exceptions.ConnectTimeout),
        errors.AnchoreUnreachable,
        "no connection: {}",
        "Check ANCHORE_URL, DNS, subnets and security groups.",
    ),
    _Meaning(
        (ReadTimeoutError, TimeoutError, exceptions.Timeout),
        errors.AnchoreTimeout,
        "no whole answer came in time",
    ),
    _Meaning(
        (ProtocolError, exceptions.ChunkedEncodingError),
        errors.AnchoreAnswerCut,
        "the connection broke before the answer ended",
    ),
    _Meaning(
        (exceptions.ContentDecodingError,),
        errors.AnchoreAnswerUnreadable,
        "the body does not decompress",
    ),
    _Meaning(
        (
            exceptions.ConnectionError,
            exceptions.InvalidURL,
            exceptions.InvalidSchema,
            exceptions.MissingSchema,
            exceptions.InvalidHeader,
        ),
        errors.AnchoreUnreachable,
        "no connection: {}",
        "Check ANCHORE_URL and ANCHORE_ACCOUNT.",
    ),
    # Perhaps the request was sent: the one class that lets nobody take the work for not begun.
    _Meaning((BaseException,), errors.AnchoreInterrupted, "{}"),
)


def of_exception(
    exception: requests.RequestException | TimeoutError, *, step: Step, request: str
) -> errors.AnchoreError:
    """The error for a request that got no whole answer; its words hold no credentials.

    The exceptions of `requests` wrap urllib3's; the innermost that is known decides.
    """
    cause = _innermost(exception)
    meaning = next(each for each in _MEANINGS if isinstance(cause, each.exceptions))
    problem = meaning.problem.format(_detail(cause))
    return meaning.error(problem, step=step, request=request, advice=meaning.advice)


def _innermost(exception: BaseException) -> BaseException:
    """The urllib3 exception inside, unless `requests` itself has the more precise class."""
    if isinstance(exception, exceptions.SSLError | exceptions.ProxyError):
        return exception
    inner = exception.args[0] if exception.args else None
    if isinstance(inner, MaxRetryError):
        inner = inner.reason
    return inner if isinstance(inner, _TRANSPORT) else exception


def _detail(cause: BaseException) -> str:
    """What is safe to quote: the words of other exceptions may hold credentials."""
    match cause:
        case exceptions.SSLError():
            found = re.search(r"certificate verify failed: ([^(]+)", str(cause))
            return found[0].strip() if found else "the handshake failed"
        case NewConnectionError():
            return one_line(str(cause).rpartition(": ")[2], _LONGEST_EXCERPT)
        case ConnectTimeoutError() | exceptions.ConnectTimeout():
            return "the connect timeout passed"
    return type(cause).__name__


class _ErrorBody(Struct):
    message: Any = None
    detail: Any = None
    title: Any = None


def _message(body: bytes) -> str:
    """What an error body says: `message`, else `detail` or `title`, else its text."""
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
    message = excerpt(_message(body), _LONGEST_EXCERPT)
    where: dict[str, Any] = {"step": step, "request": request, "status": status}
    problem = f"HTTP {status}" + (f" {message!r}" if message else "")
    if status == 429 or status >= 500:
        kind = errors.AnchoreThrottled if status == 429 else errors.AnchoreServerError
        return kind(
            problem, retry_after=retry_after_seconds(response.headers.get("Retry-After")), **where
        )
    if status == 401:
        return errors.AnchoreUnauthorized(
            problem, advice="Check the secret: its user, password or token.", **where
        )
    if status == 403:
        return errors.AnchoreForbidden(
            problem, advice="Check the user's role and ANCHORE_ACCOUNT.", **where
        )
    if status == 404:
        return _of_404(message, problem, where)
    if 300 <= status < 400:
        return errors.AnchoreRefused(
            f"{problem}, a redirect, which is never followed",
            advice="Set ANCHORE_URL to the API itself.",
            **where,
        )
    return errors.AnchoreRefused(problem, **where)


def _of_404(message: str, problem: str, where: dict[str, Any]) -> errors.AnchoreError:
    if _NO_SUCH_IMAGE in message.lower():
        return errors.ImageUnknown(problem, **where)
    if found := _NOT_ANALYZED.search(message):
        return errors.ImageNotAnalyzed(problem, analysis_status=found[1].lower(), **where)
    if _NO_EVALUATION in message.lower():
        advice = "Anchore's policy engine failed: see its log."
        return errors.AnchoreServerError(problem, advice=advice, **where)
    return errors.AnchoreRefused(
        problem, advice="Check ANCHORE_URL, ANCHORE_DIALECT and POLICY_ID.", **where
    )


preload_decoders(_ErrorBody)
