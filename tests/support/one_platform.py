"""What an Anchore whose images have one platform each is never asked."""

from typing import NoReturn

from rescan.kernel.image_tag import ImageTag


class OnePlatform:
    """A base of fakes."""

    def tag_history(self, tag: ImageTag) -> NoReturn:
        raise AssertionError("the history of a tag is of images of several platforms")

    def share(self, number: int) -> NoReturn:
        raise AssertionError("one platform has all the time that is left")
