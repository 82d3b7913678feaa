"""What a sweep looks at: the tags of the watch list, and as WATCH has it what is active and runs.

    active    every active tag; what runs is not asked
    running   what the inventory saw running; when that is not known, the sweep fails
    all       both; when what runs is not known, every active tag

Tags that the watch list names are swept in any case, and its patterns hold for what runs, too.
"""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from aws_lambda_powertools import Logger
from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.inventory import Inventory, ReadInventory, RunningImage
from rescan.gate.model import Step
from rescan.gate.running import MOST_IMAGES, TagInventory
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError, AnchoreRefused
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.metrics import Metric, Tally
from rescan.kernel.watch_list import ListedTags, Watch, WatchList
from rescan.work.what_runs import Target, WhatRuns, joined

# The deadline, and the digests that run.
ActiveTags = Callable[[Deadline, AbstractSet[str]], ListedTags]
# What an earlier inventory saw, and this one cannot know of; None: nobody remembers.
LostImages = Callable[[Inventory], Iterable[RunningImage] | None]
_MOST_NAMED = 20


class Watched(Struct, frozen=True):
    """The tags of a sweep, each once; `listed` is what Anchore lists as active.

    `old` are the old digests that run, `inventory` None: what runs was not asked. It `may_lack`
    what runs in contexts that have vanished from it.
    """

    tags: tuple[ImageTag, ...]
    running: AbstractSet[ImageTag] = frozenset()
    listed: ListedTags = ListedTags()
    inventory: Inventory | None = None
    old: tuple[Target, ...] = ()
    what_runs: WhatRuns = WhatRuns()
    may_lack: bool = False

    def seen(self, target: Target, at: datetime) -> TagInventory | None:
        """What the inventory of the sweep that began then says of it; None: it was not asked.

        What Anchore lists a tag on comes first, so that nothing else takes its place in a message.
        """
        if self.inventory is None:
            return None
        images = self.what_runs.of(target)[:MOST_IMAGES]
        known = self.inventory.doubt is None and not self.may_lack
        return TagInventory(at, tuple(replace(image, name=None) for image in images), known)

    def sees_no_longer(self, target: Target) -> bool:
        """Whether it is an old digest, and a fresh inventory has it nowhere under its tag."""
        if target[1] is None or self.inventory is None or self.inventory.doubt is not None:
            return False
        return not self.what_runs.has(target)

    def without_tag(self, targets: Iterable[Target]) -> list[str]:
        """The digests that run and that none of the targets is: no tag is known to be on them."""
        known = {*chain(*self.listed.running.values()), *(digest for _, digest in targets)}
        return sorted(self.what_runs.without_tag - known)

    def is_current(self, target: Target) -> bool:
        """Whether Anchore lists the tag on this digest."""
        tag, digest = target
        return digest in self.listed.running.get(tag, ())


class Watching(NamedTuple):
    """`read_inventory` None: what runs is not asked."""

    watch: Watch
    active_tags: ActiveTags
    read_inventory: ReadInventory | None
    tally: Tally
    logger: Logger

    def watched(
        self,
        watch_list: WatchList,
        deadline: Deadline,
        lost: LostImages = lambda _: (),
        active_tags: ActiveTags | None = None,
    ) -> Watched:
        """What the sweep looks at; what leaves an image unwatched is logged. AnchoreError.

        A watch list that names all its tags needs neither request. Each of the two may use half of
        the time that is left. What is `lost` counts as running. `active_tags` lists the tags in
        place of its own.
        """
        if not watch_list.needs_listing:
            return Watched(tuple(watch_list.select(())))
        inventory = self.inventory(deadline.half())
        vanished = lost(inventory) if inventory else ()
        images = [*(inventory.images if inventory else ()), *(vanished or ())]
        listed = (active_tags or self.active_tags)(deadline.half(), digests_of(images))
        watched = self.looked_at(watch_list, inventory, images, listed)
        watched = replace(watched, may_lack=vanished is None)
        candidates = {*self._active(listed, watched.running), *watched.what_runs.named}
        for pattern in watch_list.unmatched(candidates):
            self.logger.warning("a watched pattern matches no active tag", pattern=pattern)
        return watched

    def looked_at(
        self,
        watch_list: WatchList,
        inventory: Inventory | None,
        images: Iterable[RunningImage],
        listed: ListedTags,
        is_asked: Callable[[RunningImage], bool] = lambda _: True,
    ) -> Watched:
        """What a sweep looks at of these tags, and of the images that run and are asked for."""
        self._warn(listed)
        what_runs = joined(images, listed, is_asked)
        running = {*what_runs.named, *listed.running}
        candidates = dict.fromkeys((*self._active(listed, running), *what_runs.named))
        tags = tuple(watch_list.select(candidates))
        patterned = frozenset(watch_list.select({tag for tag, _ in what_runs.old}))
        old = tuple(target for target in what_runs.old if target[0] in patterned)
        return Watched(tags, running, listed, inventory, old, what_runs)

    def _active(self, listed: ListedTags, running: AbstractSet[ImageTag]) -> Iterator[ImageTag]:
        return (tag for tag in listed.tags if self.watch != "running" or tag in running)

    def inventory(self, deadline: Deadline) -> Inventory | None:
        """What runs; None: it is not asked. AnchoreError when only that is watched."""
        if self.read_inventory is None:
            return None
        try:
            inventory = self.read_inventory(deadline)
        except AnchoreError as error:
            if self.watch == "running":
                raise
            inventory = Inventory(doubt=error.problem)
        self._tell(inventory)
        if inventory.doubt and self.watch == "running":
            raise _unknown(inventory.doubt)
        return inventory

    def _tell(self, inventory: Inventory) -> None:
        self.tally.add(Metric.INVENTORY_KNOWN, inventory.doubt is None)
        if inventory.doubt:
            self.logger.warning("what runs is not known", reason=inventory.doubt)
        self.logger.info(
            "inventory read",
            images=len(inventory.images),
            contexts=len(inventory.contexts),
            stale=sorted(inventory.stale)[:_MOST_NAMED],
            unread=inventory.unread,
        )

    def _warn(self, listed: ListedTags) -> None:
        if listed.unwatched:
            self.logger.error(
                "some rows of Anchore's list of tags are not watched",
                not_tags=listed.not_tags[:_MOST_NAMED],
                missed=listed.missed,
            )


def digests_of(images: Iterable[RunningImage]) -> frozenset[Digest]:
    """Those on which they run."""
    return frozenset(image.digest for image in images if image.digest)


def _unknown(doubt: str) -> AnchoreRefused:
    return AnchoreRefused(
        f"what runs is not known: {doubt}",
        step=Step.LIST_INVENTORIES,
        request="GET /inventories",
        advice="See to the agents that report to Anchore's inventory, or set WATCH to all.",
    )
