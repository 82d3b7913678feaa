"""Finds an image that runs under a tag which has moved on: by its digest.

The list with all digests that ever bore the tag has the image, and the one that the tag is on now.
"""

from rescan.gate.active_image import Found, TagLists, absent, by_platform
from rescan.gate.model import ImageRecord
from rescan.gate.platforms import of_one_image
from rescan.gate.verdict import Judgement
from rescan.kernel.errors import ImageUnknown
from rescan.kernel.image_tag import Digest, ImageTag


def find_by_digest(anchore: TagLists, tag: ImageTag, digest: Digest) -> list[Found] | Judgement:
    """The image with the digest, its own or its index's, by its platforms; or why it ends here.

    That it bears the tag still is not asked: the digest alone says which image it is.
    """
    listed = _history(anchore, tag)
    records = [one for one in listed if one.is_active and one.is_called(digest)]
    if not records:
        return absent(f"Anchore does not know {digest}, which runs under {tag}")
    current = of_one_image(tag, listed)
    is_current = not current or any(one.is_called(digest) for one in current)
    return by_platform(records, current_digest=None if is_current else current[0].digest)


def _history(anchore: TagLists, tag: ImageTag) -> list[ImageRecord]:
    try:
        return anchore.tag_history(tag)
    except ImageUnknown:
        return []
