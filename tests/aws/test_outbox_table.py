"""The outbox's contract, on the table (moto) and in memory."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber
from msgspec.structs import replace

from rescan.aws.ledger_table import LedgerTable
from rescan.aws.outbox_table import OutboxTable
from rescan.kernel.errors import LedgerUnavailable, NotThePublisher
from rescan.memory.ledger import MemoryLedger
from rescan.memory.outbox import MemoryOutbox
from rescan.outbox.grouping import Storm
from rescan.outbox.items import Channel, InFlight, OutboxItem, PendingNotice
from rescan.work.ports import Ledger, Outbox
from tests.support.entries import FRESH
from tests.support.fakes import NOON
from tests.support.outbox_items import CVE, ENVELOPE, NOTICE, OUTBOX_ITEM

SECOND = timedelta(seconds=1)
STORM = Storm(id="s", issue=CVE, images=37, began_at=NOON, notified_at=NOON, interval=60 * SECOND)
FLIGHT = InFlight("f1", Channel.STOPS, NOTICE, ("a", "b"))
CHAT_FLIGHT = InFlight("f2", Channel.CHAT, NOTICE, ("a", "b"))


def due(name: str, seconds: float = 0) -> OutboxItem:
    """A notice of that id, so much later."""
    return replace(OUTBOX_ITEM, envelope=replace(ENVELOPE, id=name, at=NOON + seconds * SECOND))


@dataclass
class Desk:
    """A ledger, and publishers on it."""

    ledger: Ledger
    client: Any = None

    def outbox(self) -> Outbox:
        if isinstance(self.ledger, MemoryLedger):
            return MemoryOutbox(self.ledger)
        return OutboxTable(self.client, "ledger")

    def put(self, *due: OutboxItem) -> None:
        for number, each in enumerate(due):
            entry = replace(FRESH, subject=f"{each.envelope.id}-{number}", version=1)
            self.ledger.write(entry, [each])


@pytest.fixture(params=["table", "memory"])
def desk(request: pytest.FixtureRequest) -> Desk:
    if request.param == "memory":
        return Desk(MemoryLedger())
    client = request.getfixturevalue("client")
    return Desk(LedgerTable(client, "ledger"), client)


def test_what_was_written_waits_oldest_first(desk: Desk) -> None:
    desk.put(due("late", 2), due("first"), due("second", 1))
    outbox = desk.outbox()
    assert [it.envelope.id for it in outbox.waiting(10)] == ["first", "second", "late"]
    assert [it.envelope.id for it in outbox.waiting(2)] == ["first", "second"]


def test_a_notice_is_read_as_it_was_written(desk: Desk) -> None:
    desk.put(OUTBOX_ITEM)
    [waiting] = desk.outbox().waiting(10)
    assert waiting == PendingNotice(Channel.STOPS, ENVELOPE)
    assert desk.outbox().notice(waiting) == NOTICE


def test_what_belongs_to_no_entry_waits_like_the_rest_and_is_replaced(desk: Desk) -> None:
    newer = replace(OUTBOX_ITEM, notice=replace(NOTICE, body="newer"))
    for each in (OUTBOX_ITEM, newer):
        desk.ledger.add([each, replace(each, channel=Channel.CHAT)])
    waiting = desk.outbox().waiting(10)
    assert {it.channel for it in waiting} == {Channel.STOPS, Channel.CHAT}
    assert [desk.outbox().notice(it) for it in waiting] == [newer.notice] * 2
    assert list(desk.ledger.snapshots()) == []


def test_the_same_news_waits_once(desk: Desk) -> None:
    desk.put(OUTBOX_ITEM, OUTBOX_ITEM)
    assert len(desk.outbox().waiting(10)) == 1


@pytest.mark.slow
def test_what_was_removed_waits_no_longer(desk: Desk) -> None:
    names = [f"n{number:03}" for number in range(130)]
    desk.put(*(due(name, number) for number, name in enumerate(names)))
    outbox = desk.outbox()
    every = outbox.waiting(1000)
    assert [it.envelope.id for it in every] == names
    outbox.remove(Channel.STOPS, [*names[:60], "never-there"])
    assert [it.envelope.id for it in outbox.waiting(1000)] == names[60:]
    assert outbox.notice(every[0]) is None


# --- one publisher at a time


def test_only_one_publisher_has_the_outbox(desk: Desk) -> None:
    one, other = desk.outbox(), desk.outbox()
    assert one.claim(NOON, NOON + 60 * SECOND)
    assert not other.claim(NOON + 59 * SECOND, NOON + 120 * SECOND)
    one.release()
    assert other.claim(NOON + 59 * SECOND, NOON + 120 * SECOND)


def test_a_claim_whose_owner_died_ends_by_itself(desk: Desk) -> None:
    one, other = desk.outbox(), desk.outbox()
    one.claim(NOON, NOON + 60 * SECOND)
    assert other.claim(NOON + 60 * SECOND, NOON + 120 * SECOND)
    with pytest.raises(NotThePublisher):
        one.mark_in_flight(FLIGHT)
    with pytest.raises(NotThePublisher):
        one.mark_in_flight(FLIGHT, STORM)
    with pytest.raises(NotThePublisher):
        one.clear_in_flight(FLIGHT)
    with pytest.raises(NotThePublisher):
        one.release()
    other.mark_in_flight(FLIGHT)


def test_what_was_in_flight_when_its_publisher_died_is_the_next_one_s(desk: Desk) -> None:
    one, other, third = desk.outbox(), desk.outbox(), desk.outbox()
    one.claim(NOON, NOON + SECOND)
    assert one.in_flight() == []
    one.mark_in_flight(FLIGHT, STORM)
    one.mark_in_flight(CHAT_FLIGHT)
    other.claim(NOON + SECOND, NOON + 2 * SECOND)
    assert (other.in_flight(), other.storms()) == ([FLIGHT, CHAT_FLIGHT], [STORM])
    other.clear_in_flight(FLIGHT)
    other.release()
    third.claim(NOON + SECOND, NOON + 2 * SECOND)
    assert third.in_flight() == [CHAT_FLIGHT]


def test_a_storm_is_remembered_as_it_was_told_last(desk: Desk) -> None:
    outbox = desk.outbox()
    outbox.claim(NOON, NOON + 60 * SECOND)
    grown = replace(STORM, images=49, notified_at=NOON + 60 * SECOND)
    outbox.mark_in_flight(FLIGHT, STORM)
    outbox.mark_in_flight(FLIGHT, grown)
    assert outbox.storms() == [grown]
    outbox.remember(replace(grown, images=50))
    assert outbox.storms() == [replace(grown, images=50)]


# --- the table alone


def test_a_storm_goes_away_by_itself(client: Any) -> None:
    outbox = OutboxTable(client, "ledger")
    outbox.claim(NOON, NOON + 60 * SECOND)
    outbox.mark_in_flight(FLIGHT, STORM)
    item = client.get_item(TableName="ledger", Key={"subject": {"S": "storm#s"}})["Item"]
    assert int(item["expires_at"]["N"]) == int((NOON + timedelta(hours=26)).timestamp())


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        pytest.param("query", lambda outbox: outbox.waiting(1), id="waiting"),
        pytest.param("query", lambda outbox: outbox.storms(), id="storms"),
        pytest.param("update_item", lambda o: o.claim(NOON, NOON), id="claim"),
        pytest.param("update_item", lambda o: o.mark_in_flight(FLIGHT), id="send-off"),
        pytest.param("transact_write_items", lambda o: o.mark_in_flight(FLIGHT, STORM), id="storm"),
        pytest.param("put_item", lambda o: o.remember(STORM), id="remember"),
        pytest.param(
            "get_item", lambda o: o.notice(PendingNotice(Channel.STOPS, ENVELOPE)), id="notice"
        ),
        pytest.param("batch_write_item", lambda o: o.remove(Channel.STOPS, ["a"]), id="remove"),
    ],
)
def test_what_dynamodb_refuses_is_one_error_that_names_the_table(
    client: Any, operation: str, call: Any
) -> None:
    with Stubber(client) as stub:
        stub.add_client_error(operation, "ProvisionedThroughputExceededException", "too fast")
        with pytest.raises(LedgerUnavailable, match=r"ledger failed at .*ThroughputExceeded"):
            call(OutboxTable(client, "ledger"))


def test_what_is_left_unprocessed_is_asked_for_again(client: Any) -> None:
    LedgerTable(client, "ledger").write(replace(FRESH, version=1), [OUTBOX_ITEM])
    key = {"subject": {"S": "notice#stops#a"}}
    item = client.get_item(TableName="ledger", Key=key)["Item"]
    with Stubber(client) as stub:
        stub.add_response("query", {"Items": [key]})
        left = {"ledger": {"Keys": [key]}}
        stub.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": left})
        stub.add_response("batch_get_item", {"Responses": {"ledger": [item]}})
        assert OutboxTable(client, "ledger").waiting(10) == [PendingNotice(Channel.STOPS, ENVELOPE)]
        undone = {"ledger": [{"DeleteRequest": {"Key": key}}]}
        stub.add_response("batch_write_item", {"UnprocessedItems": undone})
        stub.add_response("batch_write_item", {"UnprocessedItems": {}})
        OutboxTable(client, "ledger").remove(Channel.STOPS, ["a"])
        stub.assert_no_pending_responses()
