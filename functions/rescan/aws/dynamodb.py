"""Calls of DynamoDB: a failure is a condition that did not hold, or a table that did not do it.

A plain write that meets a transaction on its item is refused too (`TransactionUnderWay`). Source:
DynamoDB API reference, PutItem, TransactionConflictException; no SDK repeats it.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from rescan.kernel.errors import LedgerUnavailable

_Answer = TypeVar("_Answer")
# Another transaction on the same item is another run that wrote first.
_CONDITIONS = {"ConditionalCheckFailed", "TransactionConflict"}


class ConditionFailed(Exception):
    """A conditional write found something else than it expected."""


class TransactionUnderWay(LedgerUnavailable):
    """A transaction was writing the same item: what was decided may be outdated."""


class TableCalls:
    """`table` is named in errors; `threads` is an argument for the tests' sake."""

    def __init__(self, table: str, threads: Callable[[int], Executor] = ThreadPoolExecutor) -> None:
        self._table = table
        self._threads = threads

    def call(self, doing: str, call: Callable[[], _Answer]) -> _Answer:
        """The call's answer; ConditionFailed, TransactionUnderWay, other LedgerUnavailable."""
        try:
            return call()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "an error without a code")
            if code == "ConditionalCheckFailedException" or _cancelled_by_condition(error):
                raise ConditionFailed(code) from error
            unavailable = self.unavailable(doing, f"DynamoDB answered {code}")
            if code == "TransactionConflictException":
                raise TransactionUnderWay(str(unavailable)) from error
            raise unavailable from error
        except BotoCoreError as error:
            raise self.unavailable(doing, f"{type(error).__name__}, no answer") from error

    def pages(self, doing: str, ask: Callable[..., Any]) -> Iterator[Any]:
        """The items of a scan or a query, however many answers they come in."""
        start: dict[str, Any] = {}
        while True:
            answer = self.call(doing, partial(ask, **start))
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def segments(self, doing: str, ask: Callable[..., Any], number: int) -> Iterator[Any]:
        """The items of a scan, in no order: so many segments of the table are read side by side.

        One that fails fails all of it. As many answers are held as there are segments.
        """

        def read(start: Mapping[str, Any]) -> tuple[list[Any], Mapping[str, Any] | None]:
            answer = self.call(doing, partial(ask, **start))
            last = answer.get("LastEvaluatedKey")
            return answer["Items"], {**start, "ExclusiveStartKey": last} if last else None

        with self._threads(number) as threads:
            begun = ({"Segment": each, "TotalSegments": number} for each in range(number))
            waiting = [threads.submit(read, start) for start in begun]
            while waiting:
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                ended = [each for each in waiting if each in done]
                waiting = [each for each in waiting if each not in done]
                for items, following in (each.result() for each in ended):
                    if following:
                        waiting.append(threads.submit(read, following))
                    yield from items

    def unavailable(self, doing: str, problem: str) -> LedgerUnavailable:
        """The error of a table that did not do it."""
        return LedgerUnavailable(
            f"The ledger {self._table} failed at {doing}: {problem}."
            " Check LEDGER_TABLE and the function's role."
        )


def _cancelled_by_condition(error: ClientError) -> bool:
    """Source: DynamoDB API reference, TransactWriteItems: a reason for each item, in order."""
    reasons = error.response.get("CancellationReasons", [])
    return any(reason.get("Code") in _CONDITIONS for reason in reasons)
