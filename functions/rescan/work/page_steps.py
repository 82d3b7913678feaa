"""What one page of a sweep sends: of the ledger's entries, of Anchore's tags, or what is left.

    entries   what is stopped, what ran when it was last swept and runs still, what failed lately;
              and what they say of the sweep before is counted
    tags      a page of Anchore's list, what runs first; not what was sent with the entries
    rest      what runs under a tag that is on no page, and old digests of such

An old digest goes with the page of its tag, which says whether it is one still.
"""

from collections.abc import Callable, Container, Iterable, Sequence

from msgspec.structs import replace

from rescan.gate.inventory import RunningImage
from rescan.kernel.deadline import Deadline
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.tag_pages import TagPages
from rescan.kernel.watch_list import ListedTags, WatchList
from rescan.notice.summary import Unwatched
from rescan.work.coverage import Counted, counted_of, one_a_tag
from rescan.work.measuring import tell_without_tag
from rescan.work.page_hashes import HashSet, each_hash, hash_of, hashes_of, hashes_of_listed
from rescan.work.page_ports import Page, SweepPages, SweepPlan
from rescan.work.page_sent import SentWithEntries
from rescan.work.ports import EntrySnapshot, Ledger, WorkQueue
from rescan.work.silence import Silence
from rescan.work.targets import (
    MOST_NAMES,
    ends,
    gates,
    in_order,
    kept_of,
    lost_in,
    vanished_from,
)
from rescan.work.watching import Watched, Watching, digests_of
from rescan.work.what_runs import Target

# Of a page; an item of the ledger has room for what any of them may be.
MOST_ENTRIES = 5_000
_FIRST = Page(next="entries", number=0)


class PageSteps:
    """`swept_as` is the subject of the entry under which a sweep gates a tag."""

    def __init__(
        self,
        pages: SweepPages,
        listing: TagPages,
        watching: Watching,
        watch_list: WatchList,
        ledger: Ledger,
        queue: WorkQueue,
        silence: Silence,
        swept_as: Callable[[ImageTag, Digest | None], str],
        most_entries: int = MOST_ENTRIES,
    ) -> None:
        self._pages = pages
        self._sent = SentWithEntries(pages)
        self.listing = listing
        self._watching = watching
        self._watch_list = watch_list
        # The named tags go with the first page.
        self._patterns = WatchList(patterns=watch_list.patterns)
        self._ledger = ledger
        self._queue = queue
        self._silence = silence
        self._swept_as = swept_as
        self._most_entries = most_entries

    def with_inventory(self, plan: SweepPlan, deadline: Deadline) -> SweepPlan:
        """The plan of a sweep by pages, with what runs. AnchoreError as `Watching.inventory`."""
        inventory = self._watching.inventory(deadline.half())
        kept = kept_of(inventory, plan.contexts, plan.record.started)
        record = replace(plan.record, inventory=kept, enqueuing=True, by_pages=True)
        return replace(plan, inventory=inventory, record=record)

    def do(self, plan: SweepPlan, number: int, counted: Counted | None, deadline: Deadline) -> Page:
        """Send the page's messages; what it came to. AnchoreError, QueueUnavailable and others.

        `counted` is what an earlier try has counted.
        """
        before = self._before(plan, number)
        match before.next:
            case "entries":
                return self._entries(plan, before, number, counted, deadline)
            case "tags":
                return self._tags(plan, before, deadline)
            case _:
                return self._rest(plan, before, number, deadline)

    def _before(self, plan: SweepPlan, number: int) -> Page:
        return next(self._pages.read(plan.record.started, [number - 1])) if number else _FIRST

    def _entries(
        self,
        plan: SweepPlan,
        before: Page,
        number: int,
        counted: Counted | None,
        deadline: Deadline,
    ) -> Page:
        snapshots, entry = self._pages.entries(before.entry, self._most_entries)
        if counted is None:
            # Before anything is sent: a result of this sweep is none of the sweep before.
            counted = self._pages.count(plan.record.started, number, _counted(plan, snapshots))
        lost = _lost(plan, snapshots)
        own = [one for one in snapshots if not one.is_old]
        watch_list = self._patterns if number else self._watch_list
        watched = self._known(plan, own, lost, watch_list)
        targets = in_order(own, watched, plan.record.started)
        self._send(plan, watched, targets)
        self._silence.end(snapshots, plan.trigger, deadline, self._ledger.read)
        return replace(
            before,
            next="entries" if entry else "tags",
            number=number + 1,
            entry=entry,
            counted=before.counted.plus(counted),
            enqueued=hashes_of(targets),
            old=tuple(one for one in snapshots if one.is_old and (one.stopped or one.failing)),
            lost=tuple(lost),
        )

    def _known(
        self,
        plan: SweepPlan,
        own: Sequence[EntrySnapshot],
        lost: Sequence[RunningImage],
        watch_list: WatchList,
    ) -> Watched:
        """What runs of the ledger's tags, which stand in for a list of Anchore's."""
        images = [*_images(plan), *lost]
        runs = digests_of(images)
        digests = {one.tag: tuple(runs.intersection(_digests(one))) for one in own}
        running = {tag: found for tag, found in digests.items() if found}
        listed = ListedTags(tuple(digests), running=running)
        inventory = plan.inventory
        watched = self._watching.looked_at(
            watch_list, inventory, images, listed, lambda image: image.tag in digests
        )
        since = plan.swept_since
        # What the sweep before had is in Anchore's list, most likely.
        swept = (one.tag for one in own if since and one.sweep and one.sweep >= since)
        tags = tuple(watch_list.select(tag for tag in dict.fromkeys(swept) if tag in running))
        return replace(watched, tags=tags, running=frozenset(tags), old=())

    def _tags(self, plan: SweepPlan, before: Page, deadline: Deadline) -> Page:
        sent = self._sent.of(plan.record.started, before.number)
        images, old = [*_images(plan), *sent.lost], sent.old
        listed, after = self.listing.page(deadline.half(), digests_of(images), before.after)
        tags = frozenset(listed.tags)
        watched = self._watching.looked_at(
            self._patterns, plan.inventory, images, listed, lambda image: image.tag in tags
        )
        targets = self._send_but(
            sent.hashes, plan, watched, [one for one in old if one.tag in tags], deadline
        )
        asked = {*(image.tag for image in images if image.tag), *(one.tag for one in old)}
        rows = before.unwatched.rows + listed.unwatched
        names = (before.unwatched.names + listed.not_tags)[:MOST_NAMES]
        return Page(
            next="tags" if after else "rest",
            number=before.number,
            after=after,
            counted=before.counted,
            unwatched=Unwatched(rows, names),
            enqueued=hashes_of(targets),
            listed=hashes_of_listed(listed, asked),
        )

    def _rest(self, plan: SweepPlan, before: Page, number: int, deadline: Deadline) -> Page:
        entries = self._sent.of(plan.record.started, before.number)
        images, old = [*_images(plan), *entries.lost], entries.old
        hashes, listed = list[bytes](), set[bytes]()
        for page in self._pages.read(plan.record.started, range(number)):
            hashes.append(page.enqueued)
            listed.update(each_hash(page.listed))
        sent = HashSet(hashes)

        def is_left(image: RunningImage) -> bool:
            found = image.digest is not None and hash_of(None, image.digest) in listed
            return not found and hash_of(image.tag, None) not in listed

        watched = self._watching.looked_at(
            self._patterns, plan.inventory, images, ListedTags(), is_left
        )
        known = {one.old_digest for one in old}
        without_tag = [
            digest
            for digest in sorted(watched.what_runs.without_tag - known)
            if hash_of(None, Digest(digest)) not in listed
        ]
        tell_without_tag(self._watching.tally, self._watching.logger, without_tag)
        unlisted = [one for one in old if hash_of(one.tag, None) not in listed]
        targets = self._send_but(sent, plan, watched, unlisted, deadline)
        return replace(before, next="end", enqueued=hashes_of(targets), listed=b"")

    def _send_but(
        self,
        sent: Container[bytes],
        plan: SweepPlan,
        watched: Watched,
        old: Sequence[EntrySnapshot],
        deadline: Deadline,
    ) -> list[Target]:
        """Send what was not sent, and end the STOPs of old digests that are none any more."""
        started = plan.record.started
        current = (one for one in old if watched.is_current((one.tag, one.old_digest)))
        own = (self._ledger.read(self._swept_as(one.tag, None)) for one in current)
        every = [*old, *(EntrySnapshot.of(entry) for entry in own if entry)]
        targets = [
            target for target in in_order(every, watched, started) if hash_of(*target) not in sent
        ]
        self._send(plan, watched, targets)
        self._silence.end_unseen(ends(every, watched), started, plan.trigger, deadline)
        return targets

    def _send(self, plan: SweepPlan, watched: Watched, targets: Iterable[Target]) -> None:
        started = plan.record.started
        self._queue.send_all(gates(targets, plan.trigger, watched, started, plan.feeds))


def _images(plan: SweepPlan) -> Iterable[RunningImage]:
    return plan.inventory.images if plan.inventory else ()


def _counted(plan: SweepPlan, snapshots: Sequence[EntrySnapshot]) -> Counted:
    """Two entries of a tag are on two pages, maybe; one of them alone is of the sweep."""
    return counted_of(plan.measured, one_a_tag(snapshots)) if plan.measured else Counted()


def _lost(plan: SweepPlan, snapshots: Sequence[EntrySnapshot]) -> list[RunningImage]:
    """What ran in contexts that the inventory no longer names."""
    if plan.inventory is None:
        return []
    now = plan.record.started
    vanished = vanished_from(plan.inventory, plan.contexts, snapshots, now)
    return list(lost_in(frozenset(vanished), snapshots))


def _digests(one: EntrySnapshot) -> set[Digest]:
    """What the image of the tag was known by."""
    digests = one.running.digests if one.running else ()
    return {*digests, *([one.digest] if one.digest else [])}
