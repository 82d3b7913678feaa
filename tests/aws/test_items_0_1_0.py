"""After an upgrade: what version 0.1.0 has written is read as it was meant."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from rescan.aws.deferred_table import DeferredTable
from rescan.aws.ledger_table import LedgerTable
from rescan.aws.outbox_table import OutboxTable
from rescan.events.parse import parse_event
from rescan.kernel.errors import LedgerConflict
from tests.support.fakes import NOON
from tests.support.items_0_1_0 import (
    DEFERRED,
    DEFERRED_UNTIL,
    ENTRIES,
    HOUR,
    IN_FLIGHT,
    MESSAGES,
    NOTICES,
    STORM,
    SWEEP,
    entries,
    stored,
)


@pytest.fixture
def ledger(client: Any) -> LedgerTable:
    for item in stored()["items"]:
        client.put_item(TableName="ledger", Item=item)
    return LedgerTable(client, "ledger")


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_read_as_it_was_written(ledger: LedgerTable, name: str) -> None:
    [expected] = [entry for entry in entries() if entry.subject == name]
    assert ledger.read(name) == expected


def test_a_sweep_and_a_summary_see_every_entry(ledger: LedgerTable) -> None:
    seen = {(it.evaluated_at, it.sweep, it.failing, it.stopped) for it in ledger.snapshots()}
    assert seen == {(it.evaluated_at, it.sweep, it.failing, it.stopped) for it in entries()}


def test_an_entry_is_written_over_under_its_version(ledger: LedgerTable) -> None:
    read = ledger.read("full")
    assert read is not None
    ledger.write(replace(read, version=2))
    with pytest.raises(LedgerConflict):
        ledger.write(replace(read, version=2))


def test_the_last_sweep_is_measured(ledger: LedgerTable) -> None:
    assert ledger.last_sweep() == SWEEP


def test_pending_notices_are_published(ledger: LedgerTable, client: Any) -> None:
    outbox = OutboxTable(client, "ledger")
    pending = outbox.waiting(10)
    assert [(it.channel, it.envelope, outbox.notice(it)) for it in pending] == [
        (it.channel, it.envelope, it.notice) for it in NOTICES
    ]


def test_a_publisher_takes_up_what_was_in_flight_and_goes_on_with_its_storm(
    ledger: LedgerTable, client: Any
) -> None:
    outbox = OutboxTable(client, "ledger")
    assert outbox.claim(NOON + 2 * HOUR, NOON + 3 * HOUR)
    assert (outbox.in_flight(), outbox.storms([STORM.id])) == (IN_FLIGHT, [STORM])


def test_deferred_work_goes_back_to_the_queue_and_is_gone(ledger: LedgerTable, client: Any) -> None:
    deferred = DeferredTable(client, "ledger")
    assert list(deferred.ready(DEFERRED_UNTIL - HOUR, 10)) == []
    [gates] = deferred.ready(DEFERRED_UNTIL, 10)
    assert {gate.attempt: gate for gate in gates} == {it.attempt: it for it in DEFERRED.values()}
    deferred.remove(gates)
    assert list(deferred.ready(DEFERRED_UNTIL, 10)) == []


@pytest.mark.parametrize("name", MESSAGES)
def test_work_that_waits_is_done(name: str) -> None:
    message = json.loads(stored()["messages"][name])
    assert parse_event(message, lambda region: None) == MESSAGES[name]
