r"""Text that comes from images and servers, made safe for mails, logs and XML.

SNS refuses a body with characters that XML 1.0 forbids (section 2.2, Char). Terminals and mail
readers obey control and format characters, and what nobody sees makes two names look the same, so
those are removed too. Source: Unicode 15.1, category Cf and `Default_Ignorable_Code_Point` of
DerivedCoreProperties.txt; Python's `unicodedata` knows the first alone.
"""

import re

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters but tab and line ends
    "\ud800-\udfff\ufffe\uffff"  # what XML 1.0 forbids besides
    # Default_Ignorable_Code_Point
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    # Cf besides
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f]"
)


def printable(text: str) -> str:
    """The text without what XML forbids, a terminal obeys or nobody sees; line ends stay."""
    # Nearly all text of an image with 20,000 findings; the pattern takes ten times as long.
    if text.isascii() and text.isprintable():
        return text
    return _FORBIDDEN.sub("", text)


def one_line(text: str, longest: int) -> str:
    """The text on one line, of at most `longest` characters; a cut text ends in three dots."""
    return cut(" ".join(printable(text).split()), longest)


def cut(text: str, longest: int) -> str:
    """At most `longest` characters; a cut text ends in three dots."""
    return text if len(text) <= longest else text[: longest - 3] + "..."
