"""The contract of deferred work, on the table (moto) and in memory."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from rescan.aws.deferred_table import DeferredTable
from rescan.aws.ledger_table import LedgerTable
from rescan.aws.outbox_table import OutboxTable
from rescan.events.commands import Gate
from rescan.gate.model import Trigger, TriggerKind
from rescan.kernel.errors import LedgerUnavailable
from rescan.kernel.image_tag import ImageTag
from rescan.memory.deferred import MemoryDeferred
from rescan.work.ports import DeferredWork
from tests.support.fakes import NOON

SECOND = timedelta(seconds=1)


def gate(number: int = 0) -> Gate:
    trigger = Trigger(TriggerKind.SCHEDULE, NOON)
    return Gate(ImageTag("reg.io", f"a{number}", "1"), trigger, sweep=NOON, attempt=13)


@pytest.fixture(params=["table", "memory"])
def deferred(request: pytest.FixtureRequest) -> DeferredWork:
    if request.param == "memory":
        return MemoryDeferred()
    return DeferredTable(request.getfixturevalue("client"), "ledger")


def ready(deferred: DeferredWork, most: int = 100) -> list[Gate]:
    return [gate for gates in deferred.ready(NOON, most) for gate in gates]


def test_work_is_ready_from_its_moment_on_until_it_is_removed(deferred: DeferredWork) -> None:
    deferred.defer(gate(1), NOON - SECOND)
    deferred.defer(gate(2), NOON)
    deferred.defer(gate(3), NOON + SECOND)
    assert sorted(ready(deferred), key=str) == [gate(1), gate(2)]
    deferred.remove([gate(1), gate(2)])
    assert ready(deferred) == []


def test_the_same_work_is_kept_once(deferred: DeferredWork) -> None:
    deferred.defer(gate(), NOON - SECOND)
    deferred.defer(gate(), NOON)
    assert ready(deferred) == [gate()]


@pytest.mark.parametrize(("most", "expected"), [(7, 7), (60, 60), (100, 60)])
def test_a_run_takes_no_more_than_it_is_allowed(
    deferred: DeferredWork, most: int, expected: int
) -> None:
    for number in range(60):
        deferred.defer(gate(number), NOON)
    taken = ready(deferred, most)
    assert (len(taken), len(set(map(str, taken)))) == (expected, expected)
    deferred.remove(taken[:25])


# --- the table alone


def test_neither_a_sweep_nor_the_publisher_sees_it(client: Any) -> None:
    DeferredTable(client, "ledger").defer(gate(), NOON)
    assert list(LedgerTable(client, "ledger").snapshots()) == []
    assert OutboxTable(client, "ledger").waiting(10) == []


def test_what_another_version_wrote_is_left_to_that_version(client: Any) -> None:
    table = DeferredTable(client, "ledger")
    table.defer(gate(1), NOON - SECOND)
    table.defer(gate(2), NOON)
    [item] = [i for i in client.scan(TableName="ledger")["Items"] if '"a1"' in i["work"]["S"]]
    newer = item["work"]["S"].replace('{"tag"', '{"of_the_next_version":1,"tag"')
    client.put_item(TableName="ledger", Item=item | {"work": {"S": newer}})
    assert ready(table) == [gate(2)]
    assert client.scan(TableName="ledger")["Count"] == 2


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        pytest.param(lambda t: t.defer(gate(), NOON), "put_item", id="defer"),
        pytest.param(ready, "query", id="find"),
        pytest.param(lambda t: t.remove([gate()]), "batch_write_item", id="remove"),
    ],
)
def test_what_dynamodb_refuses_is_a_ledger_that_is_unavailable(
    client: Any, call: Any, operation: str
) -> None:
    with Stubber(client) as stub:
        stub.add_client_error(operation, "ProvisionedThroughputExceededException", "too fast")
        with pytest.raises(LedgerUnavailable):
            call(DeferredTable(client, "ledger"))
