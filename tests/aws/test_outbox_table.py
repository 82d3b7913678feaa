"""The outbox's contract, on the table (moto) and in memory."""

import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber
from msgspec import json
from msgspec.structs import replace

from rescan.aws.ledger_table import LedgerTable
from rescan.aws.outbox_table import OutboxTable
from rescan.kernel.errors import LedgerUnavailable, NoticeInvalid, NotThePublisher
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


def test_of_each_channel_so_many_wait_whatever_else_does(desk: Desk) -> None:
    chat = [replace(item(f"c{n}", n), channel=Channel.CHAT) for n in range(4)]
    desk.put(*chat, item("m1", 10), item("m2", 11), item("m3", 12))
    waiting = desk.outbox().waiting(2)
    assert [notice.envelope.id for notice in waiting] == ["c0", "c1", "m1", "m2"]


# --- what is set aside


def test_what_is_set_aside_is_kept_and_counted_and_waits_no_longer(desk: Desk) -> None:
    desk.put(OUTBOX_ITEM, item("other", 1))
    outbox = desk.outbox()
    outbox.set_aside(PendingNotice(Channel.STOPS, ENVELOPE), "SNS refused it")
    assert [notice.envelope.id for notice in outbox.waiting(10)] == ["other"]
    assert desk.ledger.count_set_aside() == 1
    outbox.set_aside(PendingNotice(Channel.STOPS, ENVELOPE), "SNS refused it")
    assert desk.ledger.count_set_aside() == 1


def test_what_was_deleted_meanwhile_is_not_set_aside(desk: Desk) -> None:
    desk.outbox().set_aside(PendingNotice(Channel.STOPS, ENVELOPE), "SNS refused it")
    assert (desk.outbox().waiting(10), desk.ledger.count_set_aside()) == ([], 0)


def test_the_end_of_its_flight_deletes_nothing_that_is_set_aside_or_waits(desk: Desk) -> None:
    desk.put(item("a"), item("b", 1))
    outbox = desk.outbox()
    outbox.claim(NOON, NOON + 60 * SECOND)
    outbox.mark_in_flight(FLIGHT)
    outbox.set_aside(PendingNotice(Channel.STOPS, item("a").envelope), "SNS refused it")
    outbox.forget(FLIGHT)
    outbox.release()
    assert in_flight_next(desk) == []
    assert [notice.envelope.id for notice in outbox.waiting(10)] == ["b"]
    assert desk.ledger.count_set_aside() == 1


def test_the_same_notice_written_again_waits_in_the_place_of_the_one_set_aside(desk: Desk) -> None:
    desk.put(OUTBOX_ITEM)
    desk.outbox().set_aside(PendingNotice(Channel.STOPS, ENVELOPE), "SNS refused it")
    desk.ledger.add([OUTBOX_ITEM])
    assert len(desk.outbox().waiting(10)) == 1
    assert desk.ledger.count_set_aside() == 0


def test_a_message_that_was_forgotten_may_be_marked_again_at_once(desk: Desk) -> None:
    outbox = desk.outbox()
    outbox.claim(NOON, NOON + 60 * SECOND)
    outbox.mark_in_flight(FLIGHT)
    outbox.forget(FLIGHT)
    outbox.mark_in_flight(FLIGHT)
    assert in_flight_next(desk) == [FLIGHT]


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

KEY = {"subject": {"S": "notice#stops#a"}}
GARBLED: dict[str, dict[str, Any]] = {
    "not-compressed": {"envelope": {"B": b"plain"}},
    "cut": {"envelope": {"B": zlib.compress(b"{}" * 100)[:20]}},
    "no-json": {"envelope": {"B": zlib.compress(b"<xml>")}},
    "another-shape": {"envelope": {"B": zlib.compress(b'{"id": 7}')}},
    "no-text": {"envelope": {"B": zlib.compress(b"\xff")}},
    "another-type": {"envelope": {"S": "{}"}},
    "another-channel": {"channel": {"S": "pager"}},
    "another-event": {
        "envelope": {"B": zlib.compress(json.encode(ENVELOPE).replace(b"STOP", b"HALT", 1))}
    },
}


def garble(client: Any, garbled: dict[str, Any], remove: str | None = None) -> None:
    """Write this over the notice, as another version may have left it."""
    item = client.get_item(TableName="ledger", Key=KEY)["Item"] | garbled
    if remove is not None:
        del item[remove]
    client.put_item(TableName="ledger", Item=item)


@pytest.mark.parametrize("garbled", GARBLED.values(), ids=GARBLED)
def test_what_cannot_be_decoded_is_named_and_may_be_set_aside_while_the_rest_waits(
    client: Any, garbled: dict[str, Any]
) -> None:
    ledger, outbox = LedgerTable(client, "ledger"), OutboxTable(client, "ledger")
    ledger.add([OUTBOX_ITEM, item("other", 1)])
    garble(client, garbled)
    assert [notice.envelope.id for notice in outbox.waiting(10)] == ["other"]
    [unreadable] = outbox.unreadable()
    assert (unreadable.key, unreadable.waits) == ("notice#stops#a", True)
    assert outbox.unreadable() == []
    outbox.set_aside(unreadable, "cannot be decoded")
    assert ([n.envelope.id for n in outbox.waiting(10)], outbox.unreadable()) == (["other"], [])
    assert ledger.count_set_aside() == 1
    kept = client.get_item(TableName="ledger", Key=KEY)["Item"]
    assert garbled.items() <= kept.items()
    assert kept["aside_because"] == {"S": "cannot be decoded"}


@pytest.mark.parametrize("missing", ["channel", "envelope"])
def test_what_lacks_an_attribute_is_named_too(client: Any, missing: str) -> None:
    LedgerTable(client, "ledger").add([OUTBOX_ITEM])
    garble(client, {}, remove=missing)
    outbox = OutboxTable(client, "ledger")
    assert outbox.waiting(10) == []
    assert [each.key for each in outbox.unreadable()] == ["notice#stops#a"]


@pytest.mark.parametrize("text", [b"plain", zlib.compress(b"{}")])
def test_a_text_that_cannot_be_decoded_is_an_error_of_its_notice_alone(
    client: Any, text: bytes
) -> None:
    LedgerTable(client, "ledger").add([OUTBOX_ITEM])
    garble(client, {"notice": {"B": text}})
    with pytest.raises(NoticeInvalid, match="cannot decode the text of notice#stops#a"):
        OutboxTable(client, "ledger").notice(PendingNotice(Channel.STOPS, ENVELOPE))


def test_what_is_put_back_as_the_runbook_says_waits_again(client: Any) -> None:
    LedgerTable(client, "ledger").add([OUTBOX_ITEM])
    outbox = OutboxTable(client, "ledger")
    outbox.set_aside(PendingNotice(Channel.STOPS, ENVELOPE), "SNS refused it")
    client.update_item(
        TableName="ledger",
        Key=KEY,
        UpdateExpression="SET pending = :notice",
        ExpressionAttributeValues={":notice": {"S": "notice"}},
    )
    assert outbox.waiting(10) == [PendingNotice(Channel.STOPS, ENVELOPE)]


def test_a_storm_and_a_flight_that_cannot_be_decoded_are_named_and_made_anew(client: Any) -> None:
    outbox = OutboxTable(client, "ledger")
    outbox.claim(NOON, NOON + SECOND)
    outbox.mark_in_flight(CHAT_FLIGHT, STORM)
    publisher = client.get_item(TableName="ledger", Key={"subject": {"S": "publisher"}})["Item"]
    client.put_item(TableName="ledger", Item=publisher | {"flight_f1": {"B": b"plain"}})
    client.put_item(
        TableName="ledger", Item={"subject": {"S": "storm#s"}, "storm": {"B": b"plain"}}
    )
    outbox.claim(NOON + SECOND, NOON + 60 * SECOND)
    assert (outbox.in_flight(), outbox.storms(["s"])) == ([CHAT_FLIGHT], [])
    unreadable = outbox.unreadable()
    assert [(each.key, each.waits) for each in unreadable] == [
        ("flight_f1", False),
        ("storm#s", False),
    ]
    outbox.mark_in_flight(FLIGHT, STORM)
    assert in_flight_next(Desk(LedgerTable(client, "ledger"), client)) == [FLIGHT, CHAT_FLIGHT]
    assert outbox.storms(["s"]) == [STORM]


def test_a_claim_that_ends_while_a_group_is_cleared_leaves_the_rest_to_the_next(
    client: Any,
) -> None:
    names = [f"n{number:02}" for number in range(60)]
    LedgerTable(client, "ledger").add([item(name, n) for n, name in enumerate(names)])
    flight = InFlight("f1", Channel.STOPS, tuple(names), NOTICE)
    one, other = OutboxTable(client, "ledger"), OutboxTable(client, "ledger")
    one.claim(NOON, NOON + 60 * SECOND)
    one.mark_in_flight(flight)
    seen: list[int] = []
    delete = client.batch_write_item

    def delete_slowly(**request: Any) -> Any:
        if len(seen) == 2:
            other.claim(NOON + 60 * SECOND, NOON + 120 * SECOND)
        seen.append(len(other.waiting(100)))
        return delete(**request)

    client.batch_write_item = delete_slowly
    one.clear_in_flight(flight)
    assert (seen, other.in_flight()) == ([60, 35, 10], [flight])
    with pytest.raises(NotThePublisher):
        one.mark_in_flight(CHAT_FLIGHT)
    other.clear_in_flight(flight)
    other.release()
    assert in_flight_next(Desk(LedgerTable(client, "ledger"), client)) == []
    assert other.waiting(100) == []


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
        pytest.param(
            "update_item",
            lambda o: o.set_aside(PendingNotice(Channel.STOPS, ENVELOPE), "why"),
            id="set-aside",
        ),
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
