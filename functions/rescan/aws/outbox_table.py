"""The outbox in the ledger's table: an item each notice, each storm, and one for the publisher.

The index `pending` holds the keys of what waits, and nothing else; it lags behind the table, so
what it names is read from the table itself. Source: DynamoDB developer guide, "Sparse indexes";
API reference: 100 keys a BatchGetItem, 25 deletions a BatchWriteItem, either of which may leave
some for another call.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from rescan.aws.dynamodb import ConditionFailed, TableCalls
from rescan.aws.outbox_items import (
    flight_of,
    flight_value,
    notice_key,
    notice_of_item,
    pending_notice_of,
    storm_item,
    storm_of,
)
from rescan.kernel.errors import NotThePublisher
from rescan.outbox.grouping import Storm
from rescan.outbox.items import Channel, InFlight, PendingNotice
from rescan.outbox.notice import Notice

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


PENDING_INDEX = "pending"
_PUBLISHER = {"subject": {"S": "publisher"}}
# The publisher's item has an attribute for each message in flight.
_FLIGHT = "flight_"
_MOST_STORMS = 500
_KEYS, _DELETIONS = 100, 25
_TRIES = 20


class OutboxTable:
    """Implements `ports.Outbox`; one object is one publisher."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._calls = TableCalls(table)
        self._token = ""
        self._flights: list[InFlight] = []

    def claim(self, now: datetime, until: datetime) -> bool:
        self._token = uuid.uuid4().hex
        try:
            claimed = self._update(
                "claiming",
                "SET claimed_until = :until, claimed_by = :token",
                "attribute_not_exists(claimed_until) OR claimed_until <= :now",
                {":until": _moment(until), ":now": _moment(now), ":token": {"S": self._token}},
            )
        except ConditionFailed:
            return False
        self._flights = [
            flight_of(claimed[name]) for name in sorted(claimed) if name.startswith(_FLIGHT)
        ]
        return True

    def release(self) -> None:
        self._as_publisher("releasing", "REMOVE claimed_until", {})

    def in_flight(self) -> list[InFlight]:
        return self._flights

    def mark_in_flight(self, flight: InFlight, storm: Storm | None = None) -> None:
        if storm is None:
            value = {":flight": flight_value(flight)}
            self._as_publisher("sending off", _set(flight), value)
        else:
            self._mark_with_storm(flight, storm)

    def clear_in_flight(self, flight: InFlight) -> None:
        self._as_publisher("forgetting", f"REMOVE {_FLIGHT}{flight.id}", {})

    def _mark_with_storm(self, flight: InFlight, storm: Storm) -> None:
        update: Any = {
            "TableName": self._table,
            "Key": _PUBLISHER,
            "UpdateExpression": _set(flight),
            "ConditionExpression": "claimed_by = :token",
            "ExpressionAttributeValues": {
                ":flight": flight_value(flight),
                ":token": {"S": self._token},
            },
        }
        put: Any = {"TableName": self._table, "Item": storm_item(storm)}
        self._mine(
            lambda: self._calls.call(
                "sending off",
                lambda: self._client.transact_write_items(
                    TransactItems=[{"Update": update}, {"Put": put}]
                ),
            )
        )

    def remember(self, storm: Storm) -> None:
        self._calls.call(
            "remembering",
            lambda: self._client.put_item(TableName=self._table, Item=storm_item(storm)),
        )

    def waiting(self, most: int) -> list[PendingNotice]:
        found = self._pending("notice", most, "subject, channel, envelope", oldest_first=True)
        return sorted(map(pending_notice_of, found), key=lambda it: it.envelope.order)

    def storms(self) -> list[Storm]:
        found = self._pending("storm", _MOST_STORMS, "subject, storm", oldest_first=False)
        return [storm_of(item) for item in found]

    def notice(self, waiting: PendingNotice) -> Notice | None:
        answer = self._calls.call(
            "reading",
            lambda: self._client.get_item(
                TableName=self._table,
                Key=notice_key(waiting.channel, waiting.envelope.id),
                ConsistentRead=True,
            ),
        )
        item = answer.get("Item")
        return notice_of_item(item) if item else None

    def remove(self, channel: Channel, ids: Iterable[str]) -> None:
        keys = (notice_key(channel, name) for name in ids)
        for some in _batches(keys, _DELETIONS):
            self._remove(some)

    # --- what waits

    def _pending(self, kind: str, most: int, facts: str, *, oldest_first: bool) -> list[Any]:
        keys = islice(self._pending_keys(kind, oldest_first=oldest_first), most)
        return [item for some in _batches(keys, _KEYS) for item in self._items(some, facts)]

    def _pending_keys(self, kind: str, *, oldest_first: bool) -> Iterator[Any]:
        query = partial(
            self._client.query,
            TableName=self._table,
            IndexName=PENDING_INDEX,
            KeyConditionExpression="pending = :kind",
            ExpressionAttributeValues={":kind": {"S": kind}},
            ScanIndexForward=oldest_first,
        )
        for item in self._calls.pages("querying", query):
            yield {"subject": item["subject"]}

    def _items(self, keys: list[Any], facts: str) -> Iterator[Any]:
        """Those that are still there."""
        asked = {"Keys": keys, "ProjectionExpression": facts, "ConsistentRead": True}
        ask = self._client.batch_get_item
        for answer in self._until_processed("reading", ask, asked, "UnprocessedKeys"):
            yield from answer["Responses"].get(self._table, [])

    def _remove(self, keys: list[Any]) -> None:
        asked = [{"DeleteRequest": {"Key": key}} for key in keys]
        ask = self._client.batch_write_item
        for _ in self._until_processed("clearing", ask, asked, "UnprocessedItems"):
            pass

    def _until_processed(
        self, doing: str, ask: Callable[..., Any], asked: Any, left: str
    ) -> Iterator[Any]:
        """The answers of a batch, until none leaves something for another call."""
        request = {self._table: asked}
        for _ in range(_TRIES):
            answer = self._calls.call(doing, partial(ask, RequestItems=request))
            yield answer
            request = answer.get(left)
            if not request:
                return
        raise self._calls.unavailable(doing, "it leaves some unprocessed")

    # --- the publisher's own item

    def _as_publisher(self, doing: str, update: str, values: dict[str, Any]) -> None:
        mine = {**values, ":token": {"S": self._token}}
        self._mine(lambda: self._update(doing, update, "claimed_by = :token", mine))

    def _mine(self, call: Callable[[], object]) -> None:
        try:
            call()
        except ConditionFailed as failed:
            raise NotThePublisher(
                f"The outbox in {self._table} was claimed by another publisher: this run took"
                " longer than its claim, and ends."
            ) from failed

    def _update(self, doing: str, update: str, condition: str, values: dict[str, Any]) -> Any:
        answer = self._calls.call(
            doing,
            lambda: self._client.update_item(
                TableName=self._table,
                Key=_PUBLISHER,
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            ),
        )
        return answer.get("Attributes", {})


def _set(flight: InFlight) -> str:
    return f"SET {_FLIGHT}{flight.id} = :flight"


def _moment(at: datetime) -> dict[str, Any]:
    return {"S": at.isoformat(timespec="microseconds")}


def _batches(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some
