"""How Lambda takes from a queue: batches, what comes back, and loops that it does not go along.

Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", "Handling errors for an SQS
event source", "Use Lambda recursive loop detection to prevent infinite loops"; AWS Compute Blog,
"Detecting and stopping recursive loops in AWS Lambda functions".
"""

import re
from dataclasses import dataclass
from hashlib import md5
from typing import Any

from tests.support.runtime_api import Invocation
from tests.support.sqs_queue import Message, SqsQueue

# Invocations in one chain of requests; Lambda refuses the next.
MOST_LINKS = 16
_LINEAGE = re.compile(r"Lineage=1:5eed5eed:(\d+)")


def trace_of(links: int) -> str:
    """What Lambda gives an invocation as its trace id: so many invocations are in its chain."""
    root = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"
    return f"{root};Lineage=1:5eed5eed:{links}"


def links_of(trace: str) -> int:
    """How many invocations the chain has by now; 0 for what no function has sent."""
    found = _LINEAGE.search(trace)
    return int(found[1]) if found else 0


@dataclass(frozen=True)
class Batch:
    """Messages that were received together.

    `links`: the invocation's number in its chain. Of a batch from several chains AWS does not say
    which it takes; here it is the longest.
    """

    messages: list[Message]

    @property
    def links(self) -> int:
        return 1 + max(links_of(message.trace) for message in self.messages)

    def event(self, times: int = 1) -> dict[str, Any]:
        """What the function is handed; `times`: how often each message stands in it."""
        return {"Records": [_record(m) for m in self.messages for _ in range(times)]}


@dataclass
class Poller:
    """An event source mapping.

    `reports_failures`: ReportBatchItemFailures is on; `allows_loops`: the function's RecursiveLoop
    is Allow. Whatever is neither deleted nor dead comes back once the queue's visibility timeout
    has passed, with another receive counted.
    """

    queue: SqsQueue
    batch_size: int
    reports_failures: bool
    allows_loops: bool
    done: int = 0
    longest_chain: int = 0

    def take(self) -> Batch | None:
        """The next batch to invoke the function with; None: nothing is visible by now.

        A batch that would be one link too many is received, and the function is not invoked.
        """
        while messages := self.queue.receive(self.batch_size):
            batch = Batch(messages)
            if self.allows_loops or batch.links <= MOST_LINKS:
                self.longest_chain = max(self.longest_chain, batch.links)
                return batch
        return None

    def settle(self, batch: Batch, ended: Invocation) -> None:
        """Delete what is done."""
        failed = self._failed(batch, ended)
        self.done += self.queue.delete(m for m in batch.messages if m.id not in failed)

    def _failed(self, batch: Batch, ended: Invocation) -> set[str]:
        """The ids of what is not done: of all, after an error or an answer with foreign ids."""
        ids = {message.id for message in batch.messages}
        if ended.error is not None:
            return ids
        if not self.reports_failures:
            return set()
        failed = {failure["itemIdentifier"] for failure in ended.answer["batchItemFailures"]}
        return ids if failed - ids else failed


def _record(message: Message) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": str(message.receives)}
    if message.trace:
        attributes["AWSTraceHeader"] = message.trace
    return {
        "messageId": message.id,
        "receiptHandle": f"{message.id}-{message.receives}",
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": md5(message.body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:work",
        "awsRegion": "eu-central-1",
    }
