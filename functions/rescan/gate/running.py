"""Where an image runs, as the inventory of a sweep saw it. Pure.

A sweep asks for what runs before anybody knows which digest a tag is on, so it sends along what the
inventory says of the tag (`TagInventory`); the places of the digest that is found are remembered
(`Running`). Between sweeps these stay as they were.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.inventory import MOST_PLACES, Place, RunningImage, last_seen
from rescan.kernel.image_tag import Digest

# Of one tag. Each has three places of at most 300 characters: ten messages stay below 1 MiB.
MOST_IMAGES = 10


class Running(Struct, frozen=True, omit_defaults=True):
    """Where an image was seen running, as of the sweep that began `at`; `total` 0: nowhere.

    `places` are the ones that were seen last, of `total`. `digests` are the image's own, and its
    parent's; those by which it was seen come first. `known` False: that sweep could not tell, and
    these are the places that it saw, and those of an earlier one.
    """

    at: datetime
    digests: tuple[Digest, ...] = ()
    places: tuple[Place, ...] = ()
    total: int = 0
    known: bool = True

    def about(self, digest: Digest | None) -> "Running | None":
        """The same, if it is known and of this digest (None: of whatever the tag is on)."""
        is_it = digest is None or digest in self.digests
        return self if self.known and is_it else None

    @property
    def has_further(self) -> bool:
        """Whether it runs in more places than are named."""
        return self.total > len(self.places)

    def lost(self, contexts: Collection[str]) -> tuple[Place, ...]:
        """The places in contexts that nobody reports any more.

        All of them when there are further ones, which may be in such a context.
        """
        if contexts and self.has_further:
            return self.places
        return tuple(place for place in self.places if place.context in contexts)


class TagInventory(Struct, frozen=True, omit_defaults=True):
    """What the inventory of the sweep that began `at` says of one tag.

    `images` are those that its rows name by the tag, or by a digest that it was on. `known` False:
    the inventory has a doubt, and may have seen these long ago.
    """

    at: datetime
    images: tuple[RunningImage, ...] = ()
    known: bool = True

    @property
    def digests(self) -> frozenset[Digest]:
        """Those that its rows name: of platforms, or of an index, which says of no platform."""
        return frozenset(one.digest for one in self.images if one.digest)

    def of(self, digests: tuple[Digest, ...]) -> Running:
        """Where the image with these digests runs; a row without a digest is of any."""
        found = [one for one in self.images if one.digest is None or one.digest in digests]
        places = _newest_first(place for one in found for place in one.places)
        total = len(places) + sum(one.total - len(one.places) for one in found)
        seen = (digest for digest in digests if digest in self.digests)
        digests = tuple(dict.fromkeys((*seen, *digests)))
        return Running(self.at, digests, places[:MOST_PLACES], total)


def running_after(
    before: Running | None, seen: TagInventory | None, digests: tuple[Digest, ...]
) -> Running | None:
    """What is remembered after a result of a sweep that says this of the tag.

    `digests` are those of the image that was found; none was: it stays the one before. A sweep that
    did not ask what runs (`seen` None) leaves nothing.
    """
    if seen is None or (before is not None and before.at > seen.at):
        return before if seen else None
    if not seen.known and before is not None and before.places:
        return _with_earlier(seen.of(before.digests), before)
    after = seen.of(digests or (before.digests if before else ()))
    return after if seen.known else replace(after, known=False)


def _with_earlier(seen: Running, before: Running) -> Running:
    """What a doubted inventory sees of the image, and where an earlier one did: it lacks some."""
    places = _newest_first((*seen.places, *before.places))
    total = max(len(places), seen.total, before.total)
    return replace(seen, places=places[:MOST_PLACES], total=total, known=False)


def _newest_first(places: Iterable[Place]) -> tuple[Place, ...]:
    """Each place once, as it was seen last."""
    each: dict[tuple[str, str], Place] = {}
    for place in sorted(places, key=last_seen, reverse=True):
        each.setdefault((place.type, place.context), place)
    return tuple(each.values())
