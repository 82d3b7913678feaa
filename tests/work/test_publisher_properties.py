"""Whatever comes, fails and restarts, in whatever order: what readers of the outbox can rely on.

Each property sees 60 lives of up to 8 windows, the same ones at each run;
PROPERTY_EXAMPLES=5000 looks at so many new ones, which takes minutes.
"""

from datetime import timedelta
from functools import partial
from itertools import product

from hypothesis import strategies as st

from rescan.ledger.news import EventType
from rescan.outbox.grouping import LONGEST_GAP
from tests.support import lives
from tests.support.faults import Fault
from tests.support.one_publisher import RULES
from tests.support.outbox_life import Arrival, OutboxLife, Window

CALLS = [
    *("claim", "waiting", "in_flight", "storms", "notice", "mark_in_flight"),
    *("publish", "remove", "clear_in_flight", "remember", "release"),
]
ARRIVALS = st.builds(
    Arrival,
    first=st.integers(0, 12),
    images=st.sampled_from([1, 2, 24, 40]),
    finding=st.sampled_from(["CVE-1", "CVE-2", "policy P"]),
    event_type=st.sampled_from([EventType.STOP, EventType.RECOVERED]),
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

FLAPS = [
    Window((Arrival(2 * n), Arrival(2 * n, event_type=EventType.RECOVERED)), minutes=3)
    for n in range(8)
]
STOP_AND_GO = (Arrival(0), Arrival(0, event_type=EventType.RECOVERED))
SINGLES = tuple(Arrival(n, finding=f"CVE-{n}") for n in range(8))
REFUSED_ONCE = [Window(STOP_AND_GO, {"publish": Fault.REFUSED}, fail=1)]
UNCLEARED = [Window(STOP_AND_GO, {"remove": Fault.REFUSED}, fail=1), Window(restarts=True)]
UNCLEARED_FOR_LONG = [
    Window(STOP_AND_GO[:1], {"remove": Fault.REFUSED}),
    Window(STOP_AND_GO[1:], {"remove": Fault.REFUSED}, fail=1),
    Window(restarts=True),
]
UNANSWERED = [Window(SINGLES, {"publish": Fault.UNANSWERED}, fail=2)]
NOT_FORGOTTEN = [Window((Arrival(images=24),), {"clear_in_flight": Fault.REFUSED}, fail=1)]
SLOW_STORM = [*(Window((Arrival(n, 24),)) for n in (0, 50, 80, 110, 140)), *FLAPS]


for_any = partial(lives.for_any, Window, examples=60, shortest=1)


@for_any(FAULTY)
def test_after_the_faults_nothing_is_left_untold(windows: list[Window]) -> None:
    life = OutboxLife().lives(windows).settles(minutes=25)
    assert set(life.tellings) == set(life.dues)
    assert (life.ledger.due, life.ledger.flights) == ({}, {})


@for_any(FAULTY, UNCLEARED, NOT_FORGOTTEN)
def test_only_a_crash_or_a_lost_answer_tells_a_notice_again(windows: list[Window]) -> None:
    life = OutboxLife().lives(windows).settles(minutes=25)
    most = 1 + leave_to_repeat(windows)
    assert {name: times for name, times in life.tellings.items() if times > most} == {}


def leave_to_repeat(windows: list[Window]) -> int:
    """Once a run whose process or answer is lost; once a container, when clearing failed."""
    lost = [
        window.minutes
        for window in windows
        if window.has(faults=(Fault.CRASH_BEFORE, Fault.CRASH_AFTER))
        or window.has("publish", faults=(Fault.UNANSWERED,))
    ]
    cannot_clear = any(window.has("remove", "clear_in_flight") for window in windows)
    return sum(lost) + cannot_clear * sum(window.restarts for window in windows)


@for_any(FAULTY, REFUSED_ONCE, UNCLEARED, UNCLEARED_FOR_LONG)
def test_what_is_later_of_an_image_is_told_behind_what_was_earlier(windows: list[Window]) -> None:
    assert OutboxLife().lives(windows).settles(minutes=25).out_of_order() == []


@for_any(FAULTY, UNANSWERED)
def test_no_second_has_more_than_four_messages(windows: list[Window]) -> None:
    assert OutboxLife().lives(windows).settles(minutes=25).most_in_a_second() <= 4


@for_any(FAULTY)
def test_no_message_has_several_readers(windows: list[Window]) -> None:
    life = OutboxLife().lives(windows).settles(minutes=25)
    assert [len(life.readers_of(message)) for message in life.messages] == [1] * len(life.messages)


@for_any(PEACEFUL, SLOW_STORM)
def test_no_notice_is_held_for_longer_than_a_quarter_of_an_hour_and_a_window(
    windows: list[Window],
) -> None:
    life = OutboxLife().lives(windows).settles(minutes=25)
    a_run = timedelta(seconds=45)
    assert life.longest_wait() <= LONGEST_GAP + RULES.window + a_run


@for_any(FAULTY)
def test_what_the_faults_held_up_is_told_soon_behind_them(windows: list[Window]) -> None:
    life = OutboxLife().lives(windows).settles(minutes=25)
    # A claim outlives its owner for more than one window, and what waits takes several runs.
    assert life.longest_wait(since=life.quiet_since) <= LONGEST_GAP + 6 * RULES.window
