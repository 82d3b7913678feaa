"""The subject of a notice: what kind it is, how bad, and the image."""

import re

from rescan.kernel.image_tag import ImageTag
from rescan.kernel.safe_text import cut, one_line
from rescan.notice.markdown import Quote

_LONGEST = 99
_NOT_PRINTABLE = re.compile(r"[^ -~]")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9:/_.-]")


def subject(start: str, tag: ImageTag, end: str = "", quote: Quote = str) -> str:
    """At most 99 printable ASCII characters; a long image name loses its beginning."""
    return start + quote(_from_the_left(short_name(tag), _LONGEST - len(start) - len(end))) + end


def plain_subject(text: str) -> str:
    """The same bounds for a subject that names no single image; a long one loses its end."""
    return cut(_NOT_PRINTABLE.sub("?", text), _LONGEST)


def name_in_text(tag: ImageTag) -> str:
    """repository:tag for the body, which may hold any alphabet."""
    return one_line(f"{tag.repository}:{tag.tag}", 400)


def short_name(tag: ImageTag) -> str:
    """repository:tag in printable ASCII; the registry stands in the body."""
    return _NOT_PRINTABLE.sub("?", f"{tag.repository}:{tag.tag}")


def resource_name(text: str) -> str:
    """The full name or the digest with nothing but the characters that such names are made of."""
    return _from_the_left(_NOT_IN_A_NAME.sub("?", text), 512)


def _from_the_left(text: str, longest: int) -> str:
    """A tag tells more than the first folder of a repository, so the end is what stays."""
    return text if len(text) <= longest else "..." + text[-(longest - 3) :]
