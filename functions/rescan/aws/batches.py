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
# Calls in a row after which nothing more was processed; the pause before each is twice as long.
_TRIES = 7
_FIRST_PAUSE_SECONDS = 0.05


class Batches:
    """Each call raises LedgerUnavailable."""

    def __init__(
        self, client: "DynamoDBClient", table: str, sleep: Callable[[float], None]
    ) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep
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


def _size(request: Any) -> int:
    """How many keys or deletions a batch asks for."""
    parts = request.values()
    return sum(len(part["Keys"] if isinstance(part, dict) else part) for part in parts)


def _batches(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some
