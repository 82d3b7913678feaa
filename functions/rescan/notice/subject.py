"""The subject of a notice: what kind it is, how bad, and the image."""

import re

from rescan.image_tag import ImageTag
from rescan.plain_text import one_line

__all__ = ["name_in_text", "short_name", "subject"]

_LONGEST = 99
_NOT_PRINTABLE = re.compile(r"[^ -~]")


def subject(start: str, tag: ImageTag, end: str = "") -> str:
    """At most 99 printable ASCII characters; a long image name loses its beginning."""
    return start + _from_the_left(short_name(tag), _LONGEST - len(start) - len(end)) + end


def name_in_text(tag: ImageTag) -> str:
    """repository:tag for the body, which may hold any alphabet."""
    return one_line(f"{tag.repository}:{tag.tag}", 400)


def short_name(tag: ImageTag) -> str:
    """repository:tag in printable ASCII; the registry stands in the body."""
    return _NOT_PRINTABLE.sub("?", f"{tag.repository}:{tag.tag}")


def _from_the_left(text: str, longest: int) -> str:
    """A tag tells more than the first folder of a repository, so the end is what stays."""
    return text if len(text) <= longest else "..." + text[-(longest - 3) :]
