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

from rescan.kernel.credential_detector import SHORTEST, CredentialDetector
from rescan.kernel.errors import SecretUnusable
from rescan.kernel.safe_text import one_line

WITHHELD = "[withheld: this text holds our credentials]"
# An excerpt is made of so much of a text. A credential that begins there, encoded twice, ends
# within the rest of what is looked at.
_SHOWN, _LOOKED_AT = 1000, 5000

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


def credentials_in(secret: str) -> tuple[str, ...]:
    """What nobody may read of the secret's JSON, and of the header that it stands for."""
    fields, header = _decoded(secret) or _Secret(), authorization_of(secret)
    scheme, _, value = header.rpartition(" ")
    pair = _pair(value) if scheme.lower() == "basic" else ""
    words = (
        header, value, pair, pair.partition(":")[2],
        fields.authorization, fields.token, fields.password,
    )  # fmt: skip
    return tuple(dict.fromkeys(word for word in words if word and len(word) >= SHORTEST))


def _pair(encoded: str) -> str:
    """User and password with a colon in between; nothing when it is not their base64."""
    try:
        return base64.b64decode(encoded).decode()
    except ValueError:
        return ""


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
        self._credentials: set[str] = set()
        self._detector = CredentialDetector(())
        self._lock = Lock()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        with self._lock:
            request.headers["Authorization"] = self._header or self._renewed()
        return request

    def renew(self, refused: str | None) -> bool:
        """Read the secret again; whether it now differs from the header that was `refused`."""
        with self._lock:
            if self._header == refused:
                self._renewed()
            return self._header != refused

    def excerpt(self, text: str, longest: int) -> str:
        """The beginning of a server's text on one line, or WITHHELD: servers echo requests."""
        looked_at = text[:_LOOKED_AT]
        shown = one_line(looked_at, _LOOKED_AT)
        if any(map(self._detector.finds_one_in, {looked_at, shown})):
            return WITHHELD
        return one_line(text[:_SHOWN], longest)

    def _renewed(self) -> str:
        secret = self._read_secret()
        self._header = authorization_of(secret)
        # Those before too: the answer to a request of another thread may still echo them.
        self._credentials.update(credentials_in(secret))
        self._detector = CredentialDetector(self._credentials)
        return self._header
