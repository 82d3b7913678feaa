"""The work queue as the function calls it: SendMessage and SendMessageBatch, in SQS's JSON."""

import json
from hashlib import md5
from threading import Lock
from typing import Any

from werkzeug import Response

from tests.support.sqs_queue import SqsQueue


class SqsFront:
    """`queue` takes what is sent, and may be exchanged."""

    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/work"
    queue: SqsQueue

    def __init__(self) -> None:
        self._lock = Lock()

    def answer(self, text: str, trace: str) -> Response:
        """The answer to the call, which came under this trace id."""
        asked = json.loads(text)
        assert asked["QueueUrl"] == self.url
        with self._lock:
            if "Entries" not in asked:
                said = self._send(asked, trace)
            else:
                taken = [{"Id": it["Id"]} | self._send(it, trace) for it in asked["Entries"]]
                said = {"Successful": taken}
        return Response(json.dumps(said), content_type="application/x-amz-json-1.0")

    def _send(self, asked: Any, trace: str) -> dict[str, Any]:
        body = asked["MessageBody"]
        message = self.queue.send(body, asked.get("DelaySeconds"), trace)
        digest = md5(body.encode(), usedforsecurity=False).hexdigest()
        return {"MessageId": message.id, "MD5OfMessageBody": digest}
