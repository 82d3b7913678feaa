"""Many items at once: 100 keys a BatchGetItem, 25 deletions a BatchWriteItem.

Either may leave some for another call. Source: DynamoDB API reference.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from rescan.aws.dynamodb import TableCalls

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_KEYS, _DELETIONS = 100, 25
_TRIES = 20


class Batches:
    """Each call raises LedgerUnavailable."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._calls = TableCalls(table)

    def items(self, keys: Iterable[Any], facts: str) -> Iterator[Any]:
        """Those that are there, as the table has them now."""
        ask = self._client.batch_get_item
        for some in _batches(keys, _KEYS):
            asked = {"Keys": some, "ProjectionExpression": facts, "ConsistentRead": True}
            for answer in self._until_processed("reading", ask, asked, "UnprocessedKeys"):
                yield from answer["Responses"].get(self._table, [])

    def delete(self, keys: Iterable[Any]) -> None:
        """Those that are there, in this order."""
        ask = self._client.batch_write_item
        for some in _batches(keys, _DELETIONS):
            asked = [{"DeleteRequest": {"Key": key}} for key in some]
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


def _batches(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some
