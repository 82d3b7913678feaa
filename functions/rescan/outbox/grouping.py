"""Which of the notices that wait are told one by one, and which together. Pure.

    up to DIGEST_ABOVE for the same readers   one by one
    more                                      together by what they are about: a change of the
                                              policy first, then the finding of most images
    what is left then, and is still too many  together, with no one thing in common
    what so many were told about, lately      together, however few: "12 more images", at growing
                                              distances
    several about one image                   one by one, in order: its last word comes last
    a summary                                 alone

A group never crosses a team, a channel, a kind of notice or a policy.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

from msgspec import Struct

from rescan.ledger.news import EventType, stable_id
from rescan.outbox.envelope import Matter
from rescan.outbox.group import Group
from rescan.outbox.items import Channel, Waiting
from rescan.outbox.shared_issues import most_shared

# A storm is over when nothing was told of it for so long.
QUIET = timedelta(hours=2)
LONGEST_GAP = timedelta(minutes=15)
MOST_IMAGES = 400
# Of the same kind for the same readers, at one time; what is left then is told together.
MOST_GROUPS = 10
# Of all names in a group's attributes; SNS takes 256 KiB a message.
MOST_NAME_BYTES = 60_000


class GroupingRules(Struct, frozen=True):
    """How many notices are too many for the same readers, and how often a publisher looks."""

    digest_above: int
    window: timedelta


class Storm(Struct, frozen=True, kw_only=True):
    """What the same readers were told of one thing: of how many images, since when, last when.

    From DIGEST_ABOVE images on it is a storm, and what comes later is told together, when `gap` has
    passed.
    """

    id: str
    matter: Matter
    images: int
    began_at: datetime
    told_at: datetime
    gap: timedelta

    def is_over(self, now: datetime) -> bool:
        """Whether the next notice on it is a new story."""
        return now - self.told_at >= QUIET

    def is_running(self, rules: GroupingRules, now: datetime) -> bool:
        """Whether one more image about it is no longer told alone."""
        return self.images >= rules.digest_above and not self.is_over(now)


class Plan(Struct, frozen=True):
    """What to publish now, in this order; `held` waits for its storm's next message."""

    units: tuple[Waiting | Group, ...]
    held: int = 0


_Readers = tuple[Channel, str]
_Part = tuple[EventType, str | None, str | None]


def plan(
    waiting: Sequence[Waiting], storms: Mapping[str, Storm], rules: GroupingRules, now: datetime
) -> Plan:
    """What of the waiting ones, oldest first, becomes which message."""
    by_image = Counter((it.channel, it.gist.subject) for it in waiting)
    alone = []
    readers: defaultdict[_Readers, list[Waiting]] = defaultdict(list)
    for it in waiting:
        is_summary = it.gist.event_type is EventType.SUMMARY
        if is_summary or by_image[it.channel, it.gist.subject] > 1:
            alone.append(it)
        else:
            readers[it.channel, it.gist.team].append(it)
    units: list[Waiting | Group] = []
    held = 0
    for those in readers.values():
        planned = _for_readers(those, storms, rules, now)
        units += planned.units
        held += planned.held
    return Plan((*sorted(units, key=_first_at), *alone), held)


def storm_after(
    unit: Waiting | Group, storms: Mapping[str, Storm], rules: GroupingRules, now: datetime
) -> Storm | None:
    """What its readers have then been told of the same thing; None: of nothing that can go on."""
    matter, images, is_first_part = _matter_of(unit)
    if matter is None:
        return None
    name = unit.storm if isinstance(unit, Group) else _storm_id(unit, matter)
    before = storms.get(name)
    if before is None or before.is_over(now):
        return Storm(
            id=name, matter=matter, images=images, began_at=now, told_at=now, gap=rules.window
        )
    is_one_more = before.is_running(rules, now) and is_first_part
    return Storm(
        id=name,
        matter=before.matter,
        images=before.images + images,
        began_at=before.began_at,
        told_at=now,
        gap=min(LONGEST_GAP, before.gap * 2) if is_one_more else before.gap,
    )


def _matter_of(unit: Waiting | Group) -> tuple[Matter | None, int, bool]:
    """What it is about, of how many images, and whether it begins a message about several."""
    if isinstance(unit, Group):
        return unit.matter, len(unit.members), unit.part == 1
    return next(iter(unit.gist.matters), None), 1, False


# --- for the same readers


def _for_readers(
    those: list[Waiting], storms: Mapping[str, Storm], rules: GroupingRules, now: datetime
) -> Plan:
    too_many = len(those) > rules.digest_above
    by_part: defaultdict[_Part, list[Waiting]] = defaultdict(list)
    for it in those:
        by_part[it.gist.event_type, it.gist.policy_id, it.gist.final_action].append(it)
    units: list[Waiting | Group] = []
    held = 0
    for part in by_part.values():
        of_storms, rest = _of_running_storms(part, storms, rules, now)
        for storm, members in of_storms:
            if _may_wait(members, storm, now):
                held += len(members)
            else:
                units += _split(storm.matter, members, storm)
        units += _grouped(rest, rules) if too_many else rest
    return Plan(tuple(units), held)


def _may_wait(members: list[Waiting], storm: Storm, now: datetime) -> bool:
    """Not a full message's worth; and no notice for longer than LONGEST_GAP, whatever its storm's
    readers are told meanwhile."""
    oldest = min(it.gist.at for it in members)
    until = min(storm.told_at + storm.gap, oldest + LONGEST_GAP)
    return now < until and len(members) < MOST_IMAGES


def _of_running_storms(
    part: list[Waiting], storms: Mapping[str, Storm], rules: GroupingRules, now: datetime
) -> tuple[list[tuple[Storm, list[Waiting]]], list[Waiting]]:
    """Each notice goes with the largest storm that it is about."""
    by_storm: defaultdict[str, list[Waiting]] = defaultdict(list)
    going_on = {s.matter.key for s in storms.values() if s.is_running(rules, now)}
    rest = []
    for it in part:
        running = [
            storm
            for matter in it.gist.matters
            if matter.key in going_on
            and (storm := storms.get(_storm_id(it, matter))) is not None
            and storm.is_running(rules, now)
        ]
        if running:
            by_storm[max(running, key=lambda storm: storm.images).id].append(it)
        else:
            rest.append(it)
    return [(storms[name], members) for name, members in by_storm.items()], rest


def _grouped(those: list[Waiting], rules: GroupingRules) -> Iterator[Waiting | Group]:
    told: set[str] = set()
    for matter, members in islice(most_shared(those), MOST_GROUPS):
        told |= {member.gist.id for member in members}
        yield from _split(matter, members)
    left = [it for it in those if it.gist.id not in told]
    if len(left) > rules.digest_above:
        yield from _split(None, left)
    else:
        yield from left


def _split(
    matter: Matter | None, members: list[Waiting], storm: Storm | None = None
) -> Iterator[Group]:
    """As few messages as SNS takes."""
    parts = list(_parts(members))
    name = storm.id if storm else _storm_id(members[0], matter)
    before = storm.images if storm else 0
    for number, part in enumerate(parts, 1):
        yield Group(
            storm=name,
            matter=matter,
            members=tuple(part),
            images=len(members),
            before=before,
            began_at=storm.began_at if storm else None,
            part=number,
            parts=len(parts),
        )


def _parts(members: list[Waiting]) -> Iterator[list[Waiting]]:
    part: list[Waiting] = []
    room = MOST_NAME_BYTES
    for it in members:
        size = len(str(it.gist.tag).encode("utf-8", "surrogatepass")) + 20
        if part and (len(part) == MOST_IMAGES or size > room):
            yield part
            part, room = [], MOST_NAME_BYTES
        part.append(it)
        room -= size
    yield part


def _storm_id(it: Waiting, matter: Matter | None) -> str:
    """The same for the same thing, told to the same readers in the same way."""
    gist = it.gist
    about = matter.key if matter else "nothing in common"
    return stable_id(
        it.channel, gist.team, gist.event_type, gist.policy_id, gist.final_action, about
    )


def _first_at(unit: Waiting | Group) -> datetime:
    gists = unit.gists if isinstance(unit, Group) else [unit.gist]
    return min(gist.at for gist in gists)
