"""Authorizes requests to Anchore, and keeps the credentials out of all other text.

Anchore takes HTTP Basic (an API key is Basic with the user `_api_key`), or a bearer token.
Source: Enterprise documentation, "API" and "User authentication".
"""

import base64
from collections.abc import Callable
from threading import Lock

from msgspec import DecodeError, Struct, json
from requests import PreparedRequest
from requests.auth import AuthBase

from rescan.kernel.errors import SecretUnusable

_EXPECTED = (
    'Expected a JSON object with "username" and "password" (an API key: user "_api_key"),'
    ' or "authorization", or "token"'
)


class _Secret(Struct):
    username: str | None = None
    password: str | None = None
    authorization: str | None = None
    token: str | None = None


def authorization_of(secret: str) -> str:
    """The Authorization header that the secret's JSON stands for; no error quotes any of it."""
    credentials = _decoded(secret)
    if credentials is None:
        raise SecretUnusable(f"The secret is not such JSON. {_EXPECTED}.")
    if credentials.username and ":" in credentials.username:
        raise SecretUnusable("The secret's username holds a colon, which HTTP Basic cannot carry.")
    header = _header(credentials)
    if header is None:
        raise SecretUnusable(f"The secret holds no credentials. {_EXPECTED}.")
    if not header.isascii() or not header.isprintable():
        raise SecretUnusable("The secret's authorization or token holds characters no header may.")
    return header


def _decoded(secret: str) -> _Secret | None:
    """None instead of an error: the decoder's message could quote the secret."""
    try:
        return json.decode(secret, type=_Secret)
    except (DecodeError, UnicodeError):
        return None


def _header(secret: _Secret) -> str | None:
    if secret.authorization and secret.authorization.strip():
        return secret.authorization.strip()
    if secret.token and secret.token.strip():
        return f"Bearer {secret.token.strip()}"
    if secret.username and secret.password:
        pair = f"{secret.username}:{secret.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"
    return None


class AnchoreAuth(AuthBase):
    """The `auth` of a requests session: the header is made from the secret when first needed.

    An `auth` object also keeps `requests` from taking credentials from a `.netrc`.
    """

    def __init__(self, read_secret: Callable[[], str]) -> None:
        self._read_secret = read_secret
        self._header: str | None = None
        self._lock = Lock()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self._current()
        return request

    def renew(self, refused: str | None) -> bool:
        """Read the secret again; whether it now differs from the header that was `refused`."""
        with self._lock:
            if self._header == refused:
                self._header = authorization_of(self._read_secret())
            return self._header != refused

    def scrub(self, text: str) -> str:
        """The text without the credentials, encoded or plain: servers echo requests."""
        for word in self._words():
            text = text.replace(word, "***")
        return text

    def _current(self) -> str:
        with self._lock:
            if self._header is None:
                self._header = authorization_of(self._read_secret())
            return self._header

    def _words(self) -> list[str]:
        header = self._header or ""
        scheme, _, credentials = header.rpartition(" ")
        words = [header, credentials]
        if scheme.lower() == "basic":
            try:
                decoded = base64.b64decode(credentials).decode()
            except ValueError:
                decoded = ""
            words += [decoded, decoded.partition(":")[2]]
        return [word for word in words if len(word) > 3]
