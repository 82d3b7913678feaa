"""The ledger in DynamoDB: one item an entry, one for the last sweep, one for when one last began.

A sweep scans the table: an index would cost a write more for each image.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from rescan.aws.dynamodb import ConditionFailed, TableCalls, TransactionUnderWay
from rescan.aws.ledger_items import SNAPSHOT, entry_of, item_of, snapshot_of, sweep_item, sweep_of
from rescan.aws.outbox_items import ASIDE, PENDING_INDEX, notice_item
from rescan.gate.report import Scan
from rescan.kernel.errors import LedgerConflict
from rescan.ledger.entry import Entry
from rescan.outbox.items import OutboxItem
from rescan.work.ports import EntrySnapshot, SweepRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_SWEEP = "sweep"
# Of a table with very many entries. Of each an answer of 1 MB is held. If one takes 0.2 s, four
# side by side read 2,560 units a second: fewer than the 3,000 of one partition.
_SEGMENTS = 4
_BEGUN: Any = {"subject": {"S": "sweep-begun"}}
_SCANS: Any = {"subject": {"S": "scans"}}
# The last of these: it is this very sweep, which has begun and did not hear so.
_NONE_BEGUN = "attribute_not_exists(begun) OR begun < :since OR begun = :at"
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


class LedgerTable:
    """Implements `ports.Ledger` on a table whose partition key is `subject`.

    `threads` is an argument for the tests' sake.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        threads: Callable[[int], Executor] = ThreadPoolExecutor,
    ) -> None:
        self._client = client
        self._table = table
        self._calls = TableCalls(table, threads)
        self._call = self._calls.call

    def read(self, subject: str) -> Entry | None:
        answer = self._call(
            "reading",
            lambda: self._client.get_item(
                TableName=self._table, Key={"subject": {"S": subject}}, ConsistentRead=True
            ),
        )
        item = answer.get("Item")
        # An entry that only a sweep has marked remembers nothing yet.
        return None if item is None or "memory" not in item else entry_of(item)

    def write(self, entry: Entry, notices: Sequence[OutboxItem] = ()) -> None:
        put = self._put(entry)
        try:
            if notices:
                puts = [
                    {"Put": {"TableName": self._table, "Item": notice_item(notice)}}
                    for notice in notices
                ]
                items: Any = [{"Put": put}, *puts]
                # A repetition carries the same token, so it meets its own first try as done.
                self._call(
                    "writing", lambda: self._client.transact_write_items(TransactItems=items)
                )
            else:
                self._call("writing", lambda: self._client.put_item(**put))
        except (ConditionFailed, TransactionUnderWay) as failed:
            raise LedgerConflict(f"{entry.subject} was written meanwhile.") from failed

    def add(self, notices: Sequence[OutboxItem]) -> None:
        for notice in notices:
            item = notice_item(notice)
            self._call(
                "writing",
                lambda: self._client.put_item(TableName=self._table, Item=item),  # noqa: B023
            )

    def _put(self, entry: Entry) -> Any:
        before = entry.version - 1
        # A mark that a sweep has set since the entry was read must not be set back.
        condition = "version = :before AND (attribute_not_exists(sweep) OR sweep <= :sweep)"
        if before == 0:
            condition += " OR attribute_not_exists(version)"
        sweep = (entry.sweep or _BEFORE_ALL).isoformat()
        return {
            "TableName": self._table,
            "Item": item_of(entry),
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {":before": {"N": str(before)}, ":sweep": {"S": sweep}},
        }

    def mark_swept(self, subject: str, sweep: datetime) -> None:
        mark = partial(
            self._client.update_item,
            TableName=self._table,
            Key={"subject": {"S": subject}},
            UpdateExpression="SET sweep = :sweep",
            ConditionExpression="attribute_not_exists(sweep) OR sweep < :sweep",
            ExpressionAttributeValues={":sweep": {"S": sweep.isoformat()}},
        )
        try:
            with suppress(ConditionFailed):  # a later sweep's mark is there
                self._call("marking", mark)
        except TransactionUnderWay as conflict:
            raise LedgerConflict(f"{subject} was being written.") from conflict

    def snapshots(self, *, side_by_side: bool = False) -> Iterator[EntrySnapshot]:
        scan = partial(
            self._client.scan,
            TableName=self._table,
            FilterExpression="attribute_exists(tag)",
            ProjectionExpression=SNAPSHOT,
        )
        if side_by_side:
            return map(snapshot_of, self._calls.segments("scanning", scan, _SEGMENTS))
        return map(snapshot_of, self._calls.pages("scanning", scan))

    def last_sweep(self) -> SweepRecord | None:
        answer = self._call(
            "reading",
            lambda: self._client.get_item(TableName=self._table, Key={"subject": {"S": _SWEEP}}),
        )
        item = answer.get("Item")
        return None if item is None else sweep_of(item)

    def begin_sweep(self, at: datetime, unless_since: datetime | None = None) -> bool:
        update: Any = {
            "TableName": self._table,
            "Key": _BEGUN,
            "UpdateExpression": "SET begun = :at",
            "ExpressionAttributeValues": {":at": {"S": at.isoformat()}},
        }
        if unless_since is not None:
            update["ConditionExpression"] = _NONE_BEGUN
            update["ExpressionAttributeValues"][":since"] = {"S": unless_since.isoformat()}
        try:
            self._call("writing", lambda: self._client.update_item(**update))
        except ConditionFailed:
            return False
        return True

    def record_sweep(self, sweep: SweepRecord) -> None:
        self._call(
            "writing",
            lambda: self._client.put_item(
                TableName=self._table, Item={"subject": {"S": _SWEEP}, **sweep_item(sweep)}
            ),
        )

    def note_notice(self, started: datetime, at: datetime) -> None:
        note = partial(
            self._client.update_item,
            TableName=self._table,
            Key={"subject": {"S": _SWEEP}},
            UpdateExpression="SET noticed_at = :at",
            ConditionExpression="sweep = :started",
            ExpressionAttributeValues={
                ":at": {"S": at.isoformat()},
                ":started": {"S": started.isoformat()},
            },
        )
        with suppress(ConditionFailed):  # another sweep has begun since
            self._call("writing", note)

    def note_scan(self, slot: int, scan: Scan) -> None:
        noted = {"M": {"at": {"S": scan.at.isoformat()}, "of": {"S": scan.tag}}}
        note = partial(
            self._client.update_item,
            TableName=self._table,
            Key=_SCANS,
            UpdateExpression="SET #slot = :scan",
            ExpressionAttributeNames={"#slot": f"slot{slot}"},
            ExpressionAttributeValues={":scan": noted},
        )
        self._call("writing", note)

    def scans(self) -> tuple[Scan, ...]:
        read = partial(self._client.get_item, TableName=self._table, Key=_SCANS)
        item: Any = self._call("reading", read).get("Item", {})
        noted = (value["M"] for value in item.values() if "M" in value)
        return tuple(Scan(datetime.fromisoformat(it["at"]["S"]), it["of"]["S"]) for it in noted)

    def count_set_aside(self) -> int:
        count = partial(
            self._client.query,
            TableName=self._table,
            IndexName=PENDING_INDEX,
            KeyConditionExpression="pending = :aside",
            ExpressionAttributeValues={":aside": {"S": ASIDE}},
        )
        return sum(1 for _ in self._calls.pages("counting", count))
