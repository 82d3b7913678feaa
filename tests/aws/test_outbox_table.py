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
from rescan.outbox.items import Channel, InFlight, OutboxItem, PendingNotice
from rescan.outbox.storm import Storm
from rescan.work.ports import Ledger, Outbox
from tests.support.entries import FRESH
from tests.support.fakes import NOON
from tests.support.outbox_items import CVE, ENVELOPE, NOTICE, OUTBOX_ITEM

SECOND = timedelta(seconds=1)
STORM = Storm(
    id="s",
    images=37,
    began_at=NOON,
    notified_at=NOON,
    interval=60 * SECOND,
    issues={CVE.key: 37},
    recent=(NOON,) * 10,
)
FLIGHT = InFlight("f1", Channel.STOPS, ("a", "b"), NOTICE)
CHAT_FLIGHT = InFlight("f2", Channel.CHAT, ("a",))


def item(name: str, seconds: float = 0) -> OutboxItem:
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

    def put(self, *items: OutboxItem) -> None:
        for number, each in enumerate(items):
            entry = replace(FRESH, subject=f"{each.envelope.id}-{number}", version=1)
            self.ledger.write(entry, [each])


@pytest.fixture(params=["table", "memory"])
def desk(request: pytest.FixtureRequest) -> Desk:
    if request.param == "memory":
        return Desk(MemoryLedger())
    client = request.getfixturevalue("client")
    return Desk(LedgerTable(client, "ledger"), client)


def test_what_was_written_waits_oldest_first(desk: Desk) -> None:
    desk.put(item("late", 2), item("first"), item("second", 1))
    outbox = desk.outbox()
    assert [notice.envelope.id for notice in outbox.waiting(10)] == ["first", "second", "late"]
    assert [notice.envelope.id for notice in outbox.waiting(2)] == ["first", "second"]


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
    assert {notice.channel for notice in waiting} == {Channel.STOPS, Channel.CHAT}
    assert [desk.outbox().notice(pending) for pending in waiting] == [newer.notice] * 2
    assert list(desk.ledger.snapshots()) == []


def test_the_same_news_waits_once(desk: Desk) -> None:
    desk.put(OUTBOX_ITEM, OUTBOX_ITEM)
    assert len(desk.outbox().waiting(10)) == 1


@pytest.mark.slow
def test_what_was_published_waits_no_longer_nor_what_it_supersedes(desk: Desk) -> None:
    names = [f"n{number:03}" for number in range(130)]
    desk.put(*(item(name, number) for number, name in enumerate(names)))
    outbox = desk.outbox()
    outbox.claim(NOON, NOON + 60 * SECOND)
    every = outbox.waiting(1000)
    assert [notice.envelope.id for notice in every] == names
    flight = InFlight("f1", Channel.STOPS, (*names[:60], "never-there"))
    outbox.mark_in_flight(flight)
    outbox.clear_in_flight(flight, names[100:])
    assert [notice.envelope.id for notice in outbox.waiting(1000)] == names[60:100]
    assert outbox.notice(every[0]) is None


def test_the_same_id_on_another_channel_is_another_notice(desk: Desk) -> None:
    chat = replace(OUTBOX_ITEM, channel=Channel.CHAT)
    desk.ledger.add([OUTBOX_ITEM, chat])
    outbox = desk.outbox()
    outbox.claim(NOON, NOON + 60 * SECOND)
    outbox.clear_in_flight(CHAT_FLIGHT)
    assert outbox.waiting(10) == [PendingNotice(Channel.STOPS, ENVELOPE)]


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
        one.release()
    other.mark_in_flight(FLIGHT)


def test_what_was_in_flight_when_its_publisher_crashed_is_the_next_one_s(desk: Desk) -> None:
    one, other = desk.outbox(), desk.outbox()
    one.claim(NOON, NOON + SECOND)
    assert one.in_flight() == []
    one.mark_in_flight(FLIGHT, STORM)
    one.mark_in_flight(CHAT_FLIGHT)
    other.claim(NOON + SECOND, NOON + 2 * SECOND)
    assert (other.in_flight(), other.storms(["s"])) == ([FLIGHT, CHAT_FLIGHT], [STORM])


def in_flight_next(desk: Desk) -> list[InFlight]:
    """What the publisher finds that comes when the claims of all have ended."""
    outbox = desk.outbox()
    assert outbox.claim(NOON + 3600 * SECOND, NOON + 3600 * SECOND)
    return outbox.in_flight()


@pytest.mark.parametrize("ends", ["release", "mark_in_flight"])
def test_what_has_landed_is_forgotten_by_the_next_call(desk: Desk, ends: str) -> None:
    outbox = desk.outbox()
    outbox.claim(NOON, NOON + 60 * SECOND)
    outbox.mark_in_flight(FLIGHT, STORM)
    outbox.mark_in_flight(CHAT_FLIGHT)
    outbox.clear_in_flight(FLIGHT)
    if ends == "release":
        outbox.release()
        assert in_flight_next(desk) == [CHAT_FLIGHT]
    else:
        another = InFlight("f3", Channel.STOPS, ("c",))
        outbox.mark_in_flight(another, STORM)
        assert in_flight_next(desk) == [CHAT_FLIGHT, another]


def test_what_landed_in_a_claim_before_is_not_forgotten_in_the_next(desk: Desk) -> None:
    outbox = desk.outbox()
    outbox.claim(NOON, NOON + SECOND)
    outbox.mark_in_flight(FLIGHT)
    outbox.clear_in_flight(FLIGHT)
    outbox.claim(NOON + SECOND, NOON + 2 * SECOND)
    outbox.mark_in_flight(FLIGHT)
    assert in_flight_next(desk) == [FLIGHT]


def test_what_is_marked_again_is_in_flight_again(desk: Desk) -> None:
    outbox = desk.outbox()
    outbox.claim(NOON, NOON + 60 * SECOND)
    outbox.mark_in_flight(FLIGHT)
    outbox.clear_in_flight(FLIGHT)
    for flight in (CHAT_FLIGHT, FLIGHT, InFlight("f3", Channel.STOPS, ("c",))):
        outbox.mark_in_flight(flight)
    assert sorted(flight.id for flight in in_flight_next(desk)) == ["f1", "f2", "f3"]


def test_a_storm_is_remembered_as_it_was_last(desk: Desk) -> None:
    outbox = desk.outbox()
    outbox.claim(NOON, NOON + 60 * SECOND)
    grown = replace(STORM, images=49, notified_at=NOON + 60 * SECOND)
    outbox.mark_in_flight(FLIGHT, STORM)
    outbox.mark_in_flight(FLIGHT, grown)
    outbox.mark_in_flight(FLIGHT, replace(STORM, id="other"))
    assert outbox.storms(["s", "unknown"]) == [grown]
    assert outbox.storms([]) == []


def test_who_lost_the_outbox_changes_neither_flight_nor_storm(desk: Desk) -> None:
    one, other = desk.outbox(), desk.outbox()
    one.claim(NOON, NOON + SECOND)
    other.claim(NOON + SECOND, NOON + 60 * SECOND)
    with pytest.raises(NotThePublisher):
        one.mark_in_flight(FLIGHT, STORM)
    assert (in_flight_next(desk), other.storms(["s"])) == ([], [])


# --- the table alone


def test_a_storm_goes_away_by_itself(client: Any) -> None:
    outbox = OutboxTable(client, "ledger")
    outbox.claim(NOON, NOON + 60 * SECOND)
    outbox.mark_in_flight(FLIGHT, STORM)
    item = client.get_item(TableName="ledger", Key={"subject": {"S": "storm#s"}})["Item"]
    assert int(item["expires_at"]["N"]) == int((NOON + timedelta(hours=26)).timestamp())


def test_the_index_holds_notices_alone(client: Any) -> None:
    LedgerTable(client, "ledger").write(replace(FRESH, version=1), [OUTBOX_ITEM])
    outbox = OutboxTable(client, "ledger")
    outbox.claim(NOON, NOON + 60 * SECOND)
    outbox.mark_in_flight(FLIGHT, STORM)
    items = client.scan(TableName="ledger", IndexName="pending")["Items"]
    assert [item["subject"]["S"] for item in items] == ["notice#stops#a"]


def test_messages_of_one_notice_leave_no_more_than_the_last_in_the_publisher_s_item(
    client: Any,
) -> None:
    outbox = OutboxTable(client, "ledger")
    outbox.claim(NOON, NOON + 60 * SECOND)
    for number in range(20):
        flight = InFlight(f"f{number}", Channel.STOPS, (f"n{number}",))
        outbox.mark_in_flight(flight, STORM)
        outbox.clear_in_flight(flight)
        item = client.get_item(TableName="ledger", Key={"subject": {"S": "publisher"}})["Item"]
        assert [name for name in item if name.startswith("flight_")] == [f"flight_f{number}"]


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        pytest.param("query", lambda outbox: outbox.waiting(1), id="waiting"),
        pytest.param("batch_get_item", lambda outbox: outbox.storms(["s"]), id="storms"),
        pytest.param("update_item", lambda o: o.claim(NOON, NOON), id="claim"),
        pytest.param("update_item", lambda o: o.mark_in_flight(FLIGHT), id="mark"),
        pytest.param("transact_write_items", lambda o: o.mark_in_flight(FLIGHT, STORM), id="storm"),
        pytest.param(
            "get_item", lambda o: o.notice(PendingNotice(Channel.STOPS, ENVELOPE)), id="notice"
        ),
        pytest.param("batch_write_item", lambda o: o.clear_in_flight(FLIGHT), id="clear"),
    ],
)
def test_what_dynamodb_refuses_is_one_error_that_names_the_table(
    client: Any, operation: str, call: Any
) -> None:
    with Stubber(client) as stub:
        stub.add_client_error(operation, "ProvisionedThroughputExceededException", "too fast")
        with pytest.raises(LedgerUnavailable, match=r"ledger failed at .*ThroughputExceeded"):
            call(OutboxTable(client, "ledger"))


def _deletions(*names: str) -> Any:
    requests = [{"DeleteRequest": {"Key": {"subject": {"S": name}}}} for name in names]
    return {"UnprocessedItems": {"ledger": requests} if names else {}}


def test_what_is_left_unprocessed_again_and_again_is_an_error(client: Any) -> None:
    pauses: list[float] = []
    with Stubber(client) as stub:
        for _ in range(7):
            stub.add_response("batch_write_item", _deletions("notice#stops#a"))
        with pytest.raises(LedgerUnavailable, match="it leaves some unprocessed"):
            OutboxTable(client, "ledger", pauses.append).clear_in_flight(CHAT_FLIGHT)
    # 3 s in all, which the handler's reserve of time has room for.
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6]


def test_a_batch_that_comes_in_parts_is_not_tried_in_vain(client: Any) -> None:
    pauses: list[float] = []
    many = replace(FLIGHT, ids=tuple(f"{number:02}" for number in range(25)))
    with Stubber(client) as stub:
        for left in range(24, -1, -1):
            stub.add_response("batch_write_item", _deletions(*map(str, range(left))))
        OutboxTable(client, "ledger", pauses.append).clear_in_flight(many)
        stub.assert_no_pending_responses()
    assert pauses == []


def test_what_is_left_unprocessed_is_asked_for_again(client: Any) -> None:
    LedgerTable(client, "ledger").write(replace(FRESH, version=1), [OUTBOX_ITEM])
    key = {"subject": {"S": "notice#stops#a"}}
    item = client.get_item(TableName="ledger", Key=key)["Item"]
    pauses: list[float] = []
    outbox = OutboxTable(client, "ledger", pauses.append)
    with Stubber(client) as stub:
        stub.add_response("query", {"Items": [key]})
        left = {"ledger": {"Keys": [key]}}
        stub.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": left})
        stub.add_response("batch_get_item", {"Responses": {"ledger": [item]}})
        assert outbox.waiting(10) == [PendingNotice(Channel.STOPS, ENVELOPE)]
        stub.add_response("batch_write_item", _deletions("notice#stops#a"))
        stub.add_response("batch_write_item", _deletions())
        outbox.clear_in_flight(CHAT_FLIGHT)
        stub.assert_no_pending_responses()
    assert pauses == [0.05, 0.05]
