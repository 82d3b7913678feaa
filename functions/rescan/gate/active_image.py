"""findActiveImage: which record of Anchore's bears a tag, and how it stands to a push. Pure."""

from datetime import UTC, datetime

from rescan.gate.model import ImageRecord, RescanRequest
from rescan.kernel.image_tag import ImageTag

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def newest_that_bears(tag: ImageTag, listed: list[ImageRecord]) -> ImageRecord | None:
    """Never trust the server's filter: a parameter that it does not know, it ignores.

    Among equals max() keeps the first, which is Anchore's own order (newest first), and the
    document's rule for records that carry no tags.
    """
    bearing = [image for image in listed if image.bears(tag)]
    return max(bearing, key=lambda image: image.detected_at(tag) or _LONG_AGO, default=None)


def unverified(image: ImageRecord) -> tuple[str, ...]:
    """A note where the record cannot say which tags it bears."""
    if image.tags is None:
        return ("this dialect's records carry no tags: the image's tag is not verified",)
    return ()


def is_newer_than_the_push(image: ImageRecord, request: RescanRequest) -> bool:
    """The trigger names another digest: was the tag moved on since, or is Anchore late?"""
    pushed_at, detected_at = request.trigger.at, image.detected_at(request.tag)
    return pushed_at is not None and detected_at is not None and detected_at > pushed_at


def superseded(image: ImageRecord, request: RescanRequest) -> str:
    """The note that another image was evaluated than the one that was pushed."""
    return (
        f"the push of {request.digest} is superseded: since {image.detected_at(request.tag)}"
        f" the tag is on {image.digest}, which was evaluated instead"
    )
