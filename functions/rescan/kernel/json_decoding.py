"""Decoding of JSON that others wrote: what it raises, and what it may leave out."""

from typing import Any, TypeVar

from msgspec import DecodeError, Raw, json

_Type = TypeVar("_Type")

# The default of a field that is kept as JSON.
NULL = Raw(b"null")

# What decoding raises on bytes that are not the JSON wanted: text that is no UTF-8, and brackets
# nested deeper than the interpreter goes, raise Python's own errors.
MALFORMED = (DecodeError, UnicodeDecodeError, RecursionError)


def preload_decoders(*shapes: Any) -> None:
    """Build the decoders of these types now, while one thread runs.

    msgspec 0.22 builds a type's decoder when it first meets the type; two threads that meet it at
    the same time end the process with a segmentation fault. So each module names what it decodes
    when it is imported.
    """
    for shape in shapes:
        json.Decoder(shape)


def lenient(raw: Raw, wanted: type[_Type]) -> _Type | None:
    """The value of a field that the verdict does not depend on.

    None when the answer does not say, or says it in another type.
    """
    if raw is NULL:  # twenty thousand findings ask for fields that an older server lacks
        return None
    try:
        return json.decode(raw, type=wanted)
    except MALFORMED:
        return None
