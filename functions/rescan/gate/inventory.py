"""What runs where, as Anchore's inventory saw it. Pure.

Agents report it by context: a namespace of a cluster, or a cluster of ECS. A context is stale when
its newest row is older than `within`, since its agent may have stopped: what ran there counts as
running still. In a context that is not, a row that is older than that is of what has ended.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from rescan.kernel.deadline import Deadline
from rescan.kernel.image_tag import Digest, ImageTag

# Of the places of an image; one may run in hundreds of namespaces.
MOST_PLACES = 3
# For so long what ran in a context that has vanished counts as running.
KEPT = timedelta(days=30)
# Characters of names and moments; an item takes 400 KB.
_ROOM, _MOMENT = 150_000, 40
_NEVER = datetime.min.replace(tzinfo=UTC)


class Place(Struct, frozen=True, gc=False, omit_defaults=True):
    """Where an image runs: `type` is ecs or kubernetes; moments (aware) that are not told are None.

    `since` is when the inventory noted it there.
    """

    type: str
    context: str
    last_seen: datetime | None = None
    since: datetime | None = None


class RunningImage(Struct, frozen=True):
    """An image that runs, as the rows name it: by the full name of a tag, a digest, or both.

    The digest may be that of the index that the image's platform is one of. `places` are the ones
    that were seen last, of `total`.
    """

    name: str | None
    digest: Digest | None
    places: tuple[Place, ...]
    total: int

    @property
    def tag(self) -> ImageTag | None:
        """The tag; None when the name is none."""
        try:
            return ImageTag.parse(self.name) if self.name else None
        except ValueError:
            return None


class Inventory(Struct, frozen=True):
    """What runs; `doubt` says why that is not known, and is None when it is.

    `contexts` has when anything was last seen in each (aware), those that are `stale` included.
    `unread` counts the rows that name no image, or cannot be read.
    """

    images: tuple[RunningImage, ...] = ()
    contexts: Mapping[str, datetime] = {}
    stale: frozenset[str] = frozenset()
    unread: int = 0
    doubt: str | None = None


class InventoryRecord(Struct, frozen=True):
    """What a sweep keeps of the inventory: `doubt` and `contexts` as in `Inventory`.

    A context that has vanished since stays among them for 30 days. They are at most as many as an
    item of the ledger has room for, the ones that were seen last.
    """

    doubt: str | None = None
    contexts: Mapping[str, datetime] = {}

    def vanished(self, inventory: Inventory) -> list[str]:
        """The contexts that the inventory no longer names: what ran there may run still."""
        return sorted(self.contexts.keys() - inventory.contexts.keys())

    def followed_by(self, inventory: Inventory, now: datetime) -> "InventoryRecord":
        """The record after this inventory."""
        kept = {name: seen for name, seen in self.contexts.items() if seen > now - KEPT}
        return InventoryRecord(inventory.doubt, dict(_that_fit(kept | {**inventory.contexts})))


# AnchoreError when the inventory cannot be read.
ReadInventory = Callable[[Deadline], Inventory]
# The name of a tag, the digest, and the place; None: a row that names no image or cannot be read.
Row = tuple[str | None, Digest | None, Place]
_Rows = dict[tuple[str | None, Digest | None], list[Place]]


def inventory_of(rows: Iterable[Row | None], now: datetime, within: timedelta) -> Inventory:
    """The rows as one inventory; it has a doubt when there are none, or all contexts are stale."""
    places: _Rows = defaultdict(list)
    contexts: dict[str, datetime] = {}
    unread = 0
    for row in rows:
        if row is None:
            unread += 1
            continue
        name, digest, place = row
        places[name, digest].append(place)
        newest = contexts.get(place.context, _NEVER)
        contexts[place.context] = max(newest, last_seen(place))
    since = now - within
    stale = frozenset(context for context, seen in contexts.items() if seen < since)
    images = tuple(_running(places, stale, since))
    return Inventory(images, contexts, stale, unread, _doubt(contexts, stale, unread))


def _running(rows: _Rows, stale: frozenset[str], since: datetime) -> Iterator[RunningImage]:
    while rows:  # so that no place is held twice
        (name, digest), places = rows.popitem()
        running = {}
        for place in sorted(places, key=last_seen):
            if place.context in stale or place.last_seen is None or place.last_seen >= since:
                running[place.type, place.context] = place
        if running:
            newest_first = sorted(running.values(), key=last_seen, reverse=True)[:MOST_PLACES]
            yield RunningImage(name, digest, tuple(newest_first), len(running))


def last_seen(place: Place) -> datetime:
    """When it was seen last, to sort by: long ago where that is not told."""
    return place.last_seen or _NEVER


def _doubt(contexts: Mapping[str, datetime], stale: frozenset[str], unread: int) -> str | None:
    if not contexts:
        return f"none of its {unread:,} rows can be read" if unread else "the inventory is empty"
    if len(stale) < len(contexts):
        return None
    newest = max(contexts.values())
    since = f"since {newest:%Y-%m-%d %H:%M} UTC" if newest > _NEVER else "at a time that it tells"
    return f"the inventory is stale: it has seen nothing {since}"


def _that_fit(contexts: Mapping[str, datetime]) -> Iterator[tuple[str, datetime]]:
    room = _ROOM
    for name, seen in sorted(contexts.items(), key=lambda each: each[1], reverse=True):
        room -= len(name.encode(errors="replace")) + _MOMENT
        if room < 0:
            return
        yield name, seen
