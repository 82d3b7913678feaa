"""How requests to Anchore are authorized, and how its credentials stay out of everything else.

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
    said = _decoded(secret)
    if said is None:
        raise SecretUnusable(f"The secret is not such JSON. {_EXPECTED}.")
    if said.username and ":" in said.username:
        raise SecretUnusable("The secret's username holds a colon, which HTTP Basic cannot carry.")
    header = _header(said)
    if header is None:
        raise SecretUnusable(f"The secret holds no credentials. {_EXPECTED}.")
    if not header.isascii() or not header.isprintable():
        raise SecretUnusable("The secret's authorization or token holds characters no header may.")
    return header


def _decoded(secret: str) -> _Secret | None:
    """None, no error: the decoder's own could quote the secret, even as the context of ours."""
    try:
        return json.decode(secret, type=_Secret)
    except (DecodeError, UnicodeError):
        return None


def _header(said: _Secret) -> str | None:
    if said.authorization and said.authorization.strip():
        return said.authorization.strip()
    if said.token and said.token.strip():
        return f"Bearer {said.token.strip()}"
    if said.username and said.password:
        pair = f"{said.username}:{said.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"
    return None


class AnchoreAuth(AuthBase):
    """The `auth` of a requests session: a header that comes from a secret, read when needed.

    As an `auth` object it also keeps a `.netrc` from replacing the credentials.
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
        """The text with the credentials struck out, encoded or plain: servers echo requests."""
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
