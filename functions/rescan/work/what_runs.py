"""What runs, joined with the tags that Anchore lists: by a tag's name, by a digest it is on. Pure.

A digest that runs under a tag which is on another one is an old digest, and one of its own. So is
one that Anchore lists under no tag: nobody has analyzed it, or it is no longer active. Docker Hub's
images run as docker.io/library/nginx, and are docker.io/nginx in Anchore: what is active under
another tag, while the one that it runs under is not, is that one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TypeAlias

from msgspec import Struct

from rescan.gate.inventory import RunningImage
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.watch_list import ListedTags

# What is gated: a tag, or (the digest is set) an old digest that runs under it.
Target: TypeAlias = tuple[ImageTag, Digest | None]


class WhatRuns(Struct, frozen=True):
    """The images, by what is to be gated; of a tag those come first that Anchore lists it on.

    `named` are the tags that rows name; of an image that is active under another tag, none.
    `digests` has all images by their digests.
    """

    images: Mapping[Target, Sequence[RunningImage]] = {}
    named: Sequence[ImageTag] = ()
    digests: Mapping[str, Sequence[RunningImage]] = {}

    def of(self, target: Target) -> Sequence[RunningImage]:
        """The images that are gated so; of an old digest also while its tag is back on it."""
        tag, digest = target
        if target in self.images or digest is None:
            return self.images.get(target, ())
        return [image for image in self.digests.get(digest, ()) if image.tag in (None, tag)]

    def has(self, target: Target) -> bool:
        """Whether the digest runs under the tag; a row without a name may be of any tag."""
        tag, digest = target
        return any(image.tag in (None, tag) for image in self.digests.get(digest or "", ()))

    @property
    def without_tag(self) -> set[str]:
        """The digests that no row names with a tag."""
        return {
            digest
            for digest, images in self.digests.items()
            if all(image.tag is None for image in images)
        }

    @property
    def old(self) -> Iterator[Target]:
        """The old digests, each under the tag under which it runs."""
        return (target for target in self.images if target[1] is not None)


def joined(
    images: Iterable[RunningImage],
    listed: ListedTags,
    is_asked: Callable[[RunningImage], bool] = lambda _: True,
) -> WhatRuns:
    """The images as Anchore lists them; those that are not asked for only by their digests."""
    active, found = frozenset(listed.tags), frozenset(chain(*listed.running.values()))
    named: dict[ImageTag, None] = {}
    by_target: defaultdict[Target, dict[RunningImage, None]] = defaultdict(dict)
    by_digest: defaultdict[str, list[RunningImage]] = defaultdict(list)
    for image in images:
        tag, digest = image.tag, image.digest
        if digest is not None:
            by_digest[digest].append(image)
        if tag is None or not is_asked(image):
            continue
        by_target[tag, None][image] = None
        if tag in active or digest is None:
            named[tag] = None
        is_own = digest is None or digest in listed.running.get(tag, ())
        if not is_own and (tag in active or digest not in found):
            by_target[tag, digest][image] = None
    for tag, digests in listed.running.items():
        own = dict.fromkeys(chain.from_iterable(by_digest[digest] for digest in digests))
        by_target[tag, None] = own | by_target[tag, None]
    by = {target: tuple(each) for target, each in by_target.items()}
    return WhatRuns(by, tuple(named), by_digest)
