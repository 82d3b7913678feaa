"""The one publisher: everything that waits is said, once, whatever fails in between."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from rescan.kernel.deadline import Deadline
from rescan.kernel.metrics import Metric, Tally
from rescan.outbox.items import Channel, OutboxItem
from rescan.work.publisher import Publisher
from tests.support.fakes import NOON, FakeLedger, FakeOutbox, FakeTopic
from tests.support.faults import Crash, Fault, Faults, Faulty
from tests.support.notices_due import due, ids_of
from tests.support.one_publisher import publisher_of

QUARTER = timedelta(minutes=15)


@dataclass
class Desk:
    """An outbox with notices, and publishers on it, with a clock that only sleeping moves."""

    ledger: FakeLedger = field(default_factory=FakeLedger)
    topic: FakeTopic = field(default_factory=FakeTopic)
    chat: FakeTopic | None = None
    tally: Tally = field(default_factory=Tally)
    now: datetime = NOON
    faults: Faults = field(default_factory=Faults)

    def hold(self, *dues: OutboxItem) -> None:
        self.ledger.add(dues)

    def run(self, seconds: float = 60) -> dict[str, Any]:
        """A new container's run."""
        return self.publisher().run(Deadline.after(seconds))

    def publisher(self) -> Publisher:
        outbox, topic = Faulty(FakeOutbox(self.ledger)), Faulty(self.topic)
        outbox.faults = topic.faults = self.faults
        return publisher_of(outbox, topic, lambda: self.now, self.tally, self._sleep, self.chat)

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @property
    def told(self) -> list[str]:
        """The ids of all notices that readers have heard of, alone or in a group."""
        return [name for notice in self.topic.notices for name in ids_of(notice)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


ALONE = [due(number, f"CVE-{number}") for number in range(3)]
STORM = [due(number, "CVE-1") for number in range(37)]
NAMES = [it.envelope.id for it in STORM]


def test_what_waits_is_published_in_order_and_removed(desk: Desk) -> None:
    desk.hold(*ALONE)
    assert desk.run() == {"published": 3, "images": 3, "failed": 0, "left": 0}
    assert (desk.told, desk.ledger.due) == (["n00000", "n00001", "n00002"], {})


def test_a_storm_is_one_message(desk: Desk) -> None:
    desk.hold(*STORM)
    assert desk.run() == {"published": 1, "images": 37, "failed": 0, "left": 0}
    assert (desk.told, desk.ledger.due, desk.ledger.flights) == (NAMES, {}, {})


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
    assert desk.told == []


def test_a_run_ends_within_its_time_and_the_next_goes_on(desk: Desk) -> None:
    dues = [due(n, f"CVE-{n}", team=f"team-{n // 10}") for n in range(400)]
    desk.hold(*dues)
    assert desk.run()["left"] == 400 - 180  # 45 s, at 4 a second
    for _ in range(2):
        desk.run()
    assert desk.told == [it.envelope.id for it in dues]


def test_without_time_left_nothing_begins(desk: Desk) -> None:
    desk.hold(*ALONE)
    assert desk.run(seconds=0) == {"published": 0, "images": 0, "failed": 0, "left": 3}


# --- what fails


def test_what_sns_refuses_waits_for_the_next_run(desk: Desk) -> None:
    desk.hold(*(due(n, f"CVE-{n}") for n in range(5)))
    desk.topic.refuses = True
    # After three in a row there is no use in asking for more.
    assert desk.run() == {"published": 0, "images": 0, "failed": 3, "left": 5}
    desk.topic.refuses = False
    assert desk.run() == {"published": 5, "images": 5, "failed": 0, "left": 0}


def test_a_group_that_sns_refused_is_said_next_and_under_the_same_id(desk: Desk) -> None:
    desk.hold(*STORM)
    desk.faults = Faults({"publish": Fault.UNANSWERED})
    desk.run()
    desk.faults = Faults()
    desk.hold(due(99, "CVE-9"))
    desk.run()
    first, again, _ = desk.topic.ids
    assert first == again
    assert desk.told == [*NAMES, *NAMES, "n00099"]


def test_a_notice_that_can_never_be_published_holds_no_other_back(desk: Desk) -> None:
    broken = [replace(it, notice=replace(it.notice, subject="")) for it in ALONE]
    desk.hold(*broken, due(7, "CVE-7"))
    assert desk.run() == {"published": 1, "images": 1, "failed": 3, "left": 3}
    assert desk.told == ["n00007"]


def test_what_cannot_be_cleared_is_said_once_and_holds_no_other_back(desk: Desk) -> None:
    desk.hold(*ALONE)
    desk.ledger.refuses = {"remove"}
    publisher = desk.publisher()
    for _ in range(3):
        publisher.run(Deadline.after(60))
    assert (desk.told, len(desk.ledger.due)) == (["n00000", "n00001", "n00002"], 3)
    desk.ledger.refuses = set()
    publisher.run(Deadline.after(60))
    assert (len(desk.told), desk.ledger.due) == (3, {})


def test_a_group_that_cannot_be_cleared_is_said_once(desk: Desk) -> None:
    desk.hold(*STORM)
    desk.ledger.refuses = {"remove"}
    publisher = desk.publisher()
    for _ in range(3):
        publisher.run(Deadline.after(60))
    desk.ledger.refuses = set()
    publisher.run(Deadline.after(60))
    assert (desk.told, desk.ledger.due) == (NAMES, {})


def test_groups_that_could_not_be_cleared_keep_their_ids_and_numbers(desk: Desk) -> None:
    desk.hold(*STORM, *(due(n, "CVE-1", team="payments") for n in range(50, 70)))
    desk.ledger.refuses = {"remove"}
    desk.run()
    desk.ledger.refuses = set()
    desk.run()
    said = desk.topic.ids
    assert (len(said), sorted(said[:2])) == (4, sorted(said[2:]))
    assert sorted(storm.images for storm in desk.ledger.storms.values()) == [20, 37]


def test_a_chat_that_fails_holds_no_mail_back() -> None:
    chat = FakeTopic(refuses=True)
    desk = Desk(chat=chat)
    dues = [*STORM, *(due(number, f"CVE-{number}") for number in range(50, 53))]
    desk.hold(*(replace(it, channel=Channel.CHAT) for it in dues))
    desk.run()
    desk.hold(*dues)
    assert desk.run()["images"] == 40
    assert (len(desk.topic.notices), chat.notices) == (4, [])


def test_a_notice_that_can_never_be_published_holds_back_nothing_of_its_image(desk: Desk) -> None:
    broken, later = due(1, "CVE-1", subject="image"), due(2, "CVE-2", subject="image")
    desk.hold(replace(broken, notice=replace(broken.notice, subject="")), later)
    desk.run()
    assert desk.told == ["n00002"]


def test_an_outbox_that_cannot_be_read_ends_the_run_without_an_error(desk: Desk) -> None:
    desk.ledger.refuses = {"claim"}
    assert desk.run()["published"] == 0
    assert desk.tally.take() == {Metric.LEDGER_ERRORS: 1}


CALLS = [
    "claim",
    "waiting",
    "storms",
    "notice",
    "mark_in_flight",
    "publish",
    "remove",
    "clear_in_flight",
    "remember",
    "release",
]


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("dues", [ALONE, STORM], ids=["alone", "storm"])
def test_whatever_fails_once_all_is_said_and_at_most_one_message_twice(
    dues: list[OutboxItem], call: str, fault: Fault
) -> None:
    desk = Desk()
    desk.hold(*dues)
    desk.faults = Faults({call: fault})
    with suppress(Crash):
        desk.run()
    desk.faults = Faults()
    desk.now += QUARTER
    desk.run()
    assert set(desk.told) == {it.envelope.id for it in dues}
    assert (desk.ledger.due, desk.ledger.flights) == ({}, {})
    ids = desk.topic.ids
    distinct = 1 if dues is STORM else 3
    assert len(set(ids)) == distinct
    # With each call failing, each message may be said once more.
    assert len(ids) <= 2 * distinct
