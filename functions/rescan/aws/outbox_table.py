"""The outbox in the ledger's table: an item each notice, each storm, and one for the publisher.

The index `pending` holds the keys of the notices, and nothing else; it lags behind the table, so
what it names is read from the table itself. Source: DynamoDB developer guide, "Sparse indexes".
"""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from rescan.aws.batches import Batches
from rescan.aws.dynamodb import ConditionFailed, TableCalls
from rescan.aws.outbox_items import (
    ASIDE,
    PENDING_INDEX,
    WAITS,
    ItemReader,
    flight_of,
    flight_value,
    notice_key,
    notice_of_item,
    pending_notice_of,
    storm_item,
    storm_key,
    storm_of,
)
from rescan.kernel.errors import NoticeInvalid, NotThePublisher
from rescan.outbox.items import InFlight, PendingNotice, Unreadable
from rescan.outbox.notice import Notice
from rescan.outbox.storm import Storm

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_PUBLISHER = {"subject": {"S": "publisher"}}
# The publisher's item has an attribute for each message in flight.
_FLIGHT = "flight_"


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
        self._calls = TableCalls(table)
        self._batches = Batches(client, table, sleep)
        self._token = ""
        self._flights: list[InFlight] = []
        self._landed: list[str] = []
        self._reader = ItemReader()

    def claim(self, now: datetime, until: datetime) -> bool:
        self._token = uuid.uuid4().hex
        try:
            claimed = self._calls.call("claiming", lambda: self._claim(now, until))
        except ConditionFailed:
            return False
        item = claimed["Attributes"]
        names = sorted(name for name in item if name.startswith(_FLIGHT))
        self._reader = ItemReader()
        found = {name: self._reader.one(flight_of, item[name], name) for name in names}
        self._flights = [flight for flight in found.values() if flight is not None]
        self._landed = [name for name, flight in found.items() if flight is None]
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
        name = _FLIGHT + flight.id
        landed = ", ".join(other for other in self._landed if other != name)
        update = f"SET {name} = :flight" + (f" REMOVE {landed}" if landed else "")
        self._update("marking", self._mine(update, {":flight": flight_value(flight)}), storm)
        self._landed = []

    def clear_in_flight(self, flight: InFlight, superseded: Iterable[str] = ()) -> None:
        """The publisher's item forgets it with its next update."""
        keys = (notice_key(flight.channel, name) for name in (*superseded, *flight.ids))
        self._batches.delete(keys)
        self.forget(flight)

    def forget(self, flight: InFlight) -> None:
        self._landed.append(_FLIGHT + flight.id)

    def waiting(self, most: int) -> list[PendingNotice]:
        items = self._batches.items(self._pending_keys(most), "subject, channel, envelope")
        found = self._reader.every(pending_notice_of, items, waits=True)
        return sorted(found, key=lambda notice: notice.envelope.order)

    def storms(self, ids: Iterable[str]) -> list[Storm]:
        items = self._batches.items(map(storm_key, ids), "subject, storm")
        return self._reader.every(storm_of, items)

    def unreadable(self) -> list[Unreadable]:
        return self._reader.left_out()

    def set_aside(self, notice: PendingNotice | Unreadable, reason: str) -> None:
        with suppress(ConditionFailed):  # it was deleted, or is set aside already
            self._calls.call("setting aside", lambda: self._set_aside(_key_of(notice), reason))

    def _set_aside(self, key: dict[str, Any], reason: str) -> Any:
        return self._client.update_item(
            TableName=self._table,
            Key=key,
            UpdateExpression="SET pending = :aside, aside_because = :reason",
            ConditionExpression="pending = :waits",
            ExpressionAttributeValues={
                ":aside": {"S": ASIDE},
                ":waits": {"S": WAITS},
                ":reason": {"S": reason},
            },
        )

    def notice(self, pending: PendingNotice) -> Notice | None:
        answer = self._calls.call(
            "reading",
            lambda: self._client.get_item(
                TableName=self._table,
                Key=notice_key(pending.channel, pending.envelope.id),
                ConsistentRead=True,
            ),
        )
        if (item := answer.get("Item")) is None:
            return None
        key = item["subject"]["S"]
        if (notice := ItemReader().one(notice_of_item, item, key)) is None:
            raise NoticeInvalid(f"This version cannot decode the text of {key}.")
        return notice

    def _pending_keys(self, most: int) -> Iterator[Any]:
        """Oldest first, and so many of each channel; the index has its name in the key alone."""
        query = partial(
            self._client.query,
            TableName=self._table,
            IndexName=PENDING_INDEX,
            KeyConditionExpression="pending = :kind",
            ExpressionAttributeValues={":kind": {"S": WAITS}},
        )
        found: Counter[str] = Counter()
        for item in self._calls.pages("querying", query):
            channel = item["subject"]["S"].rpartition("#")[0]
            found[channel] += 1
            if found[channel] <= most:
                yield {"subject": item["subject"]}

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


def _key_of(notice: PendingNotice | Unreadable) -> dict[str, Any]:
    if isinstance(notice, Unreadable):
        return {"subject": {"S": notice.key}}
    return notice_key(notice.channel, notice.envelope.id)


def _moment(at: datetime) -> dict[str, Any]:
    return {"S": at.isoformat(timespec="microseconds")}
