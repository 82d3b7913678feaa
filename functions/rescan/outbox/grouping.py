"""Which pending notices become one message, and which of them wait. Pure.

Notices of one kind for one team on one channel are a series, pushes apart from sweeps:

    up to DIGEST_ABOVE within two hours    one message each
    more                                   together: first by a change of the policy, then by each
                                           issue that a quarter of them have, then all others
    while that goes on (a storm)           together, at growing distances of LONGEST_GAP at most
    REMINDER, EXPIRING                     together, two hours after the first: one a sweep
    SUMMARY                                one message each

So a team gets no more messages when each image stops for reasons of its own. A group never crosses
a team, a channel, a kind of notice, a policy or a final action.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from operator import itemgetter

from msgspec import Struct

from rescan.ledger.news import EventType, stable_id
from rescan.outbox.envelope import Issue
from rescan.outbox.group import Group
from rescan.outbox.items import Channel, PendingNotice
from rescan.outbox.shared_issues import most_shared
from rescan.outbox.storm import LONGEST_GAP, Storm

MOST_IMAGES = 400
# Of all names in a group's attributes; SNS takes 256 KiB a message.
MOST_NAME_BYTES = 60_000
# Readers know what these say.
COLLECTED = timedelta(hours=2)
REPEATING = frozenset({EventType.REMINDER, EventType.EXPIRING})
# On a channel; more would take the place of others among those that the publisher looks at.
MOST_COLLECTED = 2_000
# An issue has a message of its own when a quarter of the images have it.
_MESSAGES_AT_ONCE = 4


class GroupingRules(Struct, frozen=True):
    """How many notices are too many for the same readers, and how often a publisher looks.

    What repeats is `collected` for so long. With neither a window nor that, nothing ever waits.
    """

    digest_above: int
    window: timedelta
    collected: timedelta = COLLECTED


class Plan(Struct, frozen=True):
    """What to publish now, in this order; `held` waits for the next message of its series."""

    groups: tuple[Group, ...] = ()
    held: tuple[PendingNotice, ...] = ()


def due_at(notice: PendingNotice, rules: GroupingRules) -> datetime:
    """When the notice is to be published; nothing that ends soon is collected."""
    envelope = notice.envelope
    latest = envelope.at + rules.collected
    soon = latest + rules.collected
    is_urgent = any(issue.until is not None and issue.until < soon for issue in envelope.issues)
    return envelope.at if envelope.event_type not in REPEATING or is_urgent else latest


def storm_id(notice: PendingNotice) -> str:
    """The id of the storm that notices of the same series make."""
    envelope = notice.envelope
    return stable_id("storm", notice.channel, envelope.team, envelope.event_type, envelope.pushed)


def plan(
    notices: Iterable[PendingNotice],
    storms: Mapping[str, Storm],
    rules: GroupingRules,
    now: datetime,
) -> Plan:
    """What becomes of notices about different images, oldest first; `storms` by their ids.

    Whoever had fewer lately comes first, since 1,000 teams may stop at once: the first message of
    each comes before the second of any.
    """
    series: defaultdict[str, list[PendingNotice]] = defaultdict(list)
    repeats: Counter[Channel] = Counter()
    for notice in notices:
        series[storm_id(notice)].append(notice)
        repeats[notice.channel] += notice.envelope.event_type in REPEATING
    collecting = {channel for channel, many in repeats.items() if many <= MOST_COLLECTED}
    turns: list[tuple[int, datetime, Group]] = []
    held: list[PendingNotice] = []
    for name, members in series.items():
        storm = _storm(name, storms, rules, now)
        planned = _of_series(members, storm, rules, now, collecting)
        groups, had = sorted(planned.groups, key=_first_at), storm.images_lately(now)
        turns += ((had + turn, _first_at(group), group) for turn, group in enumerate(groups))
        held += planned.held
    return Plan(tuple(group for *_, group in sorted(turns, key=itemgetter(0, 1))), tuple(held))


def alone(notice: PendingNotice) -> Group:
    """The message that is the notice itself."""
    return Group(storm=_thread_id(notice, None), issue=None, members=(notice,), images=1)


def storm_after(
    group: Group, storms: Mapping[str, Storm], rules: GroupingRules, now: datetime
) -> Storm | None:
    """The storm of the group's series once the group is published; None: its kind has none."""
    first = group.members[0]
    if first.envelope.event_type in (*REPEATING, EventType.SUMMARY):
        return None
    storm = _storm(storm_id(first), storms, rules, now)
    return storm.plus(group.envelopes, now, rules.window, rules.digest_above)


def _storm(name: str, storms: Mapping[str, Storm], rules: GroupingRules, now: datetime) -> Storm:
    """The storm of that id, or one of which nothing was published yet."""
    storm = storms.get(name)
    if storm is not None and not storm.is_over(now):
        return storm
    return Storm(id=name, began_at=now, notified_at=now, interval=rules.window)


# --- one series


def _of_series(
    members: list[PendingNotice],
    storm: Storm,
    rules: GroupingRules,
    now: datetime,
    collecting: Collection[Channel],
) -> Plan:
    kind, lately = members[0].envelope.event_type, storm.images_lately(now)
    if kind in REPEATING:
        collects = members[0].channel in collecting and bool(rules.collected)
        waits, most = collects and now < min(due_at(member, rules) for member in members), 1
    elif kind is EventType.SUMMARY or lately + len(members) <= rules.digest_above:
        return Plan(tuple(map(alone, members)))
    else:
        waits = lately >= rules.digest_above and _may_wait(members, storm, now)
        most = _MESSAGES_AT_ONCE
    return Plan(held=tuple(members)) if waits else Plan(tuple(_grouped(members, most, storm)))


def _may_wait(members: list[PendingNotice], storm: Storm, now: datetime) -> bool:
    """Wait while the members do not fill a message and none is older than LONGEST_GAP."""
    oldest = min(member.envelope.at for member in members)
    until = min(storm.notified_at + storm.interval, oldest + LONGEST_GAP)
    return now < until and len(members) < MOST_IMAGES


def _grouped(members: list[PendingNotice], most: int, storm: Storm) -> Iterator[Group]:
    """By what the images share into so many groups at most, but for what a group never crosses."""
    alike: defaultdict[tuple[str | None, str | None], list[PendingNotice]] = defaultdict(list)
    for member in members:
        alike[member.envelope.policy_id, member.envelope.final_action].append(member)
    for notices in alike.values():
        rest = {notice.key: notice for notice in notices}
        for issue, sharing in most_shared(notices, least=-(-len(notices) // most)):
            yield from _split(issue, sharing, storm)
            for notice in sharing:
                del rest[notice.key]
        if rest:
            yield from _split(None, list(rest.values()), storm)


def _split(issue: Issue | None, members: list[PendingNotice], storm: Storm) -> Iterator[Group]:
    """As few messages as SNS takes."""
    messages = list(_messages(members))
    before = storm.images_with(issue)
    for number, message in enumerate(messages, 1):
        yield Group(
            storm=_thread_id(members[0], issue),
            issue=issue,
            members=tuple(message),
            images=len(members),
            before=before,
            began_at=storm.began_at if before else None,
            part=number,
            parts=len(messages),
        )


def _messages(members: list[PendingNotice]) -> Iterator[list[PendingNotice]]:
    message: list[PendingNotice] = []
    room = MOST_NAME_BYTES
    for member in members:
        size = len(str(member.envelope.tag).encode("utf-8", "surrogatepass")) + 20
        if message and (len(message) == MOST_IMAGES or size > room):
            yield message
            message, room = [], MOST_NAME_BYTES
        message.append(member)
        room -= size
    yield message


def _thread_id(notice: PendingNotice, issue: Issue | None) -> str:
    """The same for the same issue, published for the same readers in the same way."""
    envelope = notice.envelope
    return stable_id(
        notice.channel,
        envelope.team,
        envelope.event_type,
        envelope.policy_id,
        envelope.final_action,
        issue.key if issue else "nothing in common",
    )


def _first_at(group: Group) -> datetime:
    return min(envelope.at for envelope in group.envelopes)
