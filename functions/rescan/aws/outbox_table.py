"""The outbox in the ledger's table: an item each notice, each storm, and one for the publisher.

The index `pending` holds the keys of the notices, and nothing else; it lags behind the table, so
what it names is read from the table itself. Source: DynamoDB developer guide, "Sparse indexes";
API reference: 100 keys a BatchGetItem, 25 deletions a BatchWriteItem, either of which may leave
some for another call.
"""

import time
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
    storm_key,
    storm_of,
)
from rescan.kernel.errors import NotThePublisher
from rescan.outbox.items import InFlight, PendingNotice
from rescan.outbox.notice import Notice
from rescan.outbox.storm import Storm

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


PENDING_INDEX = "pending"
_PUBLISHER = {"subject": {"S": "publisher"}}
# The publisher's item has an attribute for each message in flight.
_FLIGHT = "flight_"
_KEYS, _DELETIONS = 100, 25
# Calls in a row after which nothing more was processed; the pause before each is twice as long.
_TRIES = 7
_FIRST_PAUSE_SECONDS = 0.05


class OutboxTable:
    """Implements `ports.Outbox`; one object is one publisher."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep
        self._calls = TableCalls(table)
        self._token = ""
        self._flights: list[InFlight] = []
        self._landed: list[str] = []

    def claim(self, now: datetime, until: datetime) -> bool:
        self._token, self._landed = uuid.uuid4().hex, []
        try:
            claimed = self._calls.call("claiming", lambda: self._claim(now, until))
        except ConditionFailed:
            return False
        item = claimed["Attributes"]
        self._flights = [flight_of(item[name]) for name in sorted(item) if name.startswith(_FLIGHT)]
        return True

    def _claim(self, now: datetime, until: datetime) -> Any:
        return self._client.update_item(
            TableName=self._table,
            Key=_PUBLISHER,
            UpdateExpression="SET claimed_until = :until, claimed_by = :token",
            ConditionExpression="attribute_not_exists(claimed_until) OR claimed_until <= :now",
            ExpressionAttributeValues={
                ":until": _moment(until),
                ":now": _moment(now),
                ":token": {"S": self._token},
            },
            ReturnValues="ALL_NEW",
        )

    def release(self) -> None:
        removed = ", ".join(["claimed_until", *self._landed])
        self._update("releasing", self._mine(f"REMOVE {removed}", {}))

    def in_flight(self) -> list[InFlight]:
        return self._flights

    def mark_in_flight(self, flight: InFlight, storm: Storm | None = None) -> None:
        landed = f" REMOVE {', '.join(self._landed)}" if self._landed else ""
        update = f"SET {_FLIGHT}{flight.id} = :flight{landed}"
        self._update("marking", self._mine(update, {":flight": flight_value(flight)}), storm)
        self._landed = []

    def clear_in_flight(self, flight: InFlight, superseded: Iterable[str] = ()) -> None:
        """The publisher's item forgets it with its next update."""
        keys = (notice_key(flight.channel, name) for name in (*superseded, *flight.ids))
        for some in _batches(keys, _DELETIONS):
            self._delete(some)
        self._landed.append(_FLIGHT + flight.id)

    def waiting(self, most: int) -> list[PendingNotice]:
        keys = islice(self._pending_keys(), most)
        found = self._items(keys, "subject, channel, envelope")
        return sorted(map(pending_notice_of, found), key=lambda notice: notice.envelope.order)

    def storms(self, ids: Iterable[str]) -> list[Storm]:
        return [storm_of(item) for item in self._items(map(storm_key, ids), "subject, storm")]

    def notice(self, pending: PendingNotice) -> Notice | None:
        answer = self._calls.call(
            "reading",
            lambda: self._client.get_item(
                TableName=self._table,
                Key=notice_key(pending.channel, pending.envelope.id),
                ConsistentRead=True,
            ),
        )
        item = answer.get("Item")
        return notice_of_item(item) if item else None

    # --- many items

    def _pending_keys(self) -> Iterator[Any]:
        """Oldest first."""
        query = partial(
            self._client.query,
            TableName=self._table,
            IndexName=PENDING_INDEX,
            KeyConditionExpression="pending = :kind",
            ExpressionAttributeValues={":kind": {"S": "notice"}},
        )
        for item in self._calls.pages("querying", query):
            yield {"subject": item["subject"]}

    def _items(self, keys: Iterable[Any], facts: str) -> Iterator[Any]:
        """Those that are there."""
        ask = self._client.batch_get_item
        for some in _batches(keys, _KEYS):
            asked = {"Keys": some, "ProjectionExpression": facts, "ConsistentRead": True}
            for answer in self._until_processed("reading", ask, asked, "UnprocessedKeys"):
                yield from answer["Responses"].get(self._table, [])

    def _delete(self, keys: list[Any]) -> None:
        asked = [{"DeleteRequest": {"Key": key}} for key in keys]
        ask = self._client.batch_write_item
        for _ in self._until_processed("clearing", ask, asked, "UnprocessedItems"):
            pass

    def _until_processed(
        self, doing: str, ask: Callable[..., Any], asked: Any, left: str
    ) -> Iterator[Any]:
        """The answers of a batch, until none leaves something for another call.

        An answer is often a part: what is left is asked for at once, unless it has not become less.
        """
        request, in_vain = {self._table: asked}, 0
        while in_vain < _TRIES:
            if in_vain:
                self._sleep(_FIRST_PAUSE_SECONDS * 2 ** (in_vain - 1))
            answer = self._calls.call(doing, partial(ask, RequestItems=request))
            yield answer
            before, request = _size(request), answer.get(left)
            if not request:
                return
            in_vain = in_vain + 1 if _size(request) == before else 0
        raise self._calls.unavailable(doing, "it leaves some unprocessed")

    # --- the publisher's own item

    def _mine(self, update: str, values: dict[str, Any]) -> Any:
        """An update that holds only while this is the publisher."""
        return {
            "TableName": self._table,
            "Key": _PUBLISHER,
            "UpdateExpression": update,
            "ConditionExpression": "claimed_by = :token",
            "ExpressionAttributeValues": {**values, ":token": {"S": self._token}},
        }

    def _update(self, doing: str, update: Any, storm: Storm | None = None) -> None:
        """Both or neither."""
        call: Callable[[], object] = partial(self._client.update_item, **update)
        if storm is not None:
            put: Any = {"TableName": self._table, "Item": storm_item(storm)}
            items: Any = [{"Update": update}, {"Put": put}]
            call = partial(self._client.transact_write_items, TransactItems=items)
        try:
            self._calls.call(doing, call)
        except ConditionFailed as failed:
            raise NotThePublisher(
                f"The outbox in {self._table} was claimed by another publisher: this run took"
                " longer than its claim, and ends."
            ) from failed


def _size(request: Any) -> int:
    """How many keys or deletions a batch asks for."""
    parts = request.values()
    return sum(len(part["Keys"] if isinstance(part, dict) else part) for part in parts)


def _moment(at: datetime) -> dict[str, Any]:
    return {"S": at.isoformat(timespec="microseconds")}


def _batches(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some
