"""What a sweep gates, and what it gates no longer, by what runs and what is remembered. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain

from rescan.events.commands import Gate
from rescan.gate.inventory import KEPT, Inventory, InventoryRecord, RunningImage
from rescan.gate.model import Trigger
from rescan.kernel.watch_list import ListedTags
from rescan.ledger.news import EndCause
from rescan.notice.summary import Unwatched
from rescan.work.ports import EntrySnapshot
from rescan.work.watching import Watched
from rescan.work.what_runs import Target

# Of the rows that are no tag; the log has more of them.
MOST_NAMES = 5
# Of a failing tag; several sweeps may fail in a row, or lose its message.
_TRIED_AGAIN = timedelta(days=2)


def target_of(one: EntrySnapshot) -> Target:
    """What the entry is of."""
    return one.tag, one.old_digest


def in_order(
    snapshots: Sequence[EntrySnapshot], watched: Watched, now: datetime
) -> dict[Target, None]:
    """What is stopped, what runs, the rest, then what has failed lately; each once.

    An old digest that is no longer seen running as such is none of them.
    """
    ending = {target_of(one) for one, _ in ends(snapshots, watched)}
    kept = [
        one
        for one in snapshots
        if target_of(one) not in ending and not watched.sees_no_longer(target_of(one))
    ]
    stopped = (target_of(one) for one in kept if one.stopped)
    running = ((tag, None) for tag in watched.tags if tag in watched.running)
    tags = ((tag, None) for tag in watched.tags)
    # What ran before Anchore knew it was an old digest then, and is the tag's image now.
    failed = (
        target_of(one)
        for one in kept
        if _has_failed(one, now) and not watched.is_current(target_of(one))
    )
    return dict.fromkeys(chain(stopped, running, watched.old, tags, failed))


def gates(
    targets: Iterable[Target],
    trigger: Trigger,
    watched: Watched,
    mark: datetime | None,
    feeds: str | None,
) -> Iterator[Gate]:
    """The messages of a sweep that began at the mark; None: of a schedule's own list."""
    for tag, old in targets:
        seen = watched.seen((tag, old), mark) if mark else None
        yield Gate(tag, trigger, sweep=mark, feeds=feeds, running=seen, old_digest=old)


def ends(
    snapshots: Sequence[EntrySnapshot], watched: Watched
) -> Iterator[tuple[EntrySnapshot, EndCause]]:
    """The STOPs of old digests that end: no longer seen running, or gated under the tag again."""
    own = {one.tag: one for one in snapshots if one.old_digest is None}
    for one in snapshots:
        if not one.stopped or one.old_digest is None:
            continue
        if watched.sees_no_longer(target_of(one)):
            yield one, EndCause.NO_LONGER_RUNNING
        elif watched.is_current(target_of(one)) and _is_gated_since(one, own.get(one.tag)):
            yield one, EndCause.BACK_UNDER_ITS_TAG


def vanished_from(
    inventory: Inventory,
    record: InventoryRecord | None,
    snapshots: Iterable[EntrySnapshot],
    now: datetime,
) -> list[str]:
    """The contexts that are remembered, and that an inventory without a doubt no longer names.

    The places of the images are remembered, too: a sweep may end before it is recorded.
    """
    if inventory.doubt:
        return []
    places = (place for one in snapshots if one.running for place in one.running.places)
    kept = {one.context for one in places if one.last_seen and one.last_seen > now - KEPT}
    recorded = record.vanished(inventory) if record else []
    return sorted({*recorded, *(kept - inventory.contexts.keys())})


def kept_of(
    inventory: Inventory | None, before: InventoryRecord | None, now: datetime
) -> InventoryRecord | None:
    """What a sweep keeps of its inventory for the next one; None: it did not ask."""
    if inventory is None:
        return None
    return (before or InventoryRecord()).followed_by(inventory, now)


def unwatched_of(listed: ListedTags) -> Unwatched:
    """What of the list leaves images unwatched."""
    return Unwatched(listed.unwatched, listed.not_tags[:MOST_NAMES])


def lost_in(contexts: frozenset[str], snapshots: Iterable[EntrySnapshot]) -> Iterator[RunningImage]:
    """What ran in these contexts, by the places that are remembered."""
    for one in snapshots:
        if one.running is not None and (places := one.running.lost(contexts)):
            digest = one.old_digest or next(iter(one.running.digests), None)
            # That there are further ones is remembered; how many, each sweep would add up.
            total = len(places) + one.running.has_further
            yield RunningImage(str(one.tag), digest, places, total)


def _is_gated_since(old: EntrySnapshot, own: EntrySnapshot | None) -> bool:
    """Whether the tag's own entry has a verdict of the very digest since the STOP began.

    A GO counts where vulnerabilities were listed: a scan that fails lists none of any image.
    """
    if own is None or own.running is None or own.evaluated_at is None or own.digest is None:
        return False
    if not own.stopped and not own.has_rows:
        return False
    is_same = {own.digest, old.old_digest} <= set(own.running.digests)
    return is_same and old.first_stop_at is not None and own.evaluated_at > old.first_stop_at


def _has_failed(snapshot: EntrySnapshot, now: datetime) -> bool:
    """Whether the last attempt failed, and is so young that it was to be tried again."""
    tried = snapshot.result_at
    return snapshot.failing is not None and tried is not None and now - tried < _TRIED_AGAIN
