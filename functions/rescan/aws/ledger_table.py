"""The ledger in DynamoDB: one item an entry, one for the last sweep, one for the pace.

A sweep scans the table: an index would cost a write more for each image.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from rescan.aws.ledger_items import glance_of, item_of, page_of
from rescan.errors import LedgerConflict, LedgerUnavailable
from rescan.memory import Entry
from rescan.ports import Glance, Page, SweepRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["LedgerTable"]

# SNS deactivates an e-mail subscription that gets more than 10 messages a second.
SLOTS_PER_SECOND = 4

_SWEEP = "sweep"
_PACE = "pace"
_Answer = TypeVar("_Answer")


class LedgerTable:
    """Implements `ports.Ledger` on a table whose partition key is `subject`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self, subject: str) -> Page | None:
        answer = self._call(
            "reading",
            lambda: self._client.get_item(
                TableName=self._table, Key={"subject": {"S": subject}}, ConsistentRead=True
            ),
        )
        item = answer.get("Item")
        # An entry that only a sweep has marked remembers nothing yet.
        return None if item is None or "memory" not in item else page_of(item)

    def write(self, page: Page) -> None:
        before = page.entry.version - 1
        try:
            self._call(
                "writing",
                lambda: self._client.put_item(
                    TableName=self._table,
                    Item=item_of(page),
                    ConditionExpression="version = :before OR attribute_not_exists(version)"
                    if before == 0
                    else "version = :before",
                    ExpressionAttributeValues={":before": {"N": str(before)}},
                ),
            )
        except _ConditionFailed as failed:
            raise LedgerConflict(f"{page.entry.subject} was written meanwhile.") from failed

    def clear_outbox(self, entry: Entry) -> None:
        # Whoever wrote it meanwhile took the notices over, and publishes them again.
        with suppress(_ConditionFailed):
            self._call(
                "clearing",
                lambda: self._client.update_item(
                    TableName=self._table,
                    Key={"subject": {"S": entry.subject}},
                    UpdateExpression="REMOVE outbox, unsaid",
                    ConditionExpression="version = :version",
                    ExpressionAttributeValues={":version": {"N": str(entry.version)}},
                ),
            )

    def mark_swept(self, subject: str, sweep: datetime) -> None:
        with suppress(_ConditionFailed):  # a later sweep's mark is there
            self._call(
                "marking",
                lambda: self._client.update_item(
                    TableName=self._table,
                    Key={"subject": {"S": subject}},
                    UpdateExpression="SET sweep = :sweep",
                    ConditionExpression="attribute_not_exists(sweep) OR sweep < :sweep",
                    ExpressionAttributeValues={":sweep": {"S": sweep.isoformat()}},
                ),
            )

    def glances(self) -> Iterator[Glance]:
        start: dict[str, Any] = {}
        while True:
            page = self._call(
                "scanning",
                lambda: self._client.scan(
                    TableName=self._table,
                    FilterExpression="attribute_exists(tag)",
                    ProjectionExpression="tag, stopped, unsaid, evaluated_at, sweep",
                    **start,  # noqa: B023 - called at once
                ),
            )
            yield from map(glance_of, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def last_sweep(self) -> SweepRecord | None:
        answer = self._call(
            "reading",
            lambda: self._client.get_item(TableName=self._table, Key={"subject": {"S": _SWEEP}}),
        )
        item = answer.get("Item")
        if item is None:
            return None
        return SweepRecord(datetime.fromisoformat(item["sweep"]["S"]), int(item["expected"]["N"]))

    def record_sweep(self, sweep: SweepRecord) -> None:
        self._call(
            "writing",
            lambda: self._client.put_item(
                TableName=self._table,
                Item={
                    "subject": {"S": _SWEEP},
                    "sweep": {"S": sweep.started.isoformat()},
                    "expected": {"N": str(sweep.expected)},
                },
            ),
        )

    # --- the pace

    def claim_slot(self, now: datetime, horizon: timedelta) -> datetime | None:
        """The next free slot; the item holds the last one taken, so none is given twice."""
        first = -int(-now.timestamp() * SLOTS_PER_SECOND // 1)
        last = first + int(horizon.total_seconds() * SLOTS_PER_SECOND)
        for _ in range(5):
            slot = self._slot_after_the_last(first, last)
            if slot is None:
                slot = self._first_slot(first)
            if slot is not None:
                return datetime.fromtimestamp(slot / SLOTS_PER_SECOND, UTC) if slot else None
        return None

    def _slot_after_the_last(self, first: int, last: int) -> int | None:
        """The slot; 0 when all up to `last` are taken, None when none from `first` on is."""
        try:
            answer = self._update_pace(
                "ADD next_slot :one",
                "next_slot BETWEEN :first AND :last",
                {":one": 1, ":first": first, ":last": last - 1},
            )
        except _ConditionFailed as failed:
            return 0 if failed.number("next_slot") >= last else None
        return int(answer["Attributes"]["next_slot"]["N"])

    def _first_slot(self, first: int) -> int | None:
        try:
            self._update_pace(
                "SET next_slot = :first",
                "attribute_not_exists(next_slot) OR next_slot < :first",
                {":first": first},
            )
        except _ConditionFailed:
            return None
        return first

    def _update_pace(self, update: str, condition: str, values: dict[str, int]) -> Any:
        return self._call(
            "pacing",
            lambda: self._client.update_item(
                TableName=self._table,
                Key={"subject": {"S": _PACE}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues={k: {"N": str(v)} for k, v in values.items()},
                ReturnValues="UPDATED_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            ),
        )

    def _call(self, doing: str, call: Callable[[], _Answer]) -> _Answer:
        try:
            return call()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "an error without a code")
            if code == "ConditionalCheckFailedException":
                raise _ConditionFailed(error.response.get("Item", {})) from error
            raise self._unavailable(doing, f"DynamoDB answered {code}") from error
        except BotoCoreError as error:
            raise self._unavailable(doing, f"{type(error).__name__}, no answer") from error

    def _unavailable(self, doing: str, problem: str) -> LedgerUnavailable:
        return LedgerUnavailable(
            f"The ledger {self._table} failed at {doing}: {problem}."
            " Check LEDGER_TABLE and the function's role."
        )


class _ConditionFailed(Exception):
    """A conditional write found something else; `item` is what DynamoDB says is there."""

    def __init__(self, item: Any) -> None:
        super().__init__("the condition failed")
        self._item = item

    def number(self, name: str) -> int:
        return int(self._item[name]["N"]) if name in self._item else 0
