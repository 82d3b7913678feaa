r"""Finds a credential in a text, whichever way whoever echoed it has encoded it.

The text is read as it stands, and as each decoder reads it, twice: two encodings, one within the
other, come off. The decoders know percent-encoding, also of forms, backslashes as JSON and most
languages write them, HTML, quoted-printable, hex, and base64 of either alphabet, padded or not, in
lines or not, beginning at any byte.
"""

import binascii
import html
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from string import ascii_letters, digits, hexdigits
from urllib.parse import unquote_to_bytes

from rescan.kernel.safe_text import one_line

# A shorter credential occurs by accident.
SHORTEST = 4
# As much of a longer one gives it away: an echo may be cut.
_LONGEST = 24
_DEPTH = 2
_CHARACTERS = ("utf-8", "latin-1", "utf-16-le", "utf-16-be")
# A window overlaps the next one by more than a needle can take up: 24 characters of 4 bytes, with
# each byte as six characters, twice.
_WINDOW, _OVERLAP = 64 * 1024, 4 * 1024

_BACKSLASH = re.compile(
    rb"((?:[\\%]u[0-9a-fA-F]{4})+)|\\x([0-9a-fA-F]{2})|\\([0-3]?[0-7]{1,2})|\\(.)", re.DOTALL
)
_SHORT = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_ENTITY = re.compile(rb"&#?\w+;?")
_NO_HEX = bytes(set(range(256)) - set(hexdigits.encode()))
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_NO_BASE64 = bytes(set(range(256)) - set(f"{ascii_letters}{digits}+/-_".encode()))


class CredentialDetector:
    """Knows some credentials; those shorter than SHORTEST are left out."""

    def __init__(self, credentials: Iterable[str]) -> None:
        words = {word for word in credentials if len(word) >= SHORTEST}
        # Whoever finds the password finds the pair that ends in it.
        shortest = {word for word in words if not any(one in word for one in words - {word})}
        self._needles = {needle for word in shortest for needle in _needles(word)}

    def finds_one_in(self, text: str) -> bool:
        """Whether a credential is in the text, or the first 24 characters of one."""
        return any(
            needle in reading
            for window in _windows(text.encode("utf-8", "surrogatepass"))
            for reading in _readings(window)
            for needle in self._needles
        )


def _needles(word: str) -> Iterator[bytes]:
    """Also as `one_line` shows it, and as UTF-8 that was taken for Latin-1."""
    forms = {word, one_line(word, len(word)), word.encode().decode("latin-1")}
    for beginning in {form[:_LONGEST] for form in forms if len(form) >= SHORTEST}:
        for characters in _CHARACTERS:
            with suppress(UnicodeEncodeError):
                yield _without_zeros(beginning.encode(characters))


def _windows(text: bytes) -> Iterator[bytes]:
    for start in range(0, len(text), _WINDOW):
        yield text[start : start + _WINDOW + _OVERLAP]


def _readings(text: bytes) -> Iterator[bytes]:
    """The text, and each different one that is left when up to _DEPTH encodings come off."""
    seen, layer = {text}, [text]
    yield text
    for _ in range(_DEPTH):
        decoded = {reading for outer in layer for decode in _DECODERS for reading in decode(outer)}
        layer = list(decoded - seen)
        seen |= decoded
        yield from layer


def _percent(text: bytes) -> Iterable[bytes]:
    return {unquote_to_bytes(text), unquote_to_bytes(text.replace(b"+", b" "))}


def _backslash(text: bytes) -> Iterable[bytes]:
    yield _BACKSLASH.sub(_unescaped, text)


def _unescaped(escape: re.Match[bytes]) -> bytes:
    if units := escape[1]:
        in_hex = units.replace(b"\\u", b"").replace(b"%u", b"").decode()
        return bytes.fromhex(in_hex).decode("utf-16-be", "replace").encode()
    if escape[2] or escape[3]:
        return bytes([int(escape[2], 16) if escape[2] else int(escape[3], 8)])
    return _SHORT.get(escape[4], escape[4])


def _entities(text: bytes) -> Iterable[bytes]:
    yield _ENTITY.sub(lambda entity: html.unescape(entity[0].decode()).encode(), text)


def _quoted_printable(text: bytes) -> Iterable[bytes]:
    yield binascii.a2b_qp(text)


def _hex(text: bytes) -> Iterable[bytes]:
    """All digits as one number: whatever separates them."""
    for skipped in range(2):
        number = text.translate(None, _NO_HEX)[skipped:]
        yield _without_zeros(binascii.unhexlify(number[: len(number) // 2 * 2]))


def _base64(text: bytes) -> Iterable[bytes]:
    """All letters as one text, from each of the four places where a group may begin."""
    for skipped in range(4):
        letters = text.translate(_URL_SAFE, _NO_BASE64)[skipped:] + b"AAA"
        yield _without_zeros(binascii.a2b_base64(letters[: len(letters) // 4 * 4]))


def _without_zeros(text: bytes) -> bytes:
    """UTF-16 of ASCII as ASCII."""
    return text.replace(b"\0", b"")


_DECODERS: tuple[Callable[[bytes], Iterable[bytes]], ...] = (
    _percent, _backslash, _entities, _quoted_printable, _hex, _base64,
)  # fmt: skip
