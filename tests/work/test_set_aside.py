"""What can never be published is kept, told of, and holds nothing else up; what can, goes out."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from rescan.kernel.deadline import Deadline
from rescan.kernel.metrics import Metric
from rescan.kernel.publish_fault import PublishFault
from rescan.ledger.news import EventType
from rescan.outbox.items import Channel, InFlight, OutboxItem
from tests.support.fakes import FakeTopic
from tests.support.faults import Fault, Faults
from tests.support.outbox_notices import outbox_item
from tests.support.publisher_desk import Desk, repeating

ALONE = [outbox_item(number, f"CVE-{number}") for number in range(6)]
OLDEST = {"n00000", "n00001", "n00002"}
STORM = [outbox_item(number, "CVE-1") for number in range(37)]
NAMES = [item.envelope.id for item in STORM]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def aside(desk: Desk) -> set[str]:
    return {name for _, name in desk.ledger.aside}


# --- SNS refuses the message


def test_three_oldest_that_sns_never_takes_are_set_aside_and_hold_nothing_up(desk: Desk) -> None:
    desk.hold(*ALONE)
    desk.topic.refused = OLDEST
    assert desk.run() == {"published": 3, "images": 3, "failed": 3, "left": 0}
    assert desk.published == ["n00003", "n00004", "n00005"]
    assert (aside(desk), desk.ledger.due, desk.ledger.flights) == (OLDEST, {}, {})
    assert desk.tally.take()[Metric.NOTICES_SET_ASIDE] == 3


def test_what_is_set_aside_is_not_tried_again_until_it_is_put_back(desk: Desk) -> None:
    desk.hold(*ALONE)
    desk.topic.refused = OLDEST
    desk.run()
    desk.topic.refused = set()
    assert desk.run()["published"] == 0
    desk.ledger.notices, desk.ledger.aside = desk.ledger.aside, {}
    assert desk.run()["published"] == 3
    assert sorted(desk.published[3:]) == sorted(OLDEST)


def test_of_a_group_that_sns_never_takes_only_the_bad_notice_is_set_aside(desk: Desk) -> None:
    desk.hold(*STORM)
    desk.topic.refused = {"n00005"}
    desk.run()
    assert (aside(desk), desk.ledger.due, desk.ledger.flights) == ({"n00005"}, {}, {})
    assert desk.published == [name for name in NAMES if name != "n00005"]


def test_images_of_a_group_that_was_taken_apart_count_once_in_their_storm(desk: Desk) -> None:
    desk.hold(*STORM)
    desk.topic.refused = {"n00005"}
    desk.run()
    assert [storm.images for storm in desk.ledger.storms.values()] == [36]


def test_a_group_that_a_crash_left_in_flight_is_taken_apart_too(desk: Desk) -> None:
    flight = InFlight("old", Channel.STOPS, tuple(NAMES), STORM[5].notice)
    desk.ledger.flights = {flight.id: flight}
    desk.hold(*STORM)
    desk.topic.refused = {"n00005"}
    desk.run()
    assert (aside(desk), desk.ledger.due, desk.ledger.flights) == ({"n00005"}, {}, {})
    assert desk.published == [name for name in NAMES if name != "n00005"]


def test_the_last_notice_of_a_group_in_flight_is_not_blamed_for_the_group(desk: Desk) -> None:
    flight = InFlight("old", Channel.STOPS, tuple(NAMES), STORM[5].notice)
    desk.ledger.flights = {flight.id: flight}
    desk.hold(STORM[0])
    desk.topic.refused = {"n00005"}
    desk.run()
    assert (desk.published, aside(desk)) == (["n00000"], set())


def test_what_it_supersedes_is_published_in_its_place(desk: Desk) -> None:
    [stop] = ALONE[:1]
    desk.hold(stop, repeating(stop))
    desk.topic.refused = {'"n00000"'}
    desk.now += timedelta(hours=26)
    desk.run()
    assert (desk.published, aside(desk)) == (["n00000-24"], {"n00000"})


def test_what_it_supersedes_goes_out_though_it_was_in_flight_before(desk: Desk) -> None:
    [stop] = ALONE[:1]
    desk.hold(stop)
    desk.topic.refuses = True
    desk.run()
    desk.hold(repeating(stop))
    desk.topic.refuses, desk.topic.refused = False, {'"n00000"'}
    desk.now += timedelta(hours=26)
    desk.run()
    assert (desk.published, aside(desk)) == (["n00000-24"], {"n00000"})
    assert (desk.ledger.due, desk.ledger.flights) == ({}, {})


def test_what_the_ledger_does_not_set_aside_waits_and_holds_nothing_up(desk: Desk) -> None:
    desk.hold(*ALONE)
    desk.topic.refused = OLDEST
    desk.ledger.refuses = {"set_aside"}
    desk.run()
    assert desk.published == ["n00003", "n00004", "n00005"]
    desk.ledger.refuses = set()
    desk.run()
    assert (aside(desk), desk.ledger.due) == (OLDEST, {})


# --- SNS does not say what is wrong


def test_what_sns_refuses_without_saying_why_stays_and_is_tried_behind_all_others(
    desk: Desk,
) -> None:
    desk.hold(*ALONE)
    desk.topic.refused, desk.topic.fault = OLDEST, PublishFault.IN_DOUBT
    publisher = desk.publisher()
    publisher.run(Deadline.after(60))
    publisher.run(Deadline.after(60))
    assert (desk.published, aside(desk)) == (["n00003", "n00004", "n00005"], set())
    desk.topic.refused = set()
    publisher.run(Deadline.after(60))
    assert sorted(desk.published[3:]) == sorted(OLDEST)
    assert (desk.ledger.due, desk.ledger.flights) == ({}, {})


def test_a_topic_that_refuses_all_without_saying_why_is_left_alone_after_three(
    desk: Desk,
) -> None:
    desk.hold(*ALONE)
    desk.topic.refused, desk.topic.fault = {"n0"}, PublishFault.IN_DOUBT
    assert desk.run() == {"published": 0, "images": 0, "failed": 3, "left": 6}
    assert aside(desk) == set()


def test_a_group_in_doubt_is_taken_apart(desk: Desk) -> None:
    desk.hold(*STORM)
    desk.topic.refused, desk.topic.fault = {"n00005"}, PublishFault.IN_DOUBT
    desk.run()
    assert desk.published == [name for name in NAMES if name != "n00005"]
    assert list(desk.ledger.due) == [(Channel.STOPS, "n00005")]


def test_what_follows_a_notice_in_doubt_waits_behind_it(desk: Desk) -> None:
    stop = outbox_item(0, "CVE-1", subject="image")
    end = outbox_item(1, "CVE-1", subject="image", event_type=EventType.RECOVERED)
    desk.hold(stop, end, ALONE[5])
    desk.topic.refused, desk.topic.fault = {'"n00000"'}, PublishFault.IN_DOUBT
    publisher = desk.publisher()
    publisher.run(Deadline.after(60))
    publisher.run(Deadline.after(60))
    assert desk.published == ["n00005"]
    desk.topic.refused = set()
    for _ in range(2):
        publisher.run(Deadline.after(60))
    assert desk.published == ["n00005", "n00000", "n00001"]


# --- the topic, its key or a permission


@pytest.mark.parametrize("items", [ALONE, STORM], ids=["alone", "storm"])
def test_a_topic_that_cannot_be_used_pauses_its_channel_alone_and_loses_nothing(
    items: list[OutboxItem],
) -> None:
    desk = Desk(chat=FakeTopic(refused={"n0"}, fault=PublishFault.TOPIC))
    desk.hold(*items, *(replace(item, channel=Channel.CHAT) for item in items))
    run = desk.run()
    assert (run["images"], run["failed"], run["left"]) == (len(items), 1, len(items))
    assert (aside(desk), desk.tally.take()[Metric.PUBLISH_FAILURES]) == (set(), 1)
    assert desk.chat is not None
    desk.chat.refused = set()
    assert desk.run()["images"] == len(items)
    assert (desk.ledger.due, desk.ledger.flights) == ({}, {})


def test_five_thousand_stuck_in_a_chat_leave_mail_untouched() -> None:
    desk = Desk(chat=FakeTopic(refuses=True))
    stuck = replace(outbox_item(0, "CVE-1"), channel=Channel.CHAT)
    for number in range(5_001):
        envelope = replace(stuck.envelope, id=f"c{number:05}", subject=f"image-{number}")
        desk.hold(replace(stuck, envelope=envelope))
    desk.hold(*ALONE[1:])
    desk.run()
    assert desk.published == ["n00001", "n00002", "n00003", "n00004", "n00005"]


def test_reminders_stuck_in_a_chat_leave_those_of_the_mail_in_one_message() -> None:
    desk = Desk(chat=FakeTopic(refuses=True))
    stuck = replace(repeating(ALONE[0], hours=0), channel=Channel.CHAT)
    for number in range(2_001):
        envelope = replace(stuck.envelope, id=f"c{number:05}", subject=f"image-{number}")
        desk.hold(replace(stuck, envelope=envelope))
    desk.hold(repeating(ALONE[1], hours=0))
    desk.run()
    assert desk.published == []  # it waits for the others of its sweep
    desk.now += timedelta(hours=2.1)
    desk.run()
    assert desk.published == ["n00001-0"]


# --- this version cannot decode it


def test_what_cannot_be_decoded_is_set_aside_while_all_others_go_out(desk: Desk) -> None:
    desk.hold(*ALONE)
    desk.ledger.garbled = {(Channel.STOPS, name) for name in OLDEST}
    assert desk.run() == {"published": 3, "images": 3, "failed": 3, "left": 0}
    assert (aside(desk), desk.ledger.due) == (OLDEST, {})
    assert desk.tally.take()[Metric.NOTICES_SET_ASIDE] == 3


def test_what_cannot_be_decoded_is_kept_though_a_message_was_in_flight_in_its_place(
    desk: Desk,
) -> None:
    desk.hold(*ALONE[:3])
    desk.topic.refuses = True
    desk.run()
    assert len(desk.ledger.flights) == 3
    desk.topic.refuses = False
    desk.ledger.garbled = {(Channel.STOPS, name) for name in OLDEST}
    desk.run()
    assert (aside(desk), desk.ledger.flights, desk.published) == (OLDEST, {}, [])


# --- a claim that ends in the middle


def test_a_claim_that_ends_while_a_group_of_four_hundred_is_cleared_loses_none(desk: Desk) -> None:
    items = [outbox_item(number, "CVE-1") for number in range(400)]
    desk.hold(*items)

    def half_is_cleared_and_another_takes_over() -> None:
        for item in items[:200]:
            del desk.ledger.notices[item.channel, item.envelope.id]
        desk.now += timedelta(seconds=76)
        desk.faults = Faults()
        desk.run()

    desk.faults = Faults(first={"clear_in_flight": half_is_cleared_and_another_takes_over})
    desk.run()
    desk.run()
    names = [item.envelope.id for item in items]
    assert desk.published == names * 2  # whole again, since nobody knows that SNS has it
    assert len(set(desk.topic.ids)) == 1
    assert (desk.ledger.due, desk.ledger.flights) == ({}, {})


def test_a_claim_that_ends_before_a_group_of_four_hundred_is_published_loses_none(
    desk: Desk,
) -> None:
    items = [outbox_item(number, "CVE-1") for number in range(400)]
    desk.hold(*items, outbox_item(500, "CVE-9", team="web"))

    def another_takes_over() -> None:
        desk.now += timedelta(seconds=76)
        desk.faults = Faults()
        desk.run()

    desk.faults = Faults(first={"publish": another_takes_over})
    assert desk.run()["published"] == 1  # then it is no longer the publisher
    assert set(desk.published) == {item.envelope.id for item in items} | {"n00500"}
    assert len(set(desk.topic.ids)) == 2
    assert (desk.ledger.due, desk.ledger.flights) == ({}, {})


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
def test_whatever_becomes_of_setting_aside_nothing_is_lost(desk: Desk, fault: Fault) -> None:
    desk.hold(*ALONE)
    desk.topic.refused = OLDEST
    desk.faults = Faults({"set_aside": fault}, most=1)
    desk.run_and_survive()
    desk.faults = Faults()
    desk.now += timedelta(minutes=2)
    desk.run()
    assert sorted(desk.published) == ["n00003", "n00004", "n00005"]
    assert (aside(desk), desk.ledger.due, desk.ledger.flights) == (OLDEST, {}, {})
