"""Text that comes from images and servers, made safe for mails, logs and XML.

SNS refuses a body with characters that XML 1.0 forbids (section 2.2, Char). Terminals and mail
readers obey control characters and bidirectional overrides, so those are removed too.
"""

import re

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters but tab and line ends
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional marks and overrides
    "\u200b\u2060\ufeff"  # characters of no width, which make two names look the same
    "\ud800-\udfff\ufffe\uffff]"  # what XML 1.0 forbids besides
)


def printable(text: str) -> str:
    """The text without what XML forbids and what a terminal would obey; line ends stay."""
    return _FORBIDDEN.sub("", text)


def one_line(text: str, longest: int) -> str:
    """The text on one line, of at most `longest` characters; a cut text ends in three dots."""
    return cut(" ".join(printable(text).split()), longest)


def cut(text: str, longest: int) -> str:
    """At most `longest` characters; a cut text ends in three dots."""
    return text if len(text) <= longest else text[: longest - 3] + "..."
