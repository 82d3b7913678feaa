"""Which tags are watched: named ones, and patterns over those that Anchore lists as active."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct

from rescan.kernel.image_tag import Digest, ImageTag, TagPattern

Watch = Literal["active", "running", "all"]


class ListedTags(Struct, frozen=True):
    """The active tags as Anchore lists them, each once.

    `not_tags` names the rows that are no tag; `missed` counts the rows that its pages left out.
    Either leaves images unwatched. `running` has the tags whose image was seen running by its
    digest or its parent's, with those digests.
    """

    tags: tuple[ImageTag, ...] = ()
    not_tags: tuple[str, ...] = ()
    missed: int = 0
    running: Mapping[ImageTag, tuple[Digest, ...]] = {}

    @property
    def unwatched(self) -> int:
        """How many rows give no tag to watch."""
        return len(self.not_tags) + self.missed


class WatchList(Struct, frozen=True):
    """Tags and patterns; with neither, every active tag is watched."""

    tags: tuple[ImageTag, ...] = ()
    patterns: tuple[TagPattern, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "WatchList":
        """Read entries such as `team/app:1.4` or `*/team/*:prod-*`; ValueError names a bad one."""
        words = [entry.strip() for entry in entries if entry.strip()]
        return cls(
            tags=tuple(ImageTag.parse(word) for word in words if "*" not in word),
            patterns=tuple(TagPattern.parse(word) for word in words if "*" in word),
        )

    @property
    def needs_listing(self) -> bool:
        """Whether the active tags must be listed to know what is watched."""
        return bool(self.patterns) or not self.tags

    def select(self, active: Iterable[ImageTag]) -> Iterator[ImageTag]:
        """The watched tags, each once: named tags first, then active ones that match."""
        yield from dict.fromkeys(self.tags)
        everything = not self.tags and not self.patterns
        for tag in active:
            if tag not in self.tags and (everything or self._matches(tag)):
                yield tag

    def unmatched(self, active: Iterable[ImageTag]) -> tuple[str, ...]:
        """The patterns that match no active tag: a typo there would watch nothing, silently."""
        tags = list(active)
        return tuple(p.pattern for p in self.patterns if not any(map(p.matches, tags)))

    def _matches(self, tag: ImageTag) -> bool:
        return any(pattern.matches(tag) for pattern in self.patterns)
