"""What Lambda's event source mapping does: takes batches, hands them over, deletes what is done.

Source: AWS Lambda, "Using Lambda with Amazon SQS". A batch that crashed, or whose answer is not
`batchItemFailures` with ids of the batch, comes back whole; otherwise only what it names.
"""

from collections.abc import Callable
from typing import Any

from tests.lab.faults.queues import Queues, event_source
from tests.support.runtime_api import Invocation

Invoke = Callable[[Any], Invocation]
_MOST_BATCHES = 100


class Pump:
    """`done` counts what was deleted, `delivered` holds each body that was handed over.

    `twice`: each batch is delivered again after it was done, as SQS may. `doubled`: each record
    stands in its batch twice. `backwards`: the newest messages first.
    """

    def __init__(self, queues: Queues, invoke: Invoke) -> None:
        self._queues = queues
        self._invoke = invoke
        self.done = 0
        self.delivered: list[str] = []
        self.twice = self.doubled = self.backwards = False

    def run(self) -> None:
        """Until nothing is visible: what fails again and again ends in the dead letters."""
        for _ in range(_MOST_BATCHES):
            batch = self._take()
            if not batch:
                return
            failed = self._hand_over(batch)
            if self.twice:
                self._hand_over(batch)
            self._queues.return_to_work([m for m in batch if m["MessageId"] in failed])
            done = [m for m in batch if m["MessageId"] not in failed]
            self._queues.delete(self._queues.work, done)
            self.done += len(done)
        raise AssertionError(f"The queue is not empty after {_MOST_BATCHES} batches.")

    def _take(self) -> list[Any]:
        size = event_source().batch_size
        if not self.backwards:
            return self._queues.receive(self._queues.work, size)
        every: list[Any] = []
        while messages := self._queues.receive(self._queues.work):
            every += messages
        self._queues.return_to_work(every[:-size])
        return every[-size:][::-1]

    def _hand_over(self, batch: list[Any]) -> set[str]:
        """The ids of what comes back."""
        delivered = [m for m in batch for _ in range(2 if self.doubled else 1)]
        self.delivered += [message["Body"] for message in delivered]
        ended = self._invoke({"Records": [_record(message) for message in delivered]})
        ids = {message["MessageId"] for message in batch}
        if ended.error is not None:
            return ids
        if not event_source().reports_failures:
            return set()
        failed = {failure["itemIdentifier"] for failure in ended.answer["batchItemFailures"]}
        return ids if failed - ids else failed


def _record(message: Any) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:work",
        "awsRegion": "eu-central-1",
    }
