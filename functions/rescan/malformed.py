"""What decoding raises on bytes that are not the JSON wanted: msgspec's own, and two of Python."""

from msgspec import DecodeError

__all__ = ["MALFORMED"]

# Text that is no UTF-8, and brackets nested deeper than the interpreter goes, raise Python's own.
MALFORMED = (DecodeError, UnicodeDecodeError, RecursionError)
