"""AWS as far as the function calls it: each answer comes after as many seconds as told.

The ledger holds what was written to it; everything is counted by operation, and `/counts` tells
and forgets the counts.
"""

import json
import sys
from collections import Counter
from typing import Any

from tests.lab.bench.canned_server import Canned, Reply, Request

_SECRET = json.dumps({"username": "watcher", "password": "s3cr3t-pass"})


class _Aws(Canned):
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._counts: Counter[str] = Counter()
        self._items: dict[str, Any] = {}

    def reply(self, request: Request) -> Reply:
        """What the operation answers."""
        if request.target == "/counts":
            counts, self._counts = self._counts, Counter()
            return Reply((json.dumps(counts).encode(),))
        operation = _operation(request)
        self._counts[operation] += 1
        answer = self._answer(operation, request)
        return Reply((json.dumps(answer).encode(),), self._seconds)

    def _answer(self, operation: str, request: Request) -> Any:
        match operation:
            case "GetSecretValue":
                return {"SecretString": _SECRET}
            case "GetItem":
                key = json.loads(request.body)["Key"]["subject"]["S"]
                return {"Item": self._items[key]} if key in self._items else {}
            case "PutItem":
                self._put(json.loads(request.body))
            case "TransactWriteItems":
                for item in json.loads(request.body)["TransactItems"]:
                    self._put(item.get("Put", {}))
            case "Scan":
                return {"Items": [], "Count": 0, "ScannedCount": 0}
            case "SendMessageBatch":
                return {"Successful": [], "Failed": []}
        return {}

    def _put(self, put: Any) -> None:
        item = put.get("Item", {})
        if "subject" in item:
            self._items[item["subject"]["S"]] = item


def _operation(request: Request) -> str:
    """`X-Amz-Target: DynamoDB_20120810.GetItem`, of all services in use but SNS."""
    head = request.head.lower()
    start = head.find("x-amz-target:")
    if start < 0:
        return "SNS"
    line = request.head[start:].split("\r\n", 1)[0]
    return line.rpartition(".")[2]


if __name__ == "__main__":
    _Aws(float(sys.argv[1])).serve()
