"""Changes values within a JSON text and leaves every other byte as it was sent."""

import json
import re
from collections.abc import Callable, Iterator

# A string with the colon that makes it a key, or a number. Anything else holds no data.
_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*', re.DOTALL)


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
    value: Callable[[str], str],
    key: Callable[[str], str],
    number: Callable[[str], str],
) -> str:
    """The JSON text with its strings, keys and numbers replaced by what the functions return."""

    def changed(token: re.Match[str]) -> str:
        literal, colon = token[1], token[2]
        if literal is None:
            return number(token[0])
        before = json.loads(literal, strict=False)
        after = (key if colon else value)(before)
        return token[0] if after == before else json.dumps(after) + (colon or "")

    return _TOKEN.sub(changed, text)


def members(text: str) -> Iterator[tuple[str, str]]:
    """Name and value of each member, at any depth, whose value is a string."""
    found: list[tuple[str, str]] = []

    def keep(pairs: list[tuple[str, object]]) -> None:
        found.extend((name, value) for name, value in pairs if isinstance(value, str))

    try:
        json.loads(text, object_pairs_hook=keep)
    except (ValueError, RecursionError):
        return
    yield from found
