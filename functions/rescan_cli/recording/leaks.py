"""The last check before a file is written: whether it holds a credential, in any encoding."""

import base64
import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, unquote_plus

from msgspec import json

from rescan.anchore.credentials import authorization_of

# Shorter ones occur by accident, as `AnchoreAuth.scrub` has it.
_SHORTEST = 4
_LAYERS = 5
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def credentials_in(secret: str) -> tuple[str, ...]:
    """What to look for of the secret's JSON: password or token, and the header's value."""
    secrets = json.decode(secret, type=dict[str, str])
    header = authorization_of(secret)
    hidden = (secrets.get(name, "") for name in ("password", "token"))
    words = [header, header.rpartition(" ")[2], *hidden]
    return tuple(dict.fromkeys(word for word in words if len(word) >= _SHORTEST))


def leaks(text: str, credentials: Iterable[str]) -> bool:
    """Whether the text holds any of them: plain, in base64, percent-encoded, escaped, or nested."""
    needles = {needle for word in credentials for needle in _needles(word)}
    return any(
        needle in layer or needle in _without_blanks(layer)
        for layer in _layers(text)
        for needle in needles
    )


def _needles(word: str) -> Iterator[str]:
    yield word
    for raw in {word.encode(), word.encode("latin-1", "ignore")}:
        for skipped in range(3):
            yield from _in_base64(raw, skipped)


def _in_base64(raw: bytes, skipped: int) -> Iterator[str]:
    """The base64 characters that depend only on `raw`, `skipped` bytes into a group."""
    encoded = base64.b64encode(bytes(skipped) + raw).decode()
    first = -(-skipped * 8 // 6)
    last = (skipped + len(raw)) * 8 // 6
    yield (standard := encoded[first:last])
    yield standard.replace("+", "-").replace("/", "_")


def _layers(text: str) -> Iterator[str]:
    """The text, and the text after each round of decoding."""
    for _ in range(_LAYERS):
        yield text
        inner = _joined(_ESCAPE.sub(_unescaped, html.unescape(unquote(text))))
        yield unquote_plus(text)
        if inner == text:
            return
        text = inner


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _ESCAPED.get(escape[2], escape[2])


def _joined(text: str) -> str:
    """The text with each pair of surrogates, as JSON escapes rarer characters, as one character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _without_blanks(text: str) -> str:
    return re.sub(r"\s+", "", text)
