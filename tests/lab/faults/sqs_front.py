"""The two queues as the function calls them, in SQS's JSON: what is sent, and how much is there."""

import json
from hashlib import md5
from threading import Lock
from typing import Any

from werkzeug import Response

from tests.support.sqs_queue import SqsQueue

_URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/"


class SqsFront:
    """`sweeps` and `pushes` take what is sent to `url` and to `push_url`, and may be exchanged."""

    url, push_url = f"{_URL}work", f"{_URL}pushes"
    sweeps: SqsQueue
    pushes: SqsQueue

    def __init__(self) -> None:
        self._lock = Lock()

    def answer(self, text: str, trace: str) -> Response:
        """The answer to the call, which came under this trace id."""
        asked = json.loads(text)
        queue = {self.url: self.sweeps, self.push_url: self.pushes}[asked["QueueUrl"]]
        with self._lock:
            said = _answer(queue, asked, trace)
        return Response(json.dumps(said), content_type="application/x-amz-json-1.0")


def _answer(queue: SqsQueue, asked: Any, trace: str) -> dict[str, Any]:
    if "AttributeNames" in asked:
        counts = {
            "ApproximateNumberOfMessages": queue.visible,
            "ApproximateNumberOfMessagesNotVisible": queue.in_flight,
        }
        return {"Attributes": {name: str(counts[name]) for name in asked["AttributeNames"]}}
    if "Entries" not in asked:
        return _send(queue, asked, trace)
    return {"Successful": [{"Id": it["Id"]} | _send(queue, it, trace) for it in asked["Entries"]]}


def _send(queue: SqsQueue, asked: Any, trace: str) -> dict[str, Any]:
    body = asked["MessageBody"]
    message = queue.send(body, asked.get("DelaySeconds"), trace)
    digest = md5(body.encode(), usedforsecurity=False).hexdigest()
    return {"MessageId": message.id, "MD5OfMessageBody": digest}
