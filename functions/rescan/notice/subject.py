"""Names of images where their length or their alphabet is limited: in subjects and in links."""

import re

from rescan.kernel.image_tag import ImageTag
from rescan.kernel.safe_text import cut
from rescan.notice.foreign import foreign

_LONGEST = 99
_NOT_PRINTABLE = re.compile(r"[^ -~]")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9:/_.-]")


def image_subject(start: str, tag: ImageTag, end: str = "") -> str:
    """At most 99 printable ASCII characters; a long image name loses its beginning.

    The registry stands in the body.
    """
    name = _NOT_PRINTABLE.sub("?", f"{tag.repository}:{tag.tag}")
    return start + foreign(_from_the_left(name, _LONGEST - len(start) - len(end))) + end


def plain_subject(text: str) -> str:
    """The text within the same bounds; a long one loses its end."""
    return cut(_NOT_PRINTABLE.sub("?", text), _LONGEST)


def resource_name(text: str) -> str:
    """The full name or the digest with nothing but the characters that such names are made of."""
    return _from_the_left(_NOT_IN_A_NAME.sub("?", text), 512)


def _from_the_left(text: str, longest: int) -> str:
    """A tag tells more than the first folder of a repository, so the end is what stays."""
    return text if len(text) <= longest else "..." + text[-(longest - 3) :]
