"""The one publisher: everything that waits is published, once, whatever fails in between."""

from contextlib import suppress
from datetime import timedelta

import pytest
from msgspec.structs import replace

from rescan.kernel.deadline import Deadline
from rescan.kernel.metrics import Metric
from rescan.ledger.news import EventType
from rescan.outbox.items import Channel, InFlight, OutboxItem
from tests.support.fakes import NOON, FakeTopic
from tests.support.faults import Crash, Fault, Faults
from tests.support.one_publisher import RULES
from tests.support.outbox_notices import outbox_item
from tests.support.publisher_desk import Desk, broken, repeating

QUARTER = timedelta(minutes=15)


@pytest.fixture
def desk() -> Desk:
    return Desk()


ALONE = [outbox_item(number, f"CVE-{number}") for number in range(3)]
STORM = [outbox_item(number, "CVE-1") for number in range(37)]
NAMES = [item.envelope.id for item in STORM]


def test_what_waits_is_published_in_order_and_removed(desk: Desk) -> None:
    desk.hold(*ALONE)
    assert desk.run() == {"published": 3, "images": 3, "failed": 0, "left": 0}
    assert (desk.published, desk.ledger.due) == (["n00000", "n00001", "n00002"], {})


def test_a_storm_is_one_message(desk: Desk) -> None:
    desk.hold(*STORM)
    assert desk.run() == {"published": 1, "images": 37, "failed": 0, "left": 0}
    assert (desk.published, desk.ledger.due, desk.ledger.flights) == (NAMES, {}, {})


def test_messages_are_a_quarter_of_a_second_apart(desk: Desk) -> None:
    desk.hold(*ALONE)
    desk.run()
    assert desk.now - NOON == timedelta(seconds=0.75)


def test_nothing_to_say_is_a_sign_of_life(desk: Desk) -> None:
    assert desk.run() == {"published": 0, "images": 0, "failed": 0, "left": 0}
    assert desk.tally.take() == {Metric.OLDEST_NOTICE_AGE_SECONDS: 0}


def test_the_age_of_the_oldest_notice_is_measured(desk: Desk) -> None:
    desk.hold(*ALONE)
    desk.now += QUARTER
    desk.run()
    assert desk.tally.take() == {Metric.OLDEST_NOTICE_AGE_SECONDS: 900, Metric.PUBLISHED: 3}


def test_while_another_publishes_nothing_is_done(desk: Desk) -> None:
    desk.hold(*ALONE)
    desk.ledger.claimed_until = NOON + QUARTER
    desk.run()
    assert desk.published == []


def test_a_run_ends_within_its_time_and_the_next_goes_on(desk: Desk) -> None:
    items = [outbox_item(n, f"CVE-{n}", team=f"team-{n // 10}") for n in range(400)]
    desk.hold(*items)
    assert desk.run()["left"] == 400 - 180  # 45 s, at 4 a second
    for _ in range(2):
        desk.run()
    assert sorted(desk.published) == [item.envelope.id for item in items]
    # Whoever had fewer comes first: ten of each team, one after the other.
    by_turn = sorted(range(400), key=lambda n: (n % 10, n // 10))
    assert desk.published == [items[n].envelope.id for n in by_turn]


def test_without_time_left_nothing_begins(desk: Desk) -> None:
    desk.hold(*ALONE)
    assert desk.run(seconds=0) == {"published": 0, "images": 0, "failed": 0, "left": 3}


# --- what fails


def test_what_sns_refuses_waits_for_the_next_run(desk: Desk) -> None:
    desk.hold(*(outbox_item(n, f"CVE-{n}") for n in range(5)))
    desk.topic.refuses = True
    # After three in a row there is no use in asking for more.
    assert desk.run() == {"published": 0, "images": 0, "failed": 3, "left": 5}
    desk.topic.refuses = False
    assert desk.run() == {"published": 5, "images": 5, "failed": 0, "left": 0}


def test_a_group_that_sns_refused_is_published_next_and_under_the_same_id(desk: Desk) -> None:
    desk.hold(*STORM)
    desk.faults = Faults({"publish": Fault.UNANSWERED})
    desk.run()
    desk.faults = Faults()
    desk.hold(outbox_item(99, "CVE-9"))
    desk.now += timedelta(seconds=60)
    desk.run()
    first, again, _ = desk.topic.ids
    assert first == again
    assert desk.published == [*NAMES, *NAMES, "n00099"]


def test_a_notice_that_can_never_be_published_holds_no_other_back(desk: Desk) -> None:
    desk.hold(*map(broken, ALONE), outbox_item(7, "CVE-7"))
    assert desk.run() == {"published": 1, "images": 1, "failed": 3, "left": 0}
    assert desk.published == ["n00007"]
    assert [name for _, name in desk.ledger.aside] == ["n00000", "n00001", "n00002"]


def test_what_cannot_be_cleared_is_published_once_and_holds_no_other_back(desk: Desk) -> None:
    desk.hold(*ALONE)
    desk.ledger.refuses = {"clear_in_flight"}
    publisher = desk.publisher()
    for _ in range(3):
        publisher.run(Deadline.after(60))
    assert (desk.published, len(desk.ledger.due)) == (["n00000", "n00001", "n00002"], 3)
    desk.ledger.refuses = set()
    publisher.run(Deadline.after(60))
    assert (len(desk.published), desk.ledger.due) == (3, {})


def test_a_group_that_cannot_be_cleared_is_published_once(desk: Desk) -> None:
    desk.hold(*STORM)
    desk.ledger.refuses = {"clear_in_flight"}
    publisher = desk.publisher()
    for _ in range(3):
        publisher.run(Deadline.after(60))
    desk.ledger.refuses = set()
    publisher.run(Deadline.after(60))
    assert (desk.published, desk.ledger.due) == (NAMES, {})


def test_groups_that_could_not_be_cleared_keep_their_ids_and_numbers(desk: Desk) -> None:
    desk.hold(*STORM, *(outbox_item(n, "CVE-1", team="payments") for n in range(50, 70)))
    desk.ledger.refuses = {"clear_in_flight"}
    desk.run()
    desk.ledger.refuses = set()
    desk.run()
    ids = desk.topic.ids
    assert (len(ids), sorted(ids[:2])) == (4, sorted(ids[2:]))
    assert sorted(storm.images for storm in desk.ledger.storms.values()) == [20, 37]


def test_a_chat_that_fails_holds_no_mail_back() -> None:
    chat = FakeTopic(refuses=True)
    desk = Desk(chat=chat)
    items = [*STORM, *(outbox_item(number, f"CVE-{number}") for number in range(50, 53))]
    desk.hold(*(replace(item, channel=Channel.CHAT) for item in items))
    desk.run()
    desk.hold(*items)
    assert desk.run()["images"] == 40
    assert (len(desk.topic.notices), chat.notices) == (2, [])


def test_what_waits_for_a_chat_that_was_switched_off_is_deleted(desk: Desk) -> None:
    desk.hold(ALONE[0], replace(ALONE[1], channel=Channel.CHAT))
    desk.run()
    assert desk.published == [ALONE[0].envelope.id]
    assert desk.ledger.notices == {}


def test_a_notice_that_can_never_be_published_holds_back_nothing_of_its_image(desk: Desk) -> None:
    first, later = (outbox_item(n, f"CVE-{n}", subject="image") for n in (1, 2))
    desk.hold(broken(first), later)
    desk.run()
    assert desk.published == ["n00002"]


def test_an_outbox_that_cannot_be_read_ends_the_run_without_an_error(desk: Desk) -> None:
    desk.ledger.refuses = {"claim"}
    assert desk.run()["published"] == 0
    assert desk.tally.take() == {Metric.LEDGER_ERRORS: 1}


# --- one way for every message


def test_a_notice_costs_three_calls_and_a_group_two(desk: Desk) -> None:
    desk.hold(*ALONE)
    desk.run()
    look, end = ["claim", "waiting", "storms"], ["release"]
    each = ["notice", "mark_in_flight", "clear_in_flight"]
    assert desk.ledger.calls == [*look, *each * 3, *end]
    desk.ledger.calls.clear()
    desk.hold(*STORM)
    desk.run()
    assert desk.ledger.calls == [*look, *each[1:], *end]


def test_while_nothing_waits_the_outbox_is_looked_at_and_no_more(desk: Desk) -> None:
    desk.run()
    assert desk.ledger.calls == ["claim", "waiting", "release"]


@pytest.mark.parametrize("items", [ALONE[:1], STORM], ids=["notice", "group"])
def test_a_crash_after_sns_took_a_message_repeats_it_whole_though_a_storm_has_come(
    desk: Desk, items: list[OutboxItem]
) -> None:
    desk.hold(*items)
    desk.faults = Faults({"publish": Fault.CRASH_AFTER})
    with suppress(Crash):
        desk.run()
    desk.faults = Faults()
    desk.hold(*(outbox_item(n, "CVE-1") for n in range(100, 140)))
    desk.now += QUARTER
    desk.run()
    names = [item.envelope.id for item in items]
    assert desk.published[: 2 * len(names)] == names * 2
    assert len(set(desk.topic.ids[:2])) == 1
    assert desk.ledger.flights == {}


def test_a_notice_that_is_deleted_meanwhile_is_not_published(desk: Desk) -> None:
    desk.hold(*ALONE)
    desk.faults = Faults(first={"notice": desk.ledger.due.clear})
    assert desk.run() == {"published": 0, "images": 0, "failed": 0, "left": 0}
    assert (desk.published, desk.ledger.flights) == ([], {})


def test_what_was_deleted_before_it_was_forgotten_is_not_published_again(desk: Desk) -> None:
    [item] = ALONE[:1]
    landed = [
        InFlight("single", Channel.STOPS, ("gone",)),
        InFlight("group", Channel.STOPS, ("gone-1", "gone-2"), item.notice),
    ]
    desk.ledger.flights = {flight.id: flight for flight in landed}
    desk.hold(item)
    assert desk.run()["published"] == 1
    assert (desk.published, desk.ledger.flights) == (["n00000"], {})


def test_a_message_in_flight_that_breaks_a_limit_holds_none_of_its_notices_up(desk: Desk) -> None:
    too_long = replace(STORM[0].notice, subject="x" * 100)
    flight = InFlight("old", Channel.STOPS, tuple(NAMES), too_long)
    desk.ledger.flights = {flight.id: flight}
    desk.hold(*STORM)
    for _ in range(2):
        desk.run()
    assert (desk.published, desk.ledger.due, desk.ledger.flights) == (NAMES, {}, {})


def test_a_refused_notice_lets_what_follows_of_its_image_wait_and_no_other(desk: Desk) -> None:
    desk.hold(outbox_item(1, "CVE-1", subject="image"), outbox_item(2, "CVE-2", subject="image"))
    desk.hold(outbox_item(3, "CVE-3"))
    desk.faults = Faults({"publish": Fault.REFUSED}, most=1)
    assert desk.run() == {"published": 1, "images": 1, "failed": 1, "left": 2}
    desk.faults = Faults()
    desk.run()
    assert desk.published == ["n00003", "n00001", "n00002"]


def test_a_refused_group_lets_its_channel_wait(desk: Desk) -> None:
    desk.hold(*STORM, *(outbox_item(n, "CVE-1", team="payments") for n in range(50, 70)))
    desk.topic.refuses = True
    assert desk.run() == {"published": 0, "images": 0, "failed": 1, "left": 57}
    desk.topic.refuses = False
    assert desk.run() == {"published": 2, "images": 57, "failed": 0, "left": 0}


def test_who_is_no_longer_the_publisher_publishes_nothing(desk: Desk) -> None:
    desk.hold(*ALONE)

    def claimed_by_another() -> None:
        desk.ledger.claims += 1

    desk.faults = Faults(first={"mark_in_flight": claimed_by_another})
    assert desk.run() == {"published": 0, "images": 0, "failed": 0, "left": 3}
    assert desk.published == []


# --- several about one image


def test_hundreds_that_stop_and_recover_are_two_messages_in_their_order(desk: Desk) -> None:
    stops = [outbox_item(n, f"CVE-{n}", subject=f"image-{n}") for n in range(300)]
    recovered = [
        outbox_item(500 + n, f"CVE-{n}", subject=f"image-{n}", event_type=EventType.RECOVERED)
        for n in range(300)
    ]
    desk.hold(*stops, *recovered)
    desk.run()
    assert desk.topic.said == ["STOP", "RECOVERED"]
    assert (len(desk.published), desk.ledger.due) == (600, {})


def test_what_follows_a_held_notice_waits_and_what_follows_none_does_not(desk: Desk) -> None:
    desk.hold(*STORM)
    desk.run()
    later = NOON + timedelta(seconds=30)
    stop = outbox_item(50, "CVE-1", subject="image", at=later)
    recovered = [
        outbox_item(n, "CVE-1", event_type=EventType.RECOVERED, subject=subject, at=later)
        for n, subject in ((51, "image"), (52, "other"))
    ]
    desk.hold(stop, *recovered)
    desk.now = later
    assert desk.run() == {"published": 1, "images": 1, "failed": 0, "left": 2}
    desk.now += timedelta(seconds=60)
    desk.run()
    assert desk.published == [*NAMES, "n00052", "n00050", "n00051"]


@pytest.mark.parametrize("in_flight", [False, True], ids=["pending", "in-flight"])
@pytest.mark.parametrize("items", [ALONE, STORM], ids=["alone", "storm"])
def test_reminders_behind_stops_that_sns_refused_for_days_make_no_message(
    desk: Desk, items: list[OutboxItem], in_flight: bool
) -> None:
    desk.hold(*items)
    desk.topic.refuses = True
    if in_flight:
        desk.run()
    desk.hold(*map(repeating, items), *(repeating(item, hours=48) for item in items))
    desk.now += timedelta(hours=60)
    desk.run()
    desk.topic.refuses = False
    assert desk.run()["left"] == 0
    assert desk.topic.said == ["STOP"] * (1 if items is STORM else 3)
    assert (sorted(desk.published), desk.ledger.due) == (
        sorted(item.envelope.id for item in items),
        {},
    )


def test_a_reminder_is_not_lost_behind_a_stop_that_can_never_be_published(desk: Desk) -> None:
    [stop] = ALONE[:1]
    desk.hold(broken(stop), repeating(stop))
    desk.now += timedelta(hours=24) + RULES.collected
    assert desk.run() == {"published": 1, "images": 1, "failed": 1, "left": 0}
    assert desk.topic.said == ["STOP"]  # what `outbox_item` says of every notice
    assert desk.published == ["n00000-24"]
    assert list(desk.ledger.aside) == [(Channel.STOPS, "n00000")]


def test_what_is_superseded_stays_until_the_other_is_published(desk: Desk) -> None:
    [stop] = ALONE[:1]
    desk.hold(stop, repeating(stop))
    desk.topic.refuses = True
    desk.run()
    assert [name for _, name in desk.ledger.due] == ["n00000", "n00000-24"]


def test_reminders_of_a_sweep_are_one_message_when_they_have_waited(desk: Desk) -> None:
    reminders = [repeating(outbox_item(n, f"CVE-{n}"), hours=n / 60) for n in range(40)]
    desk.hold(*reminders)
    desk.now = NOON + RULES.collected - timedelta(minutes=1)
    assert desk.run() == {"published": 0, "images": 0, "failed": 0, "left": 40}
    desk.now += timedelta(minutes=1)
    assert desk.run() == {"published": 1, "images": 40, "failed": 0, "left": 0}


def test_a_failure_is_told_in_time_while_a_reminder_of_the_image_is_collected(desk: Desk) -> None:
    stop = outbox_item(0, "CVE-1", subject="image")
    facts = {"event_type": EventType.NOT_EVALUATED, "subject": "image"}
    desk.hold(repeating(stop, hours=0), outbox_item(1, at=NOON + QUARTER, **facts))
    desk.now += QUARTER
    assert desk.run() == {"published": 1, "images": 1, "failed": 0, "left": 1}
    desk.now += RULES.collected
    desk.run()
    assert desk.published == ["n00001", "n00000-0"]


def test_what_waits_for_its_sweep_does_not_count_as_old(desk: Desk) -> None:
    desk.hold(repeating(ALONE[0], hours=0))
    desk.now += timedelta(minutes=90)
    desk.run()
    assert desk.tally.take() == {Metric.OLDEST_NOTICE_AGE_SECONDS: 0}
    desk.ledger.refuses = {"mark_in_flight"}
    desk.now += timedelta(minutes=90)
    desk.run()
    assert desk.tally.take()[Metric.OLDEST_NOTICE_AGE_SECONDS] == 60 * 60


# --- each call


CALLS = [
    "claim",
    "waiting",
    "in_flight",
    "storms",
    "notice",
    "mark_in_flight",
    "publish",
    "clear_in_flight",
    "release",
]


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("items", [ALONE, STORM], ids=["alone", "storm"])
def test_whatever_fails_once_all_is_published_and_at_most_one_message_twice(
    items: list[OutboxItem], call: str, fault: Fault
) -> None:
    desk = Desk()
    desk.hold(*items)
    desk.faults = Faults({call: fault}, most=1)
    with suppress(Crash):
        desk.run()
    desk.faults = Faults()
    desk.now += QUARTER
    desk.run()
    assert set(desk.published) == {item.envelope.id for item in items}
    assert (desk.ledger.due, desk.ledger.flights) == ({}, {})
    messages = 1 if items is STORM else 3
    assert len(set(desk.topic.ids)) == messages
    assert len(desk.topic.ids) <= messages + 1


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("items", [ALONE, STORM], ids=["alone", "storm"])
def test_whatever_fails_all_along_all_is_published_and_each_message_twice_at_most(
    items: list[OutboxItem], call: str, fault: Fault
) -> None:
    desk = Desk()
    desk.hold(*items)
    desk.faults = Faults({call: fault})
    with suppress(Crash):
        desk.run()
    desk.faults = Faults()
    desk.now += QUARTER
    desk.run()
    assert set(desk.published) == {item.envelope.id for item in items}
    assert (desk.ledger.due, desk.ledger.flights) == ({}, {})
    messages = 1 if items is STORM else 3
    assert len(set(desk.topic.ids)) == messages
    assert len(desk.topic.ids) <= 2 * messages


# --- a thousand teams at once


@pytest.mark.slow
def test_a_thousand_teams_have_their_first_message_within_seven_minutes(desk: Desk) -> None:
    """Three images of each stop at once: too few for a group, and at four a second too many."""
    teams, images = 1_000, 3
    desk.hold(*(outbox_item(n, team=f"{n // images}", at=NOON) for n in range(teams * images)))
    for minute in range(1, 8):
        desk.now = max(desk.now, NOON + timedelta(minutes=minute))
        desk.run(265)
        if desk.now < NOON + timedelta(minutes=7):
            published = [int(name[1:]) // images for name in desk.published]
    assert len(set(published)) == teams
    # Nobody has a second message before all have one.
    assert len(set(published[:teams])) == teams
