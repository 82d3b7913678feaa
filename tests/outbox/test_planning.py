"""Whatever comes and whenever the publisher looks: what every reader can rely on.

A machine of hypothesis lets notices come and minutes pass; each minute everything that the plan
allows is published, and no call fails.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from rescan.gate.model import Severity
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.news import EventType
from rescan.outbox.envelope import Envelope, Issue
from rescan.outbox.group import Group
from rescan.outbox.grouping import REPEATING, plan, storm_after
from rescan.outbox.items import Channel, ImageKey, NoticeKey, PendingNotice
from rescan.outbox.storm import LONGEST_GAP, Storm
from rescan.outbox.superseding import Superseded, rounds, superseded
from tests.support.fakes import NOON
from tests.support.life_properties import MANY
from tests.support.one_publisher import RULES
from tests.support.pending_notices import issue

WINDOW = RULES.window
TEAMS = ("payments", "web", "batch")
# In an hour: ten alone, and eight times (0, 1, 3, 7, 15, 30, 45 and 60 minutes) four groups.
MOST_AT_ONCE = 4
MOST_IN_AN_HOUR = RULES.digest_above + 8 * MOST_AT_ONCE
# What may be left out because of what, the earlier first.
GIVES_WAY = {
    ("STOP", "REMINDER"): "REMINDER",
    ("REMINDER", "REMINDER"): "REMINDER",
    ("REMINDER", "STOP"): "REMINDER",
    ("REMINDER", "RECOVERED"): "REMINDER",
    ("REMINDER", "NOT_EVALUATED"): "REMINDER",
    ("REMINDER", "ENDED"): "REMINDER",
    ("EXPIRING", "EXPIRING"): "EXPIRING",
    ("EXPIRING", "STOP"): "EXPIRING",
    ("EXPIRING", "RECOVERED"): "EXPIRING",
    ("EXPIRING", "NOT_EVALUATED"): "EXPIRING",
    ("EXPIRING", "ENDED"): "EXPIRING",
    ("NOT_EVALUATED", "NOT_EVALUATED"): "NOT_EVALUATED",
}


@st.composite
def findings(draw: st.DrawFn) -> tuple[Issue, ...]:
    """A few of many, or one that most have."""
    numbers = draw(st.lists(st.integers(1, 40) | st.just(1), min_size=1, max_size=4, unique=True))
    return tuple(
        issue(f"CVE-2026-{number:04}", Severity(1 + number % 5)) for number in sorted(numbers)
    )


class Series(NamedTuple):
    """What is counted together."""

    channel: Channel
    team: str
    kind: EventType
    pushed: bool

    @classmethod
    def of(cls, notice: PendingNotice) -> "Series":
        envelope = notice.envelope
        return cls(notice.channel, envelope.team, envelope.event_type, envelope.pushed)


class Planning(RuleBasedStateMachine):
    """`pending` waits; `published` holds the minute and the images of each message of a series."""

    def __init__(self) -> None:
        super().__init__()
        self.minute, self.number = 0, 0
        self.pending: list[PendingNotice] = []
        self.stopped: set[ImageKey] = set()
        self.storms: dict[str, Storm] = {}
        self.published: defaultdict[Series, list[tuple[int, int]]] = defaultdict(list)
        self.last_turn: defaultdict[ImageKey, int] = defaultdict(int)

    @property
    def now(self) -> datetime:
        return NOON + self.minute * WINDOW

    # --- what happens

    @rule(
        first=st.integers(0, 60),
        images=st.sampled_from([1, 1, 2, 9, 24, 60]),
        kind=st.sampled_from([kind for kind in EventType if kind is not EventType.SUMMARY]),
        gone=st.booleans(),
        pushed=st.booleans(),
        channel=st.sampled_from(Channel),
        found=findings(),
        own=st.booleans(),
    )
    def come(
        self,
        first: int,
        images: int,
        kind: EventType,
        gone: bool,
        pushed: bool,
        channel: Channel,
        found: tuple[Issue, ...],
        own: bool,
    ) -> None:
        """Of the images for which that can be; `own`: each has a finding besides of its own."""
        cause = FailureCause.GONE if gone else FailureCause.DOWN
        for number in range(first, first + images):
            self.number += 1
            tag = ImageTag.parse(f"reg.io/{TEAMS[number % 3]}/app-{number}:{1 + number % 7}")
            envelope = Envelope(
                id=f"n{self.number:06}",
                event_type=kind,
                subject=str(tag),
                tag=tag,
                at=self.now - timedelta(milliseconds=number),
                turn=self.number,
                team=TEAMS[number % 3],
                worst=max(each.severity for each in found),
                issues=(issue(f"CVE-own-{self.number}"), *found) if own else found,
                cause=cause if kind is EventType.NOT_EVALUATED else None,
                pushed=pushed,
            )
            self.decide(PendingNotice(channel, envelope))

    def decide(self, notice: PendingNotice) -> None:
        """As the ledger does: only what is stopped is reminded of, recovers or is gone."""
        kind, is_gone = notice.envelope.event_type, notice.envelope.cause is FailureCause.GONE
        is_stopped = notice.image in self.stopped
        if kind is EventType.EXPIRING and is_stopped:
            return
        ends = is_gone or kind in (EventType.RECOVERED, EventType.ENDED)
        if (kind is EventType.REMINDER or ends) and not is_stopped:
            return
        if kind is EventType.STOP:
            self.stopped.add(notice.image)
        elif ends:
            self.stopped.discard(notice.image)
        self.pending.append(notice)

    @rule(minutes=st.sampled_from([1, 1, 2, 5, 20, 130]))
    def pass_by(self, minutes: int) -> None:
        """The publisher looks each minute."""
        for _ in range(minutes):
            self.look()
            self.minute += 1

    def look(self) -> None:
        repeated = superseded(self.pending)
        dropped = {notice.key for notices in repeated.values() for notice in notices}
        blocked: set[ImageKey] = set()
        for row in rounds(notice for notice in self.pending if notice.key not in dropped):
            free = [notice for notice in row if notice.image not in blocked]
            planned = plan(free, self.storms, RULES, self.now)
            taken = [member for group in planned.groups for member in group.members]
            assert sorted(map(_id, [*taken, *planned.held])) == sorted(map(_id, free))
            self.check_number(taken, planned.groups)
            blocked |= {notice.image for notice in planned.held}
            for group in planned.groups:
                self.publish(group, repeated)
        self.check_waits(dropped)

    def publish(self, group: Group, repeated: Superseded) -> None:
        after = storm_after(group, self.storms, RULES, self.now)
        if after is not None:
            self.storms[after.id] = after
        self.published[Series.of(group.members[0])].append((self.minute, len(group.members)))
        gone = set(group.members)
        for member in group.members:
            assert self.last_turn[member.image] < member.envelope.turn
            self.last_turn[member.image] = member.envelope.turn
            for notice in repeated.get(member.key, ()):
                check_reason(member, notice)
                gone.add(notice)
        self.pending = [notice for notice in self.pending if notice not in gone]

    # --- what holds

    def check_waits(self, dropped: set[NoticeKey]) -> None:
        """What comes behind another notice of its image waits with it."""
        longest: defaultdict[ImageKey, timedelta] = defaultdict(timedelta)
        for notice in self.pending:
            if notice.key not in dropped:
                own = RULES.collected if notice.envelope.event_type in REPEATING else LONGEST_GAP
                longest[notice.image] = max(longest[notice.image], own)
                assert self.now - notice.envelope.at < longest[notice.image]

    def check_number(self, taken: list[PendingNotice], groups: Iterable[Group]) -> None:
        """One by one up to ten in two hours, then together; and never too many messages."""
        images = Counter(map(Series.of, taken))
        messages = Counter(Series.of(group.members[0]) for group in groups)
        for series, number in messages.items():
            before = self.published[series]
            in_an_hour = sum(self.minute - at < 60 for at, _ in before)
            if series.kind in REPEATING:
                assert in_an_hour + number == 1
                continue
            assert in_an_hour + number <= MOST_IN_AN_HOUR
            lately = sum(n for at, n in before if self.minute - at < 120)
            is_one_by_one = lately + images[series] <= RULES.digest_above
            assert number == images[series] if is_one_by_one else number <= MOST_AT_ONCE


def check_reason(by: PendingNotice, notice: PendingNotice) -> None:
    earlier, later = sorted((by, notice), key=lambda each: each.envelope.turn)
    pair = str(earlier.envelope.event_type), str(later.envelope.event_type)
    assert GIVES_WAY[pair] == notice.envelope.event_type
    assert by.image == notice.image
    assert notice.envelope.cause is not FailureCause.GONE


def _id(notice: PendingNotice) -> str:
    return notice.envelope.id


TestPlanning = Planning.TestCase
TestPlanning.settings = settings(
    max_examples=int(MANY or 40),
    stateful_step_count=25,
    deadline=None,
    database=None,
    derandomize=MANY is None,
)
