"""One request to Anchore: authorized, bounded in time and size; failures are AnchoreErrors."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlencode

import requests
from msgspec import Struct

from rescan.anchore import error_mapping as failures
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.http_deadlines import (
    CONNECT_SECONDS,
    ONCE,
    PATIENT,
    RequestScope,
    TimedAdapter,
    request_scope,
)
from rescan.gate.model import Step
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreAnswerTooLarge, AnchoreAnswerUnreadable, AnchoreError
from rescan.kernel.json_decoding import MALFORMED
from rescan.kernel.side_by_side import keep, reserve

_Fact = TypeVar("_Fact")
_CHUNK = 256 * 1024
# More than an excerpt looks at.
_BEGINNING = 32 * 1024
# Decoding costs memory by values, not by bytes: {} is 2 bytes long, and about 100 once decoded. A
# real row is four objects in 650 bytes, so the 64 MB of MAX_BODY_MB hold 400,000 objects. A real
# finding has a dozen commas, so this is 70,000 findings. A million of the largest take 200 MB.
_MOST_VALUES = 1_000_000
# 202 is how some versions accept an image for analysis.
_ACCEPTED = (200, 202)


class Query(Struct, frozen=True):
    """A request: a path below /v2 and its parameters, for one step of the workflow.

    `starts_work`: each request makes Anchore scan or analyze, so it is not repeated once that may
    have begun. With a `body` (JSON) it is a POST. `counted` is a byte that each value of the
    answer's lists contains; counting it bounds how many are decoded.
    """

    step: Step
    path: str
    parameters: Mapping[str, str] = {}
    starts_work: bool = False
    body: bytes | None = None
    counted: bytes = b"{"

    @property
    def method(self) -> str:
        """The HTTP method."""
        return "GET" if self.body is None else "POST"

    def __str__(self) -> str:
        return f"{self.method} {self.path}" + (
            f"?{urlencode(self.parameters)}" if self.parameters else ""
        )


def new_session(adapter: TimedAdapter | None = None) -> requests.Session:
    """A session on real sockets, one for each container."""
    session = requests.Session()
    adapter = adapter or TimedAdapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class Transport:
    """Sends requests below `base_url` (which ends in /v2); as thread-safe as its session."""

    def __init__(
        self,
        session: requests.Session,
        base_url: str,
        auth: AnchoreAuth,
        *,
        account: str | None = None,
        ca_bundle: str | None = None,
        read_seconds: float = 120.0,
        max_body_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._session = session
        self._base_url = base_url
        self._auth = auth
        self._headers = {"Accept": "application/json"}
        if account is not None:
            self._headers["x-anchore-account"] = account
        self._ca_bundle = ca_bundle
        self._read_seconds = read_seconds
        self._max_body_bytes = max_body_bytes

    def ask(self, query: Query, read: Callable[[bytearray], _Fact], deadline: Deadline) -> _Fact:
        """The answer's body as `read` decodes it (which raises one of MALFORMED).

        AnchoreError when the request failed, or the body is cut or cannot be read.
        """
        scope = RequestScope(deadline, self._read_seconds, ONCE if query.starts_work else PATIENT)
        with request_scope(scope):
            response, body = self._send(query, deadline)
            if response.status_code == 401 and self._auth.renew(_authorization(response)):
                response, body = self._send(query, deadline)
        if response.status_code not in _ACCEPTED:
            raise failures.of_status(
                response,
                bytes(body),
                step=query.step,
                request=str(query),
                excerpt=self._auth.excerpt,
            )
        if body.count(query.counted) > _MOST_VALUES:
            raise self._too_many(query)
        try:
            return read(body)
        except MALFORMED as error:
            raise self._unreadable(query, response, body, error) from error

    def excerpt(self, text: str, longest: int) -> str:
        """What may be shown of a server's text: one line, and none of our credentials."""
        return self._auth.excerpt(text, longest)

    def _send(self, query: Query, deadline: Deadline) -> tuple[requests.Response, bytearray]:
        connect = max(0.001, min(CONNECT_SECONDS, deadline.remaining()))
        try:
            with self._session.send(
                self._prepared(query),
                timeout=(connect, self._read_seconds),
                allow_redirects=False,
                **self._route,
            ) as response:
                return response, self._body(query, response, deadline)
        except (requests.RequestException, TimeoutError) as exception:
            raise failures.of_exception(
                exception, step=query.step, request=str(query)
            ) from exception

    def _prepared(self, query: Query) -> requests.PreparedRequest:
        request = requests.Request(
            query.method,
            self._base_url + query.path,
            params=dict(query.parameters),
            data=query.body,
            headers=self._headers | ({"Content-Type": "application/json"} if query.body else {}),
            auth=self._auth,
        )
        return self._session.prepare_request(request)

    @cached_property
    def _route(self) -> Mapping[str, Any]:
        """Proxies and CA bundle, read once: `requests` reads the environment for each request.

        The bundle is an argument, since REQUESTS_CA_BUNDLE overrides the session's attribute.
        """
        return self._session.merge_environment_settings(
            self._base_url, {}, stream=True, verify=self._ca_bundle, cert=None
        )

    def _body(self, query: Query, response: requests.Response, deadline: Deadline) -> bytearray:
        """The decoded body; reading ends at the limit, and begins once memory has room for it."""
        announced = response.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced) > self._max_body_bytes:
            raise self._too_large(query)
        # Compressed, it has any length once it is decoded.
        is_plain = announced.isdigit() and "Content-Encoding" not in response.headers
        size = int(announced) if is_plain else self._max_body_bytes
        body = bytearray()
        reserve(size, deadline)
        try:
            for chunk in response.iter_content(_CHUNK):
                if len(body) + len(chunk) > self._max_body_bytes:
                    raise self._too_large(query)
                body += chunk
        finally:
            keep(size, len(body))
        return body

    def _too_large(self, query: Query) -> AnchoreError:
        limit = self._max_body_bytes // (1024 * 1024)
        return AnchoreAnswerTooLarge(
            f"the answer is longer than {limit} MB",
            step=query.step,
            request=str(query),
            advice="Raise MAX_BODY_MB, and the function's memory with it.",
        )

    def _too_many(self, query: Query) -> AnchoreError:
        return AnchoreAnswerTooLarge(
            f"the answer holds more than {_MOST_VALUES:,} values",
            step=query.step,
            request=str(query),
            advice="No image has so many findings: see what answers at ANCHORE_URL.",
        )

    def _unreadable(
        self, query: Query, response: requests.Response, body: bytearray, error: Exception
    ) -> AnchoreError:
        excerpt = self._auth.excerpt
        problem = f"the answer is not what this operation gives: {excerpt(str(error), 300)}"
        if not body.lstrip().startswith((b"{", b"[")):
            kind = excerpt(response.headers.get("Content-Type", "no content type"), 100)
            beginning = excerpt(bytes(body[:_BEGINNING]).decode(errors="replace"), 80)
            problem += f" ({kind}, begins {beginning!r})"
        return AnchoreAnswerUnreadable(
            problem,
            step=query.step,
            request=str(query),
            advice="Check ANCHORE_URL and ANCHORE_DIALECT.",
            status=response.status_code,
        )


def _authorization(response: requests.Response) -> str | None:
    header = response.request.headers.get("Authorization")
    return header.decode() if isinstance(header, bytes) else header
