"""Finds an image that runs under a tag which has moved on: by its digest. Pure.

The list with all digests that ever bore the tag has the image, and the one that the tag is on now.
"""

from collections.abc import Iterable
from typing import Protocol

from rescan.gate.model import ImageRecord
from rescan.kernel.errors import ImageUnknown
from rescan.kernel.image_tag import Digest, ImageTag


class TagHistory(Protocol):
    """What this step asks; it raises `AnchoreError`."""

    def tag_history(self, tag: ImageTag) -> list[ImageRecord]:
        """The active images that bear the tag or ever bore it."""
        ...


def history_of(anchore: TagHistory, tag: ImageTag) -> list[ImageRecord]:
    """All of them; none where Anchore does not know the tag."""
    try:
        return anchore.tag_history(tag)
    except ImageUnknown:
        return []


def record_of(digest: Digest, listed: Iterable[ImageRecord]) -> ImageRecord | None:
    """The first active record with the digest, as its own or its parent's.

    That it bears the tag is not asked: the digest alone says which image it is.
    """
    return next((one for one in listed if one.is_active and one.is_called(digest)), None)
