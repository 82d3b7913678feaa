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
from rescan.outbox.envelope import Issue
from rescan.outbox.group import Group
from rescan.outbox.items import Channel, PendingNotice
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
    issue: Issue
    images: int
    began_at: datetime
    notified_at: datetime
    interval: timedelta

    def is_over(self, now: datetime) -> bool:
        """Whether the next notice on it is a new story."""
        return now - self.notified_at >= QUIET

    def is_running(self, rules: GroupingRules, now: datetime) -> bool:
        """Whether one more image about it is no longer told alone."""
        return self.images >= rules.digest_above and not self.is_over(now)


class Plan(Struct, frozen=True):
    """What to publish now, in this order; `held` waits for its storm's next message."""

    units: tuple[PendingNotice | Group, ...]
    held: int = 0


_Readers = tuple[Channel, str]
_Part = tuple[EventType, str | None, str | None]


def plan(
    waiting: Sequence[PendingNotice],
    storms: Mapping[str, Storm],
    rules: GroupingRules,
    now: datetime,
) -> Plan:
    """What of the waiting ones, oldest first, becomes which message."""
    by_image = Counter((it.channel, it.envelope.subject) for it in waiting)
    alone = []
    readers: defaultdict[_Readers, list[PendingNotice]] = defaultdict(list)
    for it in waiting:
        is_summary = it.envelope.event_type is EventType.SUMMARY
        if is_summary or by_image[it.channel, it.envelope.subject] > 1:
            alone.append(it)
        else:
            readers[it.channel, it.envelope.team].append(it)
    units: list[PendingNotice | Group] = []
    held = 0
    for those in readers.values():
        planned = _for_readers(those, storms, rules, now)
        units += planned.units
        held += planned.held
    return Plan((*sorted(units, key=_first_at), *alone), held)


def storm_after(
    unit: PendingNotice | Group, storms: Mapping[str, Storm], rules: GroupingRules, now: datetime
) -> Storm | None:
    """What its readers have then been told of the same thing; None: of nothing that can go on."""
    issue, images, is_first_part = _issue_of(unit)
    if issue is None:
        return None
    name = unit.storm if isinstance(unit, Group) else _storm_id(unit, issue)
    before = storms.get(name)
    if before is None or before.is_over(now):
        return Storm(
            id=name,
            issue=issue,
            images=images,
            began_at=now,
            notified_at=now,
            interval=rules.window,
        )
    is_one_more = before.is_running(rules, now) and is_first_part
    return Storm(
        id=name,
        issue=before.issue,
        images=before.images + images,
        began_at=before.began_at,
        notified_at=now,
        interval=min(LONGEST_GAP, before.interval * 2) if is_one_more else before.interval,
    )


def _issue_of(unit: PendingNotice | Group) -> tuple[Issue | None, int, bool]:
    """What it is about, of how many images, and whether it begins a message about several."""
    if isinstance(unit, Group):
        return unit.issue, len(unit.members), unit.part == 1
    return next(iter(unit.envelope.issues), None), 1, False


# --- for the same readers


def _for_readers(
    those: list[PendingNotice], storms: Mapping[str, Storm], rules: GroupingRules, now: datetime
) -> Plan:
    too_many = len(those) > rules.digest_above
    by_part: defaultdict[_Part, list[PendingNotice]] = defaultdict(list)
    for it in those:
        by_part[it.envelope.event_type, it.envelope.policy_id, it.envelope.final_action].append(it)
    units: list[PendingNotice | Group] = []
    held = 0
    for part in by_part.values():
        of_storms, rest = _of_running_storms(part, storms, rules, now)
        for storm, members in of_storms:
            if _may_wait(members, storm, now):
                held += len(members)
            else:
                units += _split(storm.issue, members, storm)
        units += _grouped(rest, rules) if too_many else rest
    return Plan(tuple(units), held)


def _may_wait(members: list[PendingNotice], storm: Storm, now: datetime) -> bool:
    """Not a full message's worth; and no notice for longer than LONGEST_GAP, whatever its storm's
    readers are told meanwhile."""
    oldest = min(it.envelope.at for it in members)
    until = min(storm.notified_at + storm.interval, oldest + LONGEST_GAP)
    return now < until and len(members) < MOST_IMAGES


def _of_running_storms(
    part: list[PendingNotice], storms: Mapping[str, Storm], rules: GroupingRules, now: datetime
) -> tuple[list[tuple[Storm, list[PendingNotice]]], list[PendingNotice]]:
    """Each notice goes with the largest storm that it is about."""
    by_storm: defaultdict[str, list[PendingNotice]] = defaultdict(list)
    going_on = {s.issue.key for s in storms.values() if s.is_running(rules, now)}
    rest = []
    for it in part:
        running = [
            storm
            for issue in it.envelope.issues
            if issue.key in going_on
            and (storm := storms.get(_storm_id(it, issue))) is not None
            and storm.is_running(rules, now)
        ]
        if running:
            by_storm[max(running, key=lambda storm: storm.images).id].append(it)
        else:
            rest.append(it)
    return [(storms[name], members) for name, members in by_storm.items()], rest


def _grouped(those: list[PendingNotice], rules: GroupingRules) -> Iterator[PendingNotice | Group]:
    told: set[str] = set()
    for issue, members in islice(most_shared(those), MOST_GROUPS):
        told |= {member.envelope.id for member in members}
        yield from _split(issue, members)
    left = [it for it in those if it.envelope.id not in told]
    if len(left) > rules.digest_above:
        yield from _split(None, left)
    else:
        yield from left


def _split(
    issue: Issue | None, members: list[PendingNotice], storm: Storm | None = None
) -> Iterator[Group]:
    """As few messages as SNS takes."""
    parts = list(_parts(members))
    name = storm.id if storm else _storm_id(members[0], issue)
    before = storm.images if storm else 0
    for number, part in enumerate(parts, 1):
        yield Group(
            storm=name,
            issue=issue,
            members=tuple(part),
            images=len(members),
            before=before,
            began_at=storm.began_at if storm else None,
            part=number,
            parts=len(parts),
        )


def _parts(members: list[PendingNotice]) -> Iterator[list[PendingNotice]]:
    part: list[PendingNotice] = []
    room = MOST_NAME_BYTES
    for it in members:
        size = len(str(it.envelope.tag).encode("utf-8", "surrogatepass")) + 20
        if part and (len(part) == MOST_IMAGES or size > room):
            yield part
            part, room = [], MOST_NAME_BYTES
        part.append(it)
        room -= size
    yield part


def _storm_id(it: PendingNotice, issue: Issue | None) -> str:
    """The same for the same thing, told to the same readers in the same way."""
    envelope = it.envelope
    about = issue.key if issue else "nothing in common"
    return stable_id(
        it.channel,
        envelope.team,
        envelope.event_type,
        envelope.policy_id,
        envelope.final_action,
        about,
    )


def _first_at(unit: PendingNotice | Group) -> datetime:
    envelopes = unit.envelopes if isinstance(unit, Group) else [unit.envelope]
    return min(envelope.at for envelope in envelopes)
