"""Which notices become one message, which are published alone, and which wait."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from rescan.gate.model import Severity
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.news import EventType
from rescan.outbox import grouping
from rescan.outbox.grouping import GroupingRules, Plan, due_at, plan, storm_after, storm_id
from rescan.outbox.items import Channel, PendingNotice
from rescan.outbox.storm import LONGEST_GAP, QUIET, Storm
from tests.support.fakes import NOON
from tests.support.one_publisher import RULES
from tests.support.pending_notices import issue, pending

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
REPEATING = [EventType.REMINDER, EventType.EXPIRING]
ONE_BY_ONE = [EventType.STOP, EventType.RECOVERED, EventType.NOT_EVALUATED]


def many(numbers: range, *names: str, **facts: object) -> list[PendingNotice]:
    return [pending(number, *names, **facts) for number in numbers]


def different(numbers: range, **facts: object) -> list[PendingNotice]:
    """Each with a finding of its own."""
    return [pending(number, f"CVE-{number}", **facts) for number in numbers]


def planned(notices: list[PendingNotice], *storms: Storm, at: datetime = NOON) -> Plan:
    return plan(notices, {storm.id: storm for storm in storms}, RULES, at)


def messages(plan: Plan) -> list[tuple[str | None, int]]:
    """Of each message what its images have in common, and their number; of one: the notice's id."""
    return [
        (group.members[0].envelope.id, 1)
        if len(group.members) == 1
        else (group.issue.name if group.issue else None, len(group.members))
        for group in plan.groups
    ]


def alone(numbers: range) -> list[tuple[str | None, int]]:
    return [(f"n{number:05}", 1) for number in numbers]


# --- too many at one time


@pytest.mark.parametrize(
    ("notices", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(many(range(10), "CVE-1"), alone(range(10)), id="ten-alone"),
        pytest.param(many(range(11), "CVE-1"), [("CVE-1", 11)], id="eleven-together"),
        pytest.param(
            [*many(range(8), "CVE-1"), *many(range(8, 11), "CVE-2"), pending(11, "CVE-3")],
            [("CVE-1", 8), ("CVE-2", 3), ("n00011", 1)],
            id="by-the-finding-of-most-images-first",
        ),
        pytest.param(
            [*many(range(9), "CVE-1", "CVE-2"), *many(range(9, 12), "CVE-2")],
            [("CVE-2", 12)],
            id="an-image-is-in-the-larger-group",
        ),
        pytest.param(
            [*many(range(3), "policy P", "CVE-1"), *many(range(3, 12), "CVE-1")],
            [("policy P", 3), ("CVE-1", 9)],
            id="a-change-of-the-policy-before-a-finding",
        ),
        pytest.param(
            [
                *many(range(4), "CVE-1"),
                *many(range(4, 6), "CVE-1", "CVE-2"),
                *many(range(6, 9), "CVE-2"),
                *different(range(9, 12)),
            ],
            [("CVE-1", 6), ("CVE-2", 3), (None, 3)],
            id="a-quarter-is-enough-when-a-larger-group-took-some",
        ),
        pytest.param(different(range(11)), [(None, 11)], id="nothing-in-common"),
        pytest.param(
            [*many(range(2), "CVE-1"), *different(range(2, 12))],
            [(None, 12)],
            id="what-less-than-a-quarter-have-makes-no-message",
        ),
        pytest.param(
            [pending(n, f"CVE-{n // 3}") for n in range(90)], [(None, 90)], id="many-small-groups"
        ),
        pytest.param(
            [
                *many(range(30), "CVE-1"),
                *many(range(30, 60), "CVE-2"),
                *many(range(60, 90), "CVE-3"),
                *different(range(90, 110)),
            ],
            [("CVE-1", 30), ("CVE-2", 30), ("CVE-3", 30), (None, 20)],
            id="at-most-four-messages",
        ),
    ],
)
def test_too_many_for_the_same_readers_are_published_together(
    notices: list[PendingNotice], expected: list[tuple[str | None, int]]
) -> None:
    assert messages(planned(notices)) == expected


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"team": "payments"}, id="team"),
        pytest.param({"event_type": EventType.RECOVERED}, id="kind"),
        pytest.param({"policy_id": "other"}, id="policy"),
        pytest.param({"final_action": "warn"}, id="final-action"),
    ],
)
def test_a_group_never_crosses_a(facts: dict[str, object]) -> None:
    notices = [*many(range(20), "CVE-1"), *many(range(20, 40), "CVE-1", **facts)]
    assert messages(planned(notices)) == [("CVE-1", 20), ("CVE-1", 20)]


def test_a_group_never_crosses_a_channel() -> None:
    chat = [replace(notice, channel=Channel.CHAT) for notice in many(range(20), "CVE-1")]
    assert messages(planned([*many(range(20), "CVE-1"), *chat])) == [("CVE-1", 20)] * 2


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"team": "payments"}, id="team"),
        pytest.param({"event_type": EventType.RECOVERED}, id="kind"),
    ],
)
def test_ten_are_not_too_many_because_of_another(facts: dict[str, object]) -> None:
    notices = [*many(range(10), "CVE-1"), *many(range(10, 30), "CVE-1", **facts)]
    first, *rest = alone(range(10))
    assert messages(planned(notices)) == [first, ("CVE-1", 20), *rest]


def test_more_images_than_a_message_takes_are_several_parts() -> None:
    groups = planned(many(range(900), "CVE-1")).groups
    shapes = [(len(group.members), group.images, group.part, group.parts) for group in groups]
    assert shapes == [(400, 900, 1, 3), (400, 900, 2, 3), (100, 900, 3, 3)]


def test_long_names_make_more_parts() -> None:
    tag = ImageTag.parse(f"reg.io/{'long-name/' * 30}app:1")
    [first, *_] = planned([pending(n, "CVE-1", tag=tag) for n in range(400)]).groups
    size = len(str(tag)) + 20
    assert len(first.members) == grouping.MOST_NAME_BYTES // size < 400


def test_a_group_names_its_worst_images_first() -> None:
    severities = [Severity.HIGH, Severity.CRITICAL, Severity.LOW, Severity.CRITICAL]
    notices = [
        pending(number, f"CVE-{number}", worst=severities[number % 4], findings=number)
        for number in range(12)
    ]
    [group] = planned(notices).groups
    assert [envelope.id for envelope in group.worst_first[:4]] == [
        "n00011",
        "n00009",
        "n00007",
        "n00005",
    ]


def test_a_summary_is_published_alone_and_makes_the_others_no_more() -> None:
    summary = pending(0, event_type=EventType.SUMMARY, subject="summary")
    assert messages(planned([summary, *many(range(1, 11), "CVE-1")])) == alone(range(11))


# --- a storm that outlives its window


def storm_of(notices: list[PendingNotice], at: datetime = NOON) -> Storm:
    storms: dict[str, Storm] = {}
    for group in planned(notices, at=at).groups:
        storm = storm_after(group, storms, RULES, at)
        assert storm is not None
        storms[storm.id] = storm
    [storm] = storms.values()
    return storm


STORM = storm_of(many(range(37), "CVE-1"))
MORE = many(range(37, 49), "CVE-1")


def test_a_storm_begins_with_what_was_published() -> None:
    assert (STORM.images, STORM.began_at, STORM.interval) == (37, NOON, MINUTE)


def test_a_few_are_no_storm_yet() -> None:
    few = storm_of(many(range(8), "CVE-1"))
    assert messages(planned(MORE[:2], few)) == alone(range(37, 39))


def test_those_that_make_too_many_are_a_group_at_once() -> None:
    few = storm_of(different(range(8)))
    assert messages(planned(different(range(37, 41)), few)) == [(None, 4)]


@pytest.mark.parametrize("kind", ONE_BY_ONE)
def test_ten_one_by_one_become_a_storm_though_nothing_is_common(kind: EventType) -> None:
    storms: dict[str, Storm] = {}
    for notice in different(range(10), event_type=kind):
        [group] = plan([notice], storms, RULES, NOON).groups
        storm = storm_after(group, storms, RULES, NOON)
        assert storm is not None
        storms = {storm.id: storm}
    more = different(range(10, 22), event_type=kind)
    assert plan(more, storms, RULES, NOON) == Plan(held=tuple(more))
    [group] = plan(more, storms, RULES, NOON + MINUTE).groups
    assert (group.images, group.before, group.began_at) == (12, 10, NOON)


def test_what_comes_later_is_so_many_more() -> None:
    [group] = planned(MORE, STORM, at=NOON + MINUTE).groups
    assert (group.images, group.before, group.began_at) == (12, 37, NOON)
    after = storm_after(group, {STORM.id: STORM}, RULES, NOON + MINUTE)
    assert after is not None
    assert (after.images, after.notified_at, after.interval) == (49, NOON + MINUTE, 2 * MINUTE)


def test_a_finding_counts_the_images_that_had_it_alone() -> None:
    storm = storm_of([*many(range(30), "CVE-1"), *many(range(30, 40), "CVE-2", "CVE-3")])
    more = [*many(range(40, 60), "CVE-1"), *many(range(60, 80), "CVE-3"), *different(range(80, 90))]
    groups = planned(more, storm, at=NOON + MINUTE).groups
    assert [(g.issue and g.issue.name, g.before) for g in groups] == [
        ("CVE-1", 30),
        ("CVE-3", 10),
        (None, 40),
    ]


def test_a_finding_that_is_new_in_a_storm_is_not_called_more() -> None:
    [group] = planned(many(range(37, 60), "CVE-2"), STORM, at=NOON + MINUTE).groups
    assert (group.before, group.began_at) == (0, None)


def test_one_more_is_published_as_it_is() -> None:
    assert messages(planned(MORE[:1], STORM, at=NOON + MINUTE)) == alone(range(37, 38))


def gaps(storm: Storm, notices: list[PendingNotice], number: int) -> list[int]:
    """The seconds between its next messages, when there is always something to publish."""
    now, seconds = storm.notified_at, []
    for _ in range(number):
        waited = timedelta()
        while not (groups := plan(notices, {storm.id: storm}, RULES, now + waited).groups):
            waited += MINUTE
        now += waited
        seconds.append(int(waited.total_seconds()))
        notices = [_at(notice, now) for notice in notices]
        for group in groups:
            after = storm_after(group, {storm.id: storm}, RULES, now)
            assert after is not None
            storm = after
    return seconds


def _at(notice: PendingNotice, at: datetime) -> PendingNotice:
    return replace(notice, envelope=replace(notice.envelope, at=at))


@pytest.mark.parametrize(
    "notices",
    [
        pytest.param(MORE, id="with-the-same-finding"),
        pytest.param(different(range(37, 49)), id="for-different-reasons"),
        pytest.param([*MORE, *many(range(50, 62), "CVE-2")], id="in-two-groups"),
    ],
)
def test_a_storm_is_published_at_growing_distances_of_a_quarter_of_an_hour_at_most(
    notices: list[PendingNotice],
) -> None:
    assert gaps(STORM, notices, 7) == [60, 120, 240, 480, 900, 900, 900]


def test_until_then_more_is_held_and_other_readers_are_not() -> None:
    storm = replace(STORM, interval=2 * MINUTE)
    more, other = different(range(37, 49)), pending(60, "CVE-1", team="payments")
    made = planned([*more, other], storm, at=NOON + MINUTE)
    assert (messages(made), made.held) == (alone(range(60, 61)), tuple(more))


def test_a_full_message_s_worth_is_not_held() -> None:
    storm = replace(STORM, interval=15 * MINUTE)
    full = many(range(37, 437), "CVE-1")
    assert messages(planned(full, storm, at=NOON + MINUTE)) == [("CVE-1", 400)]


def test_no_notice_is_held_for_longer_than_the_longest_gap() -> None:
    storm = replace(STORM, notified_at=NOON + LONGEST_GAP, interval=LONGEST_GAP)
    first = pending(0, "CVE-2")
    assert planned([first], storm, at=NOON + LONGEST_GAP - MINUTE).held == (first,)
    assert messages(planned([first], storm, at=NOON + LONGEST_GAP)) == alone(range(1))


def test_a_push_is_published_at_once_in_the_middle_of_a_swept_storm() -> None:
    storm, push = replace(STORM, interval=15 * MINUTE), pending(50, "CVE-1", pushed=True)
    made = planned([*MORE, push], storm, at=NOON + MINUTE)
    assert (messages(made), made.held) == (alone(range(50, 51)), tuple(MORE))


def test_too_many_pushes_are_a_storm_like_any_other() -> None:
    storm = storm_of(different(range(11), pushed=True))
    more = different(range(11, 14), pushed=True)
    assert planned(more, storm).held == tuple(more)


def test_after_two_quiet_hours_ten_are_published_one_by_one_again() -> None:
    ten = many(range(37, 47), "CVE-1")
    assert messages(planned(ten, STORM, at=NOON + QUIET)) == alone(range(37, 47))


def test_one_an_hour_is_no_storm_however_long_that_goes_on() -> None:
    storms: dict[str, Storm] = {}
    for hour in range(48):
        at = NOON + hour * HOUR
        [group] = plan([pending(hour, f"CVE-{hour}", at=at)], storms, RULES, at).groups
        storm = storm_after(group, storms, RULES, at)
        assert storm is not None
        assert (storm.images_lately(at), storm.interval) == (min(hour + 1, 2), RULES.window)
        storms = {storm.id: storm}


# --- what repeats


@pytest.mark.parametrize("kind", REPEATING)
def test_what_repeats_is_one_message_a_team_and_sweep_though_nothing_is_common(
    kind: EventType,
) -> None:
    swept = [
        replace(notice, envelope=replace(notice.envelope, at=NOON + n * 5 * MINUTE))
        for n, notice in enumerate(different(range(17), event_type=kind))
    ]
    assert planned(swept, at=NOON + RULES.collected - MINUTE) == Plan(held=tuple(swept))
    assert messages(planned(swept, at=NOON + RULES.collected)) == [(None, 17)]


@pytest.mark.parametrize("kind", REPEATING)
def test_the_issue_that_all_share_is_what_a_repetition_is_about(kind: EventType) -> None:
    at = NOON + RULES.collected
    assert messages(planned(many(range(2), "CVE-1", "CVE-2", event_type=kind), at=at)) == [
        ("CVE-1", 2)
    ]


@pytest.mark.parametrize("kind", REPEATING)
def test_a_single_repetition_is_published_as_it_is_and_makes_no_storm(kind: EventType) -> None:
    made = planned([pending(0, "CVE-1", event_type=kind)], at=NOON + RULES.collected)
    assert messages(made) == alone(range(1))
    assert storm_after(made.groups[0], {}, RULES, NOON) is None


def test_what_ends_within_hours_is_announced_at_once() -> None:
    soon = replace(issue("CVE-1"), until=NOON + 3 * HOUR)
    late = replace(issue("CVE-1"), until=NOON + 48 * HOUR)
    ends_soon = pending(0, event_type=EventType.EXPIRING, issues=(soon,))
    ends_late = pending(1, event_type=EventType.EXPIRING, issues=(late,), team="payments")
    made = planned([ends_soon, ends_late])
    assert (messages(made), made.held) == (alone(range(1)), (ends_late,))


def test_so_many_repetitions_that_others_have_no_room_do_not_wait() -> None:
    teams = [
        pending(n, f"CVE-{n}", event_type=EventType.REMINDER, team=f"team-{n % 10}")
        for n in range(grouping.MOST_COLLECTED + 1)
    ]
    assert planned(teams[:-1]).held == tuple(sorted(teams[:-1], key=lambda n: n.envelope.team))
    assert planned(teams).held == ()


@pytest.mark.parametrize("kind", EventType)
def test_the_age_of_a_notice_counts_from_when_it_is_due(kind: EventType) -> None:
    wait = RULES.collected if kind in REPEATING else timedelta()
    assert due_at(pending(0, "CVE-1", event_type=kind), RULES) == NOON + wait


@pytest.mark.parametrize("kind", [kind for kind in EventType if kind is not EventType.SUMMARY])
def test_without_a_window_and_without_collecting_nothing_is_held(kind: EventType) -> None:
    rules = GroupingRules(digest_above=10, window=timedelta(), collected=timedelta())
    storms: dict[str, Storm] = {}
    now = NOON + HOUR
    for first in range(0, 120, 30):
        made = plan(different(range(first, first + 30), event_type=kind), storms, rules, now)
        assert (messages(made), made.held) == ([(None, 30)], ())
        if (storm := storm_after(made.groups[0], storms, rules, now)) is not None:
            storms = {storm.id: storm}


def test_a_storm_s_id_is_that_of_its_readers_and_kind() -> None:
    one = pending(0, "CVE-1")
    others = [
        pending(0, "CVE-1", team="payments"),
        pending(0, "CVE-1", event_type=EventType.RECOVERED),
        pending(0, "CVE-1", pushed=True),
        replace(one, channel=Channel.CHAT),
    ]
    assert storm_id(one) == storm_id(pending(9, "CVE-9", policy_id="P"))
    assert len({storm_id(notice) for notice in [one, *others]}) == 5


def test_messages_of_a_storm_about_one_issue_are_one_thread_and_about_another_are_not() -> None:
    def thread(name: str, first: int) -> str:
        [group] = planned(many(range(first, first + 11), name)).groups
        return group.storm

    assert thread("CVE-1", 0) == thread("CVE-1", 100)
    assert thread("CVE-1", 0) != thread("CVE-2", 0)
    [apart] = planned(different(range(11))).groups
    assert (apart.issue, apart.storm) == (None, grouping.alone(pending(0)).storm)


def test_what_ends_just_after_the_next_collection_is_collected() -> None:
    def due(until: timedelta) -> datetime:
        ending = replace(issue("CVE-1"), until=NOON + until)
        return due_at(pending(0, event_type=EventType.EXPIRING, issues=(ending,)), RULES)

    assert due(2 * grouping.COLLECTED) == NOON + grouping.COLLECTED
    assert due(2 * grouping.COLLECTED - MINUTE) == NOON


def test_a_storm_is_over_after_two_hours_to_the_second_and_keeps_a_hundred_issues() -> None:
    storm = Storm(id="s", began_at=NOON, notified_at=NOON, interval=MINUTE)
    assert storm.is_over(NOON + QUIET)
    assert not storm.is_over(NOON + QUIET - timedelta(seconds=1))
    envelope = pending(0, *(f"CVE-{n}" for n in range(150))).envelope
    assert len(storm.plus([envelope], NOON, MINUTE, 10).issues) == 100


def test_of_issues_that_as_many_have_the_more_severe_one_makes_the_group() -> None:
    both = (issue("CVE-1", Severity.LOW), issue("CVE-2", Severity.CRITICAL))
    [group] = planned([pending(number, issues=both) for number in range(11)]).groups
    assert group.issue == both[1]


@pytest.mark.parametrize("kind", REPEATING)
def test_what_is_collected_is_one_message_when_only_half_share_a_finding(kind: EventType) -> None:
    half = many(range(3), "CVE-1", event_type=kind)
    swept = [*half, *different(range(3, 6), event_type=kind)]
    assert messages(planned(swept, at=NOON + RULES.collected + MINUTE)) == [(None, 6)]


def test_after_the_first_of_each_team_the_oldest_comes_first() -> None:
    teams = enumerate(("web", "batch", "batch", "web"))
    notices = [pending(number, team=team) for number, team in teams]
    assert messages(planned(notices)) == alone(range(4))
