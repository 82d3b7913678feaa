"""An image that runs though its tag has moved on is found by its digest."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rescan.gate.active_image import Found
from rescan.gate.model import DetectedTag, ImageRecord, Outcome, Step
from rescan.gate.old_digest import find_by_digest
from rescan.gate.verdict import Judgement
from rescan.kernel import errors
from rescan.kernel.image_tag import Digest, ImageTag
from tests.support.anchore_answers import WHERE
from tests.support.fakes import NOON

TAG = ImageTag.parse("reg.io/app:1")
OLD, ARM, NEW, INDEX = (Digest(f"sha256:{letter * 64}") for letter in "abcd")
HOUR = timedelta(hours=1)


def record(
    digest: Digest,
    at: datetime,
    parent: Digest | None = None,
    status: str = "active",
    platform: str | None = None,
) -> ImageRecord:
    tags = (DetectedTag(str(TAG), at),)
    return ImageRecord(digest, tags, parent, image_status=status, platform=platform)


@dataclass
class Lists:
    """An Anchore that knows these images, or (None) answers that it knows none."""

    history: list[ImageRecord] | None
    asked: list[ImageTag] = field(default_factory=list)

    def active_images(self, tag: ImageTag) -> list[ImageRecord]:
        raise NotImplementedError

    def tag_history(self, tag: ImageTag) -> list[ImageRecord]:
        self.asked.append(tag)
        if self.history is None:
            raise errors.ImageUnknown("HTTP 404", **WHERE)
        return self.history


MOVED = [record(OLD, NOON - HOUR), record(NEW, NOON)]


def test_the_image_is_found_and_what_the_tag_is_on_now() -> None:
    anchore = Lists(MOVED)
    assert find_by_digest(anchore, TAG, OLD) == [Found(MOVED[0], current_digest=NEW)]
    assert anchore.asked == [TAG]


def test_what_the_tag_is_on_is_not_old() -> None:
    assert find_by_digest(Lists(MOVED), TAG, NEW) == [Found(MOVED[1])]


def test_all_platforms_of_an_old_index_are_found_by_its_digest() -> None:
    amd64 = record(OLD, NOON - HOUR, INDEX, platform="linux/amd64")
    arm64 = record(ARM, NOON - HOUR, INDEX, platform="linux/arm64")
    found = find_by_digest(Lists([amd64, MOVED[1], arm64]), TAG, INDEX)
    assert found == [
        Found(amd64, platform="linux/amd64", current_digest=NEW),
        Found(arm64, platform="linux/arm64", current_digest=NEW),
    ]


def test_an_index_that_the_tag_is_on_is_not_old_either() -> None:
    current = record(NEW, NOON, INDEX)
    assert find_by_digest(Lists([current]), TAG, INDEX) == [Found(current)]


def test_when_the_tag_is_on_nothing_the_image_is_not_old() -> None:
    elsewhere = ImageRecord(OLD, (DetectedTag("reg.io/app:2", NOON),))
    assert find_by_digest(Lists([elsewhere]), TAG, OLD) == [Found(elsewhere)]


def test_what_anchore_does_not_know_is_absent_and_named() -> None:
    for history in (None, [], MOVED[1:], [record(OLD, NOON, status="inactive"), MOVED[1]]):
        said = find_by_digest(Lists(history), TAG, OLD)
        assert isinstance(said, Judgement)
        assert (said.outcome, said.failed_step) == (Outcome.NOT_FOUND, Step.FIND_ACTIVE_IMAGE)
        assert OLD in said.reason
        assert str(TAG) in said.reason
