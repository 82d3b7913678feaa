"""Replacements in a recording: always the same one for the same original."""

import hmac
import re
import secrets
from collections.abc import Iterator

_DIGITS = "0123456789"
_HEX = re.compile(r"(sha256:)?([0-9a-fA-F]+)")


class Pseudonyms:
    """Those of one recording; no original can be inferred from them, not even by brute force."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._given: dict[tuple[str, str], str] = {}

    def named(self, kind: str, original: str) -> str:
        """E.g. `account-1`, in the order in which originals appear."""
        number = 1 + sum(given == kind for given, _ in self._given)
        return self._given.setdefault((kind, original), f"{kind}-{number}")

    def fitting(self, original: str) -> str:
        """Digits for digits and hex for hex, so that a digest stays one; else e.g. `redacted-1`."""
        found = _HEX.fullmatch(original)
        if found is None:
            return self.named("redacted", original)
        return (found[1] or "") + self.alike(found[2])

    def alike(self, original: str) -> str:
        """Each hex digit replaced by another, decimal by decimal; a leading zero stays."""
        key = ("alike", original)
        if key not in self._given:
            taken = {made for (kind, _), made in self._given.items() if kind == "alike"}
            candidates = (self._alike(original, attempt) for attempt in range(100))
            fresh = (made for made in candidates if made != original and made not in taken)
            self._given[key] = next(fresh, original)
        return self._given[key]

    def _alike(self, original: str, attempt: int) -> str:
        stream = self._stream(f"{attempt}|{original}")
        decimal = not re.search("[a-fA-F]", original)
        made = [_another(character, next(stream), decimal=decimal) for character in original]
        if original[0] in _DIGITS and made[0] in _DIGITS:
            # A number must not begin with a zero unless it did.
            made[0] = "0" if original[0] == "0" else str(1 + next(stream) % 9)
        return "".join(made)

    def _stream(self, text: str) -> Iterator[int]:
        block = 0
        while True:
            yield from hmac.digest(self._key, f"{block}|{text}".encode(), "sha256")
            block += 1


def _another(character: str, byte: int, *, decimal: bool) -> str:
    if character not in "0123456789abcdefABCDEF":
        return character
    if decimal:
        return _DIGITS[byte % 10]
    made = "0123456789abcdef"[byte % 16]
    return made.upper() if character.isupper() else made
