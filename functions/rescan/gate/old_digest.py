"""Finds an image that runs under a tag which has moved on: by its digest.

The list with all digests that ever bore the tag has the image, and the one that the tag is on now.
"""

from typing import Protocol

from msgspec import Struct

from rescan.gate.active_image import newest_that_bears
from rescan.gate.model import ImageRecord, Outcome, Step
from rescan.gate.verdict import Judgement
from rescan.kernel.errors import ImageUnknown
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag


class TagHistory(Protocol):
    """What this step asks; it raises `AnchoreError`."""

    def tag_history(self, tag: ImageTag) -> list[ImageRecord]:
        """The active images that bear the tag or ever bore it."""
        ...


class FoundByDigest(Struct, frozen=True):
    """The record of the image, and what the tag is on, if it has moved on from it."""

    record: ImageRecord
    current_digest: Digest | None = None


def find_by_digest(anchore: TagHistory, tag: ImageTag, digest: Digest) -> FoundByDigest | Judgement:
    """The image with the digest, its own or its parent's; or why the workflow ends here.

    That it bears the tag still is not asked: the digest alone says which image it is.
    """
    listed = _history(anchore, tag)
    image = next((one for one in listed if one.is_active and one.is_called(digest)), None)
    if image is None:
        reason = f"Anchore does not know {digest}, which runs under {tag}"
        cause = FailureCause.NOT_FOUND
        return Judgement(Outcome.NOT_FOUND, reason, cause, Step.FIND_ACTIVE_IMAGE)
    current = newest_that_bears(tag, listed) or image
    return FoundByDigest(image, None if current.is_called(digest) else current.digest)


def _history(anchore: TagHistory, tag: ImageTag) -> list[ImageRecord]:
    try:
        return anchore.tag_history(tag)
    except ImageUnknown:
        return []
