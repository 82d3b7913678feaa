"""What a sweep looks at: the tags of the watch list, and as WATCH has it what is active and runs.

    active    every active tag; what runs is not asked
    running   what the inventory saw running; when that is not known, the sweep fails
    all       both; when what runs is not known, every active tag

Tags that the watch list names are swept in any case, and its patterns hold for what runs, too.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import chain, islice
from typing import NamedTuple

from aws_lambda_powertools import Logger
from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.inventory import Inventory, ReadInventory, RunningImage
from rescan.gate.model import Step
from rescan.gate.running import MOST_IMAGES, TagInventory
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError, AnchoreRefused
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.metrics import Metric, Tally
from rescan.kernel.watch_list import ListedTags, Watch, WatchList

# The deadline, and the digests that run.
ActiveTags = Callable[[Deadline, AbstractSet[str]], ListedTags]
# What an earlier inventory saw, and this one cannot know of.
LostImages = Callable[[Inventory], Iterable[RunningImage]]
_MOST_NAMED = 20


# Of each tag what the rows call by its name, or by a digest that it is on.
_ByTag = Mapping[ImageTag, Mapping[RunningImage, None]]


class Watched(Struct, frozen=True):
    """The tags of a sweep, each once; `listed` is what Anchore lists as active.

    `inventory` None: what runs was not asked. `images` are what runs, by tag.
    """

    tags: tuple[ImageTag, ...]
    running: AbstractSet[ImageTag] = frozenset()
    listed: ListedTags = ListedTags()
    inventory: Inventory | None = None
    images: _ByTag = {}

    def seen(self, tag: ImageTag, at: datetime) -> TagInventory | None:
        """What the inventory of the sweep that began then says of the tag; None: it was not asked.

        What Anchore lists it on comes first, so that nothing else takes its place in a message.
        """
        if self.inventory is None:
            return None
        if self.inventory.doubt:
            return TagInventory(at, known=False)
        images = islice(self.images.get(tag, ()), MOST_IMAGES)
        return TagInventory(at, tuple(replace(image, name=None) for image in images))


class Watching(NamedTuple):
    """`read_inventory` None: what runs is not asked."""

    watch: Watch
    active_tags: ActiveTags
    read_inventory: ReadInventory | None
    tally: Tally
    logger: Logger

    def watched(
        self, watch_list: WatchList, deadline: Deadline, lost: LostImages = lambda _: ()
    ) -> Watched:
        """What the sweep looks at; what leaves an image unwatched is logged. AnchoreError.

        A watch list that names all its tags needs neither request. Each of the two may use half of
        the time that is left. What is `lost` counts as running.
        """
        if not watch_list.needs_listing:
            return Watched(tuple(watch_list.select(())))
        inventory = self._inventory(deadline.half())
        images = [*inventory.images, *lost(inventory)] if inventory else []
        digests = {image.digest for image in images if image.digest}
        listed = self.active_tags(deadline.half(), digests)
        named = dict.fromkeys(_named(images, listed))
        running = named.keys() | listed.running.keys()
        candidates = dict.fromkeys((*self._active(listed, running), *named))
        self._warn(watch_list, listed, candidates.keys())
        tags = tuple(watch_list.select(candidates))
        return Watched(tags, running, listed, inventory, _by_tag(images, listed))

    def _active(self, listed: ListedTags, running: AbstractSet[ImageTag]) -> Iterator[ImageTag]:
        return (tag for tag in listed.tags if self.watch != "running" or tag in running)

    def _inventory(self, deadline: Deadline) -> Inventory | None:
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

    def _warn(
        self, watch_list: WatchList, listed: ListedTags, candidates: AbstractSet[ImageTag]
    ) -> None:
        for pattern in watch_list.unmatched(candidates):
            self.logger.warning("a watched pattern matches no active tag", pattern=pattern)
        if listed.unwatched:
            self.logger.error(
                "some rows of Anchore's list of tags are not watched",
                not_tags=listed.not_tags[:_MOST_NAMED],
                missed=listed.missed,
            )


def _named(images: Iterable[RunningImage], listed: ListedTags) -> Iterator[ImageTag]:
    """The tags that the rows name; of an image that is active under another tag, none but active.

    Docker Hub's images run as docker.io/library/nginx, and are docker.io/nginx in Anchore.
    """
    active = frozenset(listed.tags)
    found = frozenset(chain.from_iterable(listed.running.values()))
    for image in images:
        tag = image.tag
        if tag is not None and (tag in active or image.digest not in found):
            yield tag


def _by_tag(images: Iterable[RunningImage], listed: ListedTags) -> _ByTag:
    named: defaultdict[ImageTag, dict[RunningImage, None]] = defaultdict(dict)
    by_digest: defaultdict[str, list[RunningImage]] = defaultdict(list)
    for image in images:
        if (tag := image.tag) is not None:
            named[tag][image] = None
        if image.digest is not None:
            by_digest[image.digest].append(image)
    for tag, digests in listed.running.items():
        own = dict.fromkeys(chain.from_iterable(by_digest[digest] for digest in digests))
        named[tag] = own | named[tag]
    return named


def _unknown(doubt: str) -> AnchoreRefused:
    return AnchoreRefused(
        f"what runs is not known: {doubt}",
        step=Step.LIST_INVENTORIES,
        request="GET /inventories",
        advice="See to the agents that report to Anchore's inventory, or set WATCH to all.",
    )
