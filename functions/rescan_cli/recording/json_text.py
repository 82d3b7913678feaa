"""Reading and changing values of a JSON text while every other byte of it stays as it was sent."""

import json
import re
from collections.abc import Callable, Iterator

# A string with the colon that makes it a key, a number, or a bracket. Anything else holds no data.
_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|([][{}])|-?\d[\d.eE+-]*', re.DOTALL)


def is_json(text: str) -> bool:
    """Whether the text is one JSON document."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def change_values(
    text: str,
    *,
    value: Callable[[str, bool], str],
    key: Callable[[str], str],
    number: Callable[[str, bool], str],
    secret: Callable[[str], bool] = lambda name: False,
) -> str:
    """The JSON text with its strings, keys and numbers as the functions make them.

    The flag of `value` and `number` is whether they stand below a key that is `secret`.
    """
    place = _Place(secret)

    def changed(token: re.Match[str]) -> str:
        literal, colon, bracket = token[1], token[2], token[3]
        if bracket:
            place.pass_bracket(bracket)
            return token[0]
        if literal is None:
            return number(token[0], place.is_secret)
        before = json.loads(literal, strict=False)
        if colon:
            place.pass_key(before)
        after = key(before) if colon else value(before, place.is_secret)
        return token[0] if after == before else json.dumps(after) + (colon or "")

    return _TOKEN.sub(changed, text)


class _Place:
    """Where in a document a token stands: below a key that is secret or not."""

    def __init__(self, secret: Callable[[str], bool]) -> None:
        self._secret = secret
        self._depth = 0
        self._secret_from: int | None = None

    @property
    def is_secret(self) -> bool:
        return self._secret_from is not None

    def pass_key(self, name: str) -> None:
        if self._secret_from is None or self._depth <= self._secret_from:
            self._secret_from = self._depth if self._secret(name) else None

    def pass_bracket(self, bracket: str) -> None:
        self._depth += 1 if bracket in "[{" else -1
        if self._secret_from is not None and self._depth < self._secret_from:
            self._secret_from = None


def texts_in(text: str) -> Iterator[str]:
    """The text; of JSON each string, key and number, and what those hold that are JSON again."""
    if text.lstrip()[:1] not in ("{", "[", '"') or not is_json(text):
        yield text
        return
    for token in _TOKEN.finditer(text):
        if token[1]:
            yield from texts_in(json.loads(token[1], strict=False))
        elif not token[3]:
            yield token[0]


def members(text: str) -> Iterator[tuple[str, str]]:
    """Every member whose value is a string, however deep: its name and value."""
    found: list[tuple[str, str]] = []

    def keep(pairs: list[tuple[str, object]]) -> None:
        found.extend((name, value) for name, value in pairs if isinstance(value, str))

    try:
        json.loads(text, object_pairs_hook=keep)
    except (ValueError, RecursionError):
        return
    yield from found
