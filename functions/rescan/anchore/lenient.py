"""Reads what the verdict does not hang on: a field of another type counts as not said."""

from typing import TypeVar

from msgspec import Raw, json

from rescan.malformed import MALFORMED

__all__ = ["lenient"]

_Type = TypeVar("_Type")


def lenient(raw: Raw, wanted: type[_Type]) -> _Type | None:
    """The value; None when the answer does not say, or says it in a type that we do not know."""
    try:
        return json.decode(raw, type=wanted)
    except MALFORMED:
        return None
