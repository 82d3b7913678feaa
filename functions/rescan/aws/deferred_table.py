"""Deferred work in the ledger's table: an item each, in the index `pending` as the notices are.

Deferring the same work twice is one item. What a batch leaves unprocessed waits for the next run.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec import json

from rescan.aws.dynamodb import TableCalls
from rescan.events.commands import Gate
from rescan.kernel.json_decoding import MALFORMED, preload_decoders

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_KIND = "work"
_INDEX = "pending"
# What a BatchWriteItem deletes at most.
_BATCH = 25


class DeferredTable:
    """Implements `ports.DeferredWork`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._calls = TableCalls(table)

    def defer(self, gate: Gate, until: datetime) -> None:
        item = {
            **_key(gate),
            "pending": {"S": _KIND},
            "since": _moment(until),
            "work": {"S": json.encode(gate).decode()},
        }
        put = partial(self._client.put_item, TableName=self._table, Item=item)
        self._calls.call("deferring", put)

    def ready(self, now: datetime, most: int) -> Iterator[list[Gate]]:
        keys = islice(self._keys(now), most)
        while some := list(islice(keys, _BATCH)):
            yield self._gates(some)

    def remove(self, gates: list[Gate]) -> None:
        requests: Any = [{"DeleteRequest": {"Key": _key(gate)}} for gate in gates]
        delete = partial(self._client.batch_write_item, RequestItems={self._table: requests})
        if requests:
            self._calls.call("removing deferred work", delete)

    def _keys(self, now: datetime) -> Iterator[Any]:
        query = partial(
            self._client.query,
            TableName=self._table,
            IndexName=_INDEX,
            KeyConditionExpression="pending = :kind AND since <= :now",
            ExpressionAttributeValues={":kind": {"S": _KIND}, ":now": _moment(now)},
        )
        for item in self._calls.pages("querying", query):
            yield {"subject": item["subject"]}

    def _gates(self, keys: list[Any]) -> list[Gate]:
        """Those that are still there: the index lags behind."""
        asked: Any = {"Keys": keys, "ConsistentRead": True}
        get = partial(self._client.batch_get_item, RequestItems={self._table: asked})
        items = self._calls.call("reading", get)["Responses"].get(self._table, [])
        return [gate for item in items if (gate := _gate_of(item)) is not None]


def _key(gate: Gate) -> dict[str, Any]:
    return {"subject": {"S": f"work#{sha256(json.encode(gate)).hexdigest()[:32]}"}}


def _gate_of(item: Any) -> Gate | None:
    """None for what another version wrote in a shape of its own, which stays for that version."""
    try:
        return json.decode(item["work"]["S"], type=Gate)
    except MALFORMED:
        return None


def _moment(at: datetime) -> dict[str, Any]:
    return {"S": at.astimezone(UTC).isoformat(timespec="microseconds")}


preload_decoders(Gate)
