"""Whatever comes, fails and restarts, in whatever order: what readers of the outbox can rely on.

Each property sees 30 lives of up to 8 windows, the same ones at each run;
PROPERTY_EXAMPLES=5000 looks at so many new ones, which takes minutes.
"""

from datetime import timedelta
from functools import partial
from itertools import product

from hypothesis import strategies as st

from rescan.kernel.publish_fault import PublishFault
from rescan.ledger.news import EventType
from rescan.outbox.storm import LONGEST_GAP
from tests.support import life_properties
from tests.support.faults import Fault
from tests.support.one_publisher import RULES
from tests.support.outbox_life import TEAMS, Arrival, OutboxLife, Window

CALLS = [
    *("claim", "waiting", "in_flight", "storms", "notice", "mark_in_flight"),
    *("publish", "set_aside", "clear_in_flight", "release"),
]
CHANGES = (EventType.STOP, EventType.RECOVERED)
ARRIVALS = st.builds(
    Arrival,
    first=st.integers(0, 12),
    images=st.sampled_from([1, 2, 24, 40]),
    finding=st.sampled_from(["CVE-1", "CVE-2", "policy P", None]),
    event_type=st.sampled_from([EventType.STOP, EventType.RECOVERED, EventType.REMINDER]),
    pushed=st.booleans(),
)
SINGLE_FAULTS = [{call: fault} for call, fault in product(CALLS, Fault)]
FAULTS = st.sampled_from([{}, *SINGLE_FAULTS]) | st.builds(
    lambda one, other: one | other, *[st.sampled_from(SINGLE_FAULTS)] * 2
)

PEACEFUL = {
    "arrivals": st.lists(ARRIVALS, max_size=2).map(tuple),
    "restarts": st.booleans(),
    "minutes": st.sampled_from([1, 3, 20]),
}
FAULTY = PEACEFUL | {
    "faults": FAULTS,
    "spared": st.integers(0, 5),
    "fail": st.sampled_from([1, 2, None]),
}

SOME = st.frozensets(st.integers(0, 24), max_size=3)
REFUSED = FAULTY | {
    "bad": SOME,
    "garbled": SOME,
    "fault": st.sampled_from([None, None, None, PublishFault.TOPIC, PublishFault.IN_DOUBT]),
}
SPOILED_IN_FLIGHT = [
    Window((Arrival(images=3, finding=None),), {"publish": Fault.REFUSED}),
    Window(
        (Arrival(1, event_type=EventType.REMINDER),), bad=frozenset({1}), garbled=frozenset({0})
    ),
]
BAD_STORM = [Window((Arrival(images=40),), bad=frozenset({0, 7})), Window(minutes=3)]

FLAPS = [
    Window((Arrival(2 * n), Arrival(2 * n, event_type=EventType.RECOVERED)), minutes=3)
    for n in range(8)
]
STOP_AND_GO = (Arrival(0), Arrival(0, event_type=EventType.RECOVERED))
SINGLES = tuple(Arrival(n, finding=f"CVE-{n}") for n in range(8))
REFUSED_ONCE = [Window(STOP_AND_GO, {"publish": Fault.REFUSED}, fail=1)]
UNCLEARED = [Window(STOP_AND_GO, {"clear_in_flight": Fault.REFUSED}, fail=1), Window(restarts=True)]
UNCLEARED_FOR_LONG = [
    Window(STOP_AND_GO[:1], {"clear_in_flight": Fault.REFUSED}),
    Window(STOP_AND_GO[1:], {"clear_in_flight": Fault.REFUSED}, fail=1),
    Window(restarts=True),
]
UNANSWERED = [Window(SINGLES, {"publish": Fault.UNANSWERED}, fail=2)]
NOT_CLEARED = [Window((Arrival(images=24),), {"clear_in_flight": Fault.UNANSWERED}, fail=1)]
CRASHED_BEFORE_A_STORM = [
    Window((Arrival(0),), {"publish": Fault.CRASH_AFTER}, fail=1),
    Window((Arrival(2, images=40),), minutes=3),
]
REMINDED = [
    Window((Arrival(images=24),), {"publish": Fault.REFUSED}),
    Window((Arrival(images=24, event_type=EventType.REMINDER),), {"publish": Fault.REFUSED}),
    Window((Arrival(images=12, event_type=EventType.RECOVERED),)),
]
SLOW_STORM = [*(Window((Arrival(n, 24),)) for n in (0, 50, 80, 110, 140)), *FLAPS]
OWN_FINDINGS = [Window((Arrival(n * 40, 40, finding=None),), minutes=3) for n in range(8)]
# A claim outlives its owner for more than one window, and reminders wait for their sweep.
SETTLED = int(RULES.collected / RULES.window) + 25


for_any = partial(life_properties.for_any, Window, examples=30, shortest=1)


def life(windows: list[Window]) -> OutboxLife:
    return OutboxLife().lives(windows).settles(minutes=SETTLED)


@for_any(FAULTY, CRASHED_BEFORE_A_STORM, REMINDED)
def test_after_the_faults_nothing_is_left_unpublished(windows: list[Window]) -> None:
    settled = life(windows)
    assert settled.never == set()
    assert (settled.ledger.due, settled.ledger.flights) == ({}, {})


@for_any(FAULTY, UNCLEARED, NOT_CLEARED, CRASHED_BEFORE_A_STORM)
def test_only_a_crash_or_a_lost_answer_publishes_a_notice_again(windows: list[Window]) -> None:
    most = 1 + leave_to_repeat(windows)
    assert {name: times for name, times in life(windows).times.items() if times > most} == {}


@for_any(FAULTY, UNCLEARED, UNANSWERED, CRASHED_BEFORE_A_STORM)
def test_what_is_published_again_has_the_id_of_before(windows: list[Window]) -> None:
    assert [ids for ids in life(windows).ids_of_repeated() if len(ids) > 1] == []


@for_any(REFUSED, SPOILED_IN_FLIGHT, BAD_STORM)
def test_all_is_published_or_set_aside_and_only_what_is_at_fault_is_set_aside(
    windows: list[Window],
) -> None:
    settled = life(windows)
    assert (settled.never, settled.aside - settled.spoiled) == (set(), set())
    assert (settled.ledger.due, settled.ledger.flights) == ({}, {})


@for_any(REFUSED, SPOILED_IN_FLIGHT, BAD_STORM)
def test_what_is_refused_keeps_order_and_pace_of_all_others(windows: list[Window]) -> None:
    settled = life(windows)
    assert settled.out_of_order() == []
    assert settled.most_within(timedelta(seconds=1)) <= 4


def leave_to_repeat(windows: list[Window]) -> int:
    """Once a run whose process or answer is lost; once a container, when clearing failed."""
    lost = [
        window.minutes
        for window in windows
        if window.has(faults=(Fault.CRASH_BEFORE, Fault.CRASH_AFTER))
        or window.has("publish", faults=(Fault.UNANSWERED,))
    ]
    cannot_clear = any(window.has("clear_in_flight") for window in windows)
    return sum(lost) + cannot_clear * sum(window.restarts for window in windows)


@for_any(FAULTY, REFUSED_ONCE, UNCLEARED, UNCLEARED_FOR_LONG, REMINDED)
def test_what_is_later_of_an_image_is_published_behind_what_was_earlier(
    windows: list[Window],
) -> None:
    assert life(windows).out_of_order() == []


@for_any(FAULTY, UNANSWERED)
def test_no_second_has_more_than_four_messages(windows: list[Window]) -> None:
    assert life(windows).most_within(timedelta(seconds=1)) <= 4


@for_any(PEACEFUL, SLOW_STORM, OWN_FINDINGS)
def test_no_team_gets_more_messages_than_its_storms_make(windows: list[Window]) -> None:
    settled = life(windows)
    # Of a kind, swept or pushed: ten alone, and four groups each time, eight times an hour.
    a_kind = 2 * (RULES.digest_above + 8 * 4)
    hour = timedelta(hours=1)
    assert all(settled.most_within(hour, team) <= 2 * a_kind + 1 for team in TEAMS)


@for_any(FAULTY)
def test_no_message_has_several_readers(windows: list[Window]) -> None:
    settled = life(windows)
    readers = [len(settled.readers_of(message)) for message in settled.messages]
    assert readers == [1] * len(readers)


@for_any(PEACEFUL, SLOW_STORM, OWN_FINDINGS)
def test_no_notice_is_held_for_longer_than_a_quarter_of_an_hour_and_a_window(
    windows: list[Window],
) -> None:
    a_run = timedelta(seconds=45)
    assert life(windows).longest_wait(*CHANGES) <= LONGEST_GAP + RULES.window + a_run


@for_any(PEACEFUL)
def test_no_reminder_waits_longer_than_for_its_sweep(windows: list[Window]) -> None:
    a_run = timedelta(seconds=45)
    waited = life(windows).longest_wait(EventType.REMINDER)
    assert waited <= RULES.collected + RULES.window + a_run


@for_any(FAULTY)
def test_what_the_faults_held_up_is_published_soon_behind_them(windows: list[Window]) -> None:
    settled = life(windows)
    # A claim outlives its owner for more than one window, and what waits takes several runs.
    waited = settled.longest_wait(*CHANGES, since=settled.quiet_since)
    assert waited <= LONGEST_GAP + 6 * RULES.window
