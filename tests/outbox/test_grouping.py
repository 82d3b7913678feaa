"""Which notices become one message, and which are told alone."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rescan.kernel.image_tag import ImageTag
from rescan.ledger.news import EventType
from rescan.outbox import grouping
from rescan.outbox.group import Group
from rescan.outbox.grouping import Plan, Storm, plan, storm_after
from rescan.outbox.items import PendingNotice
from tests.support.fakes import NOON
from tests.support.one_publisher import RULES
from tests.support.pending_notices import waiting

MINUTE = timedelta(minutes=1)


def many(numbers: range, *names: str, **facts: object) -> list[PendingNotice]:
    return [waiting(number, *names, **facts) for number in numbers]


def planned(those: list[PendingNotice], *storms: Storm, minutes: int = 0) -> Plan:
    known = {storm.id: storm for storm in storms}
    return plan(those, known, RULES, NOON + minutes * MINUTE)


def told(plan: Plan) -> list[tuple[str | None, int]]:
    """Of each message what it is about, and of how many images; a lone one: its id."""
    return [
        (unit.issue.name if unit.issue else None, len(unit.members))
        if isinstance(unit, Group)
        else (unit.envelope.id, 1)
        for unit in plan.units
    ]


@pytest.mark.parametrize(
    ("those", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(
            many(range(10), "CVE-1"), [(f"n{n:05}", 1) for n in range(10)], id="ten-alone"
        ),
        pytest.param(many(range(11), "CVE-1"), [("CVE-1", 11)], id="eleven-together"),
        pytest.param(
            [*many(range(8), "CVE-1"), *many(range(8, 11), "CVE-2"), waiting(11, "CVE-3")],
            [("CVE-1", 8), ("CVE-2", 3), ("n00011", 1)],
            id="by-the-finding-of-most-images-first",
        ),
        pytest.param(
            [*many(range(9), "CVE-1", "CVE-2"), *many(range(9, 12), "CVE-2")],
            [("CVE-2", 12)],
            id="an-image-is-told-with-the-larger-group",
        ),
        pytest.param(
            [*many(range(3), "policy P", "CVE-1"), *many(range(3, 12), "CVE-1")],
            [("policy P", 3), ("CVE-1", 9)],
            id="a-change-of-the-policy-before-a-finding",
        ),
        pytest.param(
            [waiting(n, f"CVE-{n}") for n in range(11)], [(None, 11)], id="nothing-in-common"
        ),
        pytest.param(
            [*many(range(2), "CVE-1"), *(waiting(n, f"CVE-{n}") for n in range(2, 12))],
            [("CVE-1", 2), *((f"n{n:05}", 1) for n in range(2, 12))],
            id="ten-that-are-left-are-alone",
        ),
    ],
)
def test_too_many_for_the_same_readers_are_told_together(
    those: list[PendingNotice], expected: list[tuple[str | None, int]]
) -> None:
    assert told(planned(those)) == expected


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"team": "payments"}, id="team"),
        pytest.param({"event_type": EventType.REMINDER}, id="kind"),
        pytest.param({"policy_id": "other"}, id="policy"),
        pytest.param({"final_action": "warn"}, id="final-action"),
    ],
)
def test_a_group_never_crosses_a(facts: dict[str, object]) -> None:
    those = [*many(range(20), "CVE-1"), *many(range(20, 40), "CVE-1", **facts)]
    assert told(planned(those)) == [("CVE-1", 20), ("CVE-1", 20)]


def test_another_team_s_notices_do_not_make_ten_too_many() -> None:
    those = [*many(range(10), "CVE-1"), *many(range(10, 30), "CVE-1", team="payments")]
    assert told(planned(those)) == [*((f"n{n:05}", 1) for n in range(10)), ("CVE-1", 20)]


def test_many_small_groups_are_ten_and_one_for_the_rest() -> None:
    those = [waiting(n, f"CVE-{n // 3}") for n in range(90)]
    made = told(planned(those))
    assert sorted(count for _, count in made) == [3] * 10 + [60]
    assert (None, 60) in made


def test_several_about_one_image_are_told_alone_and_last_word_last() -> None:
    stop, recovered = waiting(3, "CVE-1"), waiting(40, "CVE-1", event_type=EventType.RECOVERED)
    same = replace(recovered, envelope=replace(recovered.envelope, subject=stop.envelope.subject))
    those = [*many(range(3), "CVE-1"), stop, *many(range(4, 20), "CVE-1"), same]
    assert told(planned(those)) == [("CVE-1", 19), ("n00003", 1), ("n00040", 1)]


def test_more_images_than_a_message_takes_are_several_parts() -> None:
    groups = planned(many(range(900), "CVE-1")).units
    shapes = [(len(g.members), g.images, g.part, g.parts) for g in groups if isinstance(g, Group)]
    assert shapes == [(400, 900, 1, 3), (400, 900, 2, 3), (100, 900, 3, 3)]


def test_long_names_make_more_parts() -> None:
    tag = ImageTag.parse(f"reg.io/{'long-name/' * 30}app:1")
    [first, *_] = planned([waiting(n, "CVE-1", tag=tag) for n in range(400)]).units
    assert isinstance(first, Group)
    size = len(str(tag)) + 20
    assert len(first.members) == grouping.MOST_NAME_BYTES // size < 400


# --- a storm that outlives its window


def storm_of(those: list[PendingNotice]) -> Storm:
    [group] = planned(those).units
    assert isinstance(group, Group)
    storm = storm_after(group, {}, RULES, NOON)
    assert storm is not None
    return storm


STORM = storm_of(many(range(37), "CVE-1"))
MORE = many(range(37, 49), "CVE-1")


def test_a_storm_begins_with_what_was_told() -> None:
    assert (STORM.images, STORM.began_at, STORM.interval) == (37, NOON, MINUTE)


def test_a_few_that_are_told_together_are_no_storm_yet() -> None:
    those = [*many(range(8), "CVE-1"), *many(range(8, 11), "CVE-2")]
    group, _ = planned(those).units
    few = storm_after(group, {}, RULES, NOON)
    assert few is not None
    assert (few.images, few.is_running(RULES, NOON)) == (8, False)
    assert told(planned(MORE[:2], few)) == [("n00037", 1), ("n00038", 1)]


def test_what_was_told_one_by_one_becomes_a_storm() -> None:
    storms: dict[str, Storm] = {}
    for it in many(range(10), "CVE-1"):
        storm = storm_after(it, storms, RULES, NOON)
        assert storm is not None
        assert not storm.is_running(RULES, NOON) or storm.images == 10
        storms = {storm.id: storm}
    [group] = plan(MORE, storms, RULES, NOON + MINUTE).units
    assert isinstance(group, Group)
    assert (group.images, group.before) == (12, 10)


def test_what_has_nothing_in_common_can_not_go_on() -> None:
    [group] = planned([waiting(n, f"CVE-{n}") for n in range(11)]).units
    assert storm_after(group, {}, RULES, NOON) is None
    assert storm_after(waiting(1), {}, RULES, NOON) is None


def test_what_comes_later_is_told_as_so_many_more() -> None:
    [group] = planned(MORE, STORM, minutes=1).units
    assert isinstance(group, Group)
    assert (group.images, group.before, group.began_at) == (12, 37, NOON)
    after = storm_after(group, {STORM.id: STORM}, RULES, NOON + MINUTE)
    assert after == replace(STORM, images=49, notified_at=NOON + MINUTE, interval=2 * MINUTE)


def test_one_more_belongs_to_the_storm_too() -> None:
    [group] = planned(MORE[:1], STORM, minutes=1).units
    assert isinstance(group, Group)
    assert (group.images, group.before) == (1, 37)


def test_a_storm_is_told_at_growing_distances_of_a_quarter_of_an_hour_at_most() -> None:
    storm, gaps = STORM, []
    now = NOON
    for _ in range(6):
        now += storm.interval
        [group] = plan(MORE, {storm.id: storm}, RULES, now).units
        assert isinstance(group, Group)
        after = storm_after(group, {storm.id: storm}, RULES, now)
        assert after is not None
        storm = after
        gaps.append(int(storm.interval.total_seconds()))
    assert gaps == [120, 240, 480, 900, 900, 900]


def test_until_then_it_is_held_and_others_are_not() -> None:
    storm = replace(STORM, interval=2 * MINUTE)
    other = waiting(60, "CVE-2")
    assert planned([*MORE, other], storm, minutes=1) == Plan((other,), held=12)


def test_a_full_message_s_worth_is_not_held() -> None:
    storm = replace(STORM, interval=15 * MINUTE)
    assert told(planned(many(range(37, 437), "CVE-1"), storm, minutes=1)) == [("CVE-1", 400)]


def test_what_is_held_is_told_at_once_when_its_image_changes_again() -> None:
    storm = replace(STORM, interval=15 * MINUTE)
    recovered = waiting(50, event_type=EventType.RECOVERED, subject=MORE[0].envelope.subject)
    made = planned([*MORE, recovered], storm, minutes=1)
    assert (told(made), made.held) == ([("n00037", 1), ("n00050", 1)], 11)


def test_after_two_quiet_hours_it_is_a_new_story() -> None:
    made = planned(MORE[:3], STORM, minutes=120)
    assert told(made) == [("n00037", 1), ("n00038", 1), ("n00039", 1)]


# --- whatever waits


def test_a_summary_is_told_alone_and_makes_the_others_no_more() -> None:
    summary = waiting(0, event_type=EventType.SUMMARY, subject="summary")
    others = many(range(1, 11), "CVE-1")
    assert told(planned([summary, *others])) == [(it.envelope.id, 1) for it in (*others, summary)]


@given(
    st.lists(
        st.builds(
            waiting,
            st.integers(0, 40),
            st.sampled_from(["CVE-1", "CVE-2", "CVE-3", "policy P"]),
            team=st.sampled_from(["a", "b"]),
            event_type=st.sampled_from(EventType),
        ),
        max_size=60,
        unique_by=lambda it: it.envelope.id,
    ),
    st.integers(0, 200),
)
def test_each_notice_is_told_once_or_held(those: list[PendingNotice], minutes: int) -> None:
    those = sorted(those, key=lambda it: it.envelope.at)
    made = planned(those, STORM, minutes=minutes)
    groups = [unit.members if isinstance(unit, Group) else (unit,) for unit in made.units]
    ids = [member.envelope.id for members in groups for member in members]
    assert len(ids) == len(set(ids))
    assert len(ids) + made.held == len(those)
    assert set(ids) <= {it.envelope.id for it in those}
