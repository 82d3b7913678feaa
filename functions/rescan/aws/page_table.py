"""The pages of sweeps in the ledger's table: an item a page, and a few for the plan of each sweep.

An item takes 400 KB at most, so a plan is written in parts. The plan is the first of them, which is
written last: who reads it finds them all. TTL deletes them when no message can ask for them.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from time import sleep as pause
from typing import TYPE_CHECKING, Any

from msgspec import json

from rescan.aws.batches import Batches
from rescan.aws.dynamodb import ConditionFailed, TableCalls
from rescan.aws.ledger_items import SNAPSHOT, snapshot_of, sweep_item
from rescan.kernel.json_decoding import preload_decoders
from rescan.work.coverage import Counted
from rescan.work.page_ports import Claim, Page, SweepPlan
from rescan.work.ports import EntrySnapshot, SweepRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


LARGEST_PART_BYTES = 350 * 1024
# A message of a queue is kept for 4 days, and as a dead letter for 14.
_KEPT = timedelta(days=18)


class PageTable:
    """Implements `page_ports.SweepPages`."""

    def __init__(
        self, client: "DynamoDBClient", table: str, sleep: Callable[[float], None] = pause
    ) -> None:
        self._client = client
        self._table = table
        self._calls = TableCalls(table)
        self._batches = Batches(client, table, sleep)

    def keep_plan(self, plan: SweepPlan) -> None:
        packed, sweep = zlib.compress(json.encode(plan)), plan.record.started
        starts = range(0, len(packed), LARGEST_PART_BYTES)
        for number, start in reversed(list(enumerate(starts))):
            item = {
                **_key(sweep, f"plan#{number}"),
                "part": {"B": packed[start : start + LARGEST_PART_BYTES]},
                "parts": {"N": str(len(starts))},
                "expires_at": _end(sweep),
            }
            put = partial(self._client.put_item, TableName=self._table, Item=item)
            self._calls.call("writing", put)

    def plan(self, sweep: datetime) -> SweepPlan | None:
        first = list(self._parts(sweep, range(1)))
        if not first:
            return None
        numbers = range(1, int(first[0]["parts"]["N"]))
        parts = sorted([*first, *self._parts(sweep, numbers)], key=_number)
        packed = b"".join(bytes(part["part"]["B"]) for part in parts)
        return json.decode(zlib.decompress(packed), type=SweepPlan)

    def _parts(self, sweep: datetime, numbers: Iterable[int]) -> Iterator[Any]:
        keys = (_key(sweep, f"plan#{number}") for number in numbers)
        return self._batches.items(keys, "subject, part, parts")

    def claim(self, sweep: datetime, number: int, sent: str) -> Claim:
        update = partial(
            self._client.update_item,
            TableName=self._table,
            Key=_key(sweep, number),
            UpdateExpression="SET holder = :sent, expires_at = :end",
            ConditionExpression="attribute_not_exists(holder) OR holder = :sent",
            ExpressionAttributeValues={":sent": {"S": sent}, ":end": _end(sweep)},
            ReturnValues="ALL_NEW",
        )
        try:
            item = self._calls.call("claiming", update)["Attributes"]
        except ConditionFailed:
            return Claim(is_held=False)
        counted = json.decode(item["counted"]["S"], type=Counted) if "counted" in item else None
        return Claim(True, counted, _page(item) if "page" in item else None)

    def count(self, sweep: datetime, number: int, counted: Counted) -> Counted:
        item = self._keep_first(sweep, number, "counted", {"S": json.encode(counted).decode()})
        return json.decode(item["counted"]["S"], type=Counted)

    def keep(self, sweep: datetime, number: int, page: Page) -> Page:
        packed = zlib.compress(json.encode(page))
        return _page(self._keep_first(sweep, number, "page", {"B": packed}))

    def _keep_first(self, sweep: datetime, number: int, name: str, value: Any) -> Any:
        """The item with the attribute as it was first written."""
        update = partial(
            self._client.update_item,
            TableName=self._table,
            Key=_key(sweep, number),
            UpdateExpression="SET #name = if_not_exists(#name, :value), expires_at = :end",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value, ":end": _end(sweep)},
            ReturnValues="ALL_NEW",
        )
        return self._calls.call("writing", update)["Attributes"]

    def read(self, sweep: datetime, numbers: Iterable[int]) -> Iterator[Page]:
        keys = (_key(sweep, number) for number in numbers)
        return (_page(item) for item in self._batches.items(keys, "page") if "page" in item)

    def entries(self, after: str | None, most: int) -> tuple[list[EntrySnapshot], str | None]:
        found: list[EntrySnapshot] = []
        start: Any = {"ExclusiveStartKey": {"subject": {"S": after}}} if after else {}
        scan = partial(
            self._client.scan,
            TableName=self._table,
            FilterExpression="attribute_exists(tag)",
            ProjectionExpression=SNAPSHOT,
        )
        while True:
            answer = self._calls.call("scanning", partial(scan, **start))
            found += map(snapshot_of, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return found, None
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
            if len(found) >= most:
                return found, answer["LastEvaluatedKey"]["subject"]["S"]

    def amend(self, record: SweepRecord) -> None:
        facts = sweep_item(record)
        names = {f"#{name}": name for name in facts}
        values = {f":{name}": value for name, value in facts.items()}
        sets = ", ".join(f"#{name} = :{name}" for name in facts)
        ended = "" if record.enqueuing else " REMOVE enqueuing"
        is_under_way = " AND attribute_exists(enqueuing)" if record.enqueuing else ""
        update = partial(
            self._client.update_item,
            TableName=self._table,
            Key={"subject": {"S": "sweep"}},
            UpdateExpression=f"SET {sets}{ended}",
            ConditionExpression=f"sweep = :sweep{is_under_way}",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )
        with suppress(ConditionFailed):  # another sweep has begun since, or all pages are done
            self._calls.call("writing", update)


def _key(sweep: datetime, part: int | str) -> dict[str, Any]:
    return {"subject": {"S": f"sweep-page#{sweep.isoformat()}#{part}"}}


def _number(part: Any) -> int:
    return int(part["subject"]["S"].rpartition("#")[2])


def _end(sweep: datetime) -> dict[str, str]:
    return {"N": str(int((sweep + _KEPT).timestamp()))}


def _page(item: Any) -> Page:
    return json.decode(zlib.decompress(bytes(item["page"]["B"])), type=Page)


preload_decoders(SweepPlan, Page, Counted)
