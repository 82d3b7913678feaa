"""The ledger's table, and a client of DynamoDB for it, with an index that lags.

A client belongs to a container, whose calls go through the invocation that it works on. Source:
Amazon DynamoDB API Reference; Developer Guide, "Using Global Secondary Indexes", eventual
consistency. The token of a transaction is the request itself: a client repeats it as it was.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.lab.lives.calls import Invocation, Service
from tests.lab.lives.expressions import Item, condition, plain, updated
from tests.lab.lives.trace import Wrote

TABLE = "ledger"


def _refusal(kind: str) -> Exception:
    if kind == "lost":
        return ReadTimeoutError(endpoint_url="https://dynamodb")
    if kind == "conflict":
        return _error("TransactionConflictException")
    code = "ThrottlingException" if kind == "throttled" else "InternalServerError"
    return _error(code)


def _error(code: str, reasons: list[str] | None = None) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": code}}
    if reasons:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "call")


READS = Service(
    "table",
    0.004,
    2,
    frozenset({"kill before", "kill after", "refused", "throttled", "slow"}),
    _refusal,
)
WRITES = Service(
    "table",
    0.006,
    2,
    frozenset({"kill before", "kill after", "refused", "throttled", "lost", "conflict", "slow"}),
    _refusal,
)


class Table:
    """Items by their key, and the index of those that have `pending`.

    `lag` is how far the index is behind, in seconds; `chance` cuts answers into pages and parts.
    """

    def __init__(
        self, passed: Callable[[], float], see: Callable[[Any], None], chance: Random
    ) -> None:
        self.items: dict[str, Item] = {}
        self.lag: Callable[[], float] = lambda: 0.0
        self.parts = 0.0
        self.on_pending: Callable[[Item], None] = lambda item: None
        self.chance = chance
        self._passed = passed
        self._see = see
        self._index: dict[str, Item] = {}
        self._coming: list[tuple[float, str, Item | None]] = []
        self._done: dict[int, Any] = {}

    def put(self, item: Item, who: str) -> None:
        """The item as it is from now on."""
        key = item["subject"]["S"]
        was = self.items.get(key, {})
        self.items[key] = item
        self._see(Wrote(self._passed(), who, key, "written"))
        if "pending" in item or "pending" in was:
            self._soon(key, item if "pending" in item else None)
            if "pending" in item:
                self.on_pending(item)

    def delete(self, key: str, who: str) -> None:
        """It is gone."""
        item = self.items.pop(key, None)
        if item is not None:
            self._see(Wrote(self._passed(), who, key, "deleted"))
            if "pending" in item:
                self._soon(key, None)

    def _soon(self, key: str, item: Item | None) -> None:
        """The index never goes back: what is later about a key comes later."""
        at = max(
            [self._passed() + self.lag(), *(at for at, other, _ in self._coming if other == key)]
        )
        self._coming.append((at, key, item))

    def indexed(self) -> list[Item]:
        """What the index has by now, oldest first."""
        now, coming = self._passed(), []
        for at, key, item in self._coming:
            if at > now:
                coming.append((at, key, item))
            elif item is None:
                self._index.pop(key, None)
            else:
                self._index[key] = item
        self._coming = coming
        return sorted(self._index.values(), key=lambda it: (it["since"]["S"], it["subject"]["S"]))

    def waiting(self, kind: str) -> list[Item]:
        """What the table itself has of that kind."""
        return [item for item in self.items.values() if item.get("pending") == {"S": kind}]


class DynamoDB:
    """The methods of the client that the function calls."""

    def __init__(self, table: Table, invocation: Callable[[], Invocation]) -> None:
        self._table = table
        self._invocation = invocation

    def get_item(self, **asked: Any) -> Any:
        return self._read("get_item", lambda: self._item(asked["Key"]["subject"]["S"]))

    def put_item(self, **asked: Any) -> Any:
        return self._write("put_item", lambda: self._put(asked))

    def update_item(self, **asked: Any) -> Any:
        return self._write("update_item", lambda: self._update(asked))

    def transact_write_items(self, **asked: Any) -> Any:
        return self._write("transact_write_items", lambda: self._transact(asked))

    def batch_get_item(self, **asked: Any) -> Any:
        return self._read("batch_get_item", lambda: self._batch_get(asked))

    def batch_write_item(self, **asked: Any) -> Any:
        return self._write("batch_write_item", lambda: self._batch_write(asked))

    def query(self, **asked: Any) -> Any:
        holds = condition(asked["KeyConditionExpression"])
        return self._read("query", lambda: self._page(self._table.indexed, holds, asked))

    def scan(self, **asked: Any) -> Any:
        holds = condition(asked["FilterExpression"])
        return self._read("scan", lambda: self._page(self._all, holds, asked))

    # --- what each does

    def _read(self, name: str, effect: Callable[[], Any]) -> Any:
        return self._invocation().make(READS, f"dynamodb {name}", effect)

    def _write(self, name: str, effect: Callable[[], Any]) -> Any:
        return self._invocation().make(WRITES, f"dynamodb {name}", effect)

    @property
    def _who(self) -> str:
        return self._invocation().name

    def _item(self, key: str) -> Any:
        item = self._table.items.get(key)
        return {} if item is None else {"Item": dict(item)}

    def _holds(self, asked: Any, key: str) -> bool:
        text = asked.get("ConditionExpression")
        values = asked.get("ExpressionAttributeValues", {})
        return text is None or condition(text)(self._table.items.get(key, {}), values)

    def _put(self, asked: Any) -> Any:
        if not self._holds(asked, asked["Item"]["subject"]["S"]):
            raise _error("ConditionalCheckFailedException")
        self._table.put(asked["Item"], self._who)
        return {}

    def _update(self, asked: Any) -> Any:
        key = asked["Key"]["subject"]["S"]
        if not self._holds(asked, key):
            raise _error("ConditionalCheckFailedException")
        return {"Attributes": self._apply(asked, key)}

    def _apply(self, asked: Any, key: str) -> Item:
        item = self._table.items.get(key, dict(asked["Key"]))
        values, names = (
            asked.get(f"ExpressionAttribute{what}", {}) for what in ("Values", "Names")
        )
        after = updated(item, asked["UpdateExpression"], values, names)
        self._table.put(after, self._who)
        return after

    def _transact(self, asked: Any) -> Any:
        """Both or neither; the same request again is done already."""
        token = id(asked["TransactItems"])
        if self._table._done.get(token) is asked["TransactItems"]:  # noqa: SLF001
            return {}
        held = [self._of_transaction(action) for action in asked["TransactItems"]]
        reasons = [
            "None" if self._holds(request, key) else "ConditionalCheckFailed"
            for _, request, key in held
        ]
        if set(reasons) != {"None"}:
            raise _error("TransactionCanceledException", reasons)
        for kind, request, key in held:
            if kind == "Put":
                self._table.put(request["Item"], self._who)
            else:
                self._apply(request, key)
        self._table._done[token] = asked["TransactItems"]  # noqa: SLF001
        return {}

    def _of_transaction(self, action: Any) -> tuple[str, Any, str]:
        ((kind, request),) = action.items()
        at = {"Put": "Item", "Update": "Key"}[kind]
        return kind, request, request[at]["subject"]["S"]

    def _batch_get(self, asked: Any) -> Any:
        """A part of it, sometimes: at least one, so that whoever goes on comes to an end."""
        request = asked["RequestItems"][TABLE]
        # The function may ask for a set, whose order differs from process to process.
        wanted = sorted(request["Keys"], key=lambda key: key["subject"]["S"])
        taken, left = self._part(wanted)
        names = [name.strip() for name in request.get("ProjectionExpression", "").split(",")]
        found = [self._table.items.get(key["subject"]["S"]) for key in taken]
        items = [_projected(item, names) for item in found if item is not None]
        # BatchGetItem keeps no order.
        self._table.chance.shuffle(items)
        unprocessed = {TABLE: {**request, "Keys": left}} if left else {}
        return {"Responses": {TABLE: items}, "UnprocessedKeys": unprocessed}

    def _batch_write(self, asked: Any) -> Any:
        taken, left = self._part(asked["RequestItems"][TABLE])
        for request in taken:
            self._table.delete(request["DeleteRequest"]["Key"]["subject"]["S"], self._who)
        return {"UnprocessedItems": {TABLE: left} if left else {}}

    def _part(self, every: list[Any]) -> tuple[list[Any], list[Any]]:
        table = self._table
        if len(every) < 2 or table.chance.random() >= table.parts:
            return every, []
        cut = table.chance.randrange(1, len(every))
        return every[:cut], every[cut:]

    def _all(self) -> list[Item]:
        return sorted(self._table.items.values(), key=lambda item: item["subject"]["S"])

    def _page(self, items: Callable[[], list[Item]], holds: Any, asked: Any) -> Any:
        """A page behind the key that it is asked to start at; it may have no item at all."""
        values = asked.get("ExpressionAttributeValues", {})
        every = items()
        if "ExclusiveStartKey" in asked:
            after = _position(asked["ExclusiveStartKey"])
            in_index = "since" in asked["ExclusiveStartKey"]
            every = [it for it in every if _position(it, in_index=in_index) > after]
        taken, left = self._part(every)
        page: dict[str, Any] = {"Items": [dict(it) for it in taken if holds(it, values)]}
        if left:
            names = ("since", "subject", "pending") if "IndexName" in asked else ("subject",)
            page["LastEvaluatedKey"] = {name: taken[-1][name] for name in names}
        return page


def _position(key: Item, *, in_index: bool = True) -> tuple[Any, ...]:
    since = (plain(key["since"]),) if in_index and "since" in key else ()
    return (*since, key["subject"]["S"])


def _projected(item: Item, names: list[str]) -> Item:
    if names == [""]:
        return dict(item)
    return {name: item[name] for name in names if name in item}


def deferred_until(item: Item) -> str:
    """When deferred work is due, as its item says."""
    return str(item["since"]["S"])


def keys(items: Iterator[Item]) -> list[str]:
    """Their keys."""
    return [item["subject"]["S"] for item in items]
