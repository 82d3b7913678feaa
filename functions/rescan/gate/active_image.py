"""findActiveImage: which records of Anchore's are the image that bears a tag, by its platforms.

The request may name the image's digest: then no other one is found, unless it was pushed later.

    the tag's image was not         Anchore has not caught up: pending
    detected after the push
    it was, and so was that of      the push is superseded
    the push, before it
    it was, and Anchore has not     pending while `awaits_push`, for it may have learned late of an
    learned of the push             earlier one; superseded after that
"""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from rescan.gate.model import ImageRecord, Outcome, RescanRequest, Step
from rescan.gate.platforms import newest_that_bears, of_one_image, platform_names
from rescan.gate.verdict import Judgement
from rescan.kernel.errors import ImageUnknown
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag


class TagLists(Protocol):
    """What this step asks; each call raises `AnchoreError`."""

    def active_images(self, tag: ImageTag) -> list[ImageRecord]:
        """The active images that Anchore lists for the tag, in its order."""
        ...

    def tag_history(self, tag: ImageTag) -> list[ImageRecord]:
        """The active images that bear the tag or ever bore it."""
        ...


class Found(Struct, frozen=True):
    """A record to gate, and what its report must say; `platform` is set where there are several.

    `current_digest` is what the tag is on, of an image from which it has moved on.
    """

    record: ImageRecord
    notes: tuple[str, ...] = ()
    platform: str | None = None
    current_digest: Digest | None = None

    @property
    def digest(self) -> Digest:
        """That of the record, not of its index."""
        return self.record.digest


def find_active_image(anchore: TagLists, request: RescanRequest) -> list[Found] | Judgement:
    """The image that bears the tag, by its platforms; or why the workflow ends here.

    The newest record says which image that is.
    """
    records = _records(anchore, request.tag)
    if not records:
        reason = f"Anchore has no active image with the tag {request.tag}"
        return absent(reason)
    newest, notes = records[0], _unverified(records[0])
    known = {*(record.digest for record in records), newest.parent_digest}
    if request.digest is not None and request.digest not in known:
        history = _history_since(anchore, newest, request)
        if history is None:
            reason = (
                f"Anchore has not caught up: the tag is on {newest.digest}, not {request.digest}"
            )
            return pending(reason, Step.FIND_ACTIVE_IMAGE)
        # It is the newer answer: it may have platforms that the list had not.
        records = of_one_image(request.tag, [*records, *history])
        notes = (*notes, _superseded(records[0], request))
    return by_platform(records, notes)


def by_platform(
    records: list[ImageRecord], notes: tuple[str, ...] = (), current_digest: Digest | None = None
) -> list[Found]:
    """The records of one image, by platform where there are several."""
    if len(records) == 1:
        return [Found(records[0], notes, current_digest=current_digest)]
    named = zip(records, platform_names(records), strict=True)
    return [Found(record, notes, platform, current_digest) for record, platform in named]


def _records(anchore: TagLists, tag: ImageTag) -> list[ImageRecord]:
    """Those of one image, newest first. Anchore lists the newest of a tag, unless asked for all.

    A history without any image contradicts the list, and so is an error: others may be missing.
    """
    listed = _listed(anchore, tag)
    newest = newest_that_bears(tag, listed)
    if newest is not None and newest.is_of_index:
        listed += anchore.tag_history(tag)
    return of_one_image(tag, listed)


def _listed(anchore: TagLists, tag: ImageTag) -> list[ImageRecord]:
    try:
        return anchore.active_images(tag)
    except ImageUnknown:
        return []


def _unverified(image: ImageRecord) -> tuple[str, ...]:
    if image.tags is None:
        return ("this dialect's records carry no tags: the image's tag is not verified",)
    return ()


def _history_since(
    anchore: TagLists, newest: ImageRecord, request: RescanRequest
) -> list[ImageRecord] | None:
    """What Anchore has of the tag, where the push is superseded; None: it is not.

    It is once Anchore learned of this push and then of a later one, or had the time to. The history
    costs a request, so only a push that seems to be superseded asks for it.
    """
    if not _is_newer_than_the_push(newest, request):
        return None
    if not request.awaits_push:
        return []
    history, pushed = anchore.tag_history(request.tag), request.digest
    # It may have learned of this push since it listed the newest.
    is_superseded = any(
        pushed in (one.digest, one.parent_digest)
        and _is_newer_than_the_push(one, request)
        and not _is_newer(one, request.tag, newest.detected_at(request.tag))
        for one in history
    )
    return history if is_superseded else None


def _is_newer_than_the_push(image: ImageRecord, request: RescanRequest) -> bool:
    """Whether Anchore detected the tag on the image after the push."""
    return _is_newer(image, request.tag, request.trigger.at)


def _is_newer(image: ImageRecord, tag: ImageTag, than: datetime | None) -> bool:
    detected_at = image.detected_at(tag)
    return than is not None and detected_at is not None and detected_at > than


def _superseded(image: ImageRecord, request: RescanRequest) -> str:
    return (
        f"the push of {request.digest} is superseded: since {image.detected_at(request.tag)}"
        f" the tag is on {image.digest}, which was evaluated instead"
    )


def absent(reason: str) -> Judgement:
    """Anchore has no such image."""
    cause = FailureCause.NOT_FOUND
    return Judgement(Outcome.NOT_FOUND, reason, cause, Step.FIND_ACTIVE_IMAGE)


def pending(reason: str, step: Step) -> Judgement:
    """What passes by itself, once Anchore has finished."""
    return Judgement(Outcome.PENDING, reason, FailureCause.NOT_ANALYZED, step)
