"""A queue of work in SQS: requeued work, and the images of a sweep.

Source: SQS API reference: 10 entries a SendMessageBatch, of which some may fail while the call
succeeds, for good where SenderFault says so; DelaySeconds is at most 900.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from rescan.events.commands import Gate, SweepPage
from rescan.kernel.errors import QueueUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef


LONGEST_DELAY = timedelta(seconds=900)
_ENTRIES = 10
_SENDERS = 8
_TRIES = 4
# Doubled with each try: at once, SQS would refuse what it throttles again.
_FIRST_PAUSE_SECONDS = 0.05
_BUSY: "list[QueueAttributeNameType]" = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
]


class WorkQueue:
    """Implements `ports.WorkQueue`; the client needs timeouts and a pool of 8 connections.

    `setting` is the environment variable that names it; `sleep` and `threads` are arguments for the
    tests' sake.
    """

    def __init__(
        self,
        client: "SQSClient",
        url: str,
        setting: str = "WORK_QUEUE_URL",
        sleep: Callable[[float], None] = time.sleep,
        threads: Callable[[int], Executor] = ThreadPoolExecutor,
    ) -> None:
        self._client = client
        self._url = url
        self._setting = setting
        self._sleep = sleep
        self._threads = threads

    def send(self, gate: Gate, delay: timedelta) -> None:
        """Send one message, visible after the delay; QueueUnavailable when SQS refuses it."""
        self._send(gate.encode(), delay)

    def send_page(self, page: SweepPage, delay: timedelta) -> None:
        """The same for a page of a sweep."""
        self._send(page.encode(), delay)

    def _send(self, body: str, delay: timedelta) -> None:
        seconds = int(min(delay, LONGEST_DELAY).total_seconds())
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=seconds)
        except (ClientError, BotoCoreError) as error:
            raise self._unavailable(f"1 message was not accepted: {_reason(error)}") from error

    def send_all(self, gates: Iterable[Gate]) -> int:
        """Send batches of ten in parallel; QueueUnavailable unless SQS accepted all."""
        with self._threads(_SENDERS) as senders:
            counts = list(senders.map(self._send_batch, _tens(gates)))
        left = sum(count.left for count in counts)
        if left:
            why = next(count.why for count in counts if count.left)
            raise self._unavailable(f"{left} messages were not accepted: {why}")
        return sum(count.taken for count in counts)

    def is_busy(self) -> bool:
        """Whether messages wait or are worked on, delayed ones apart; QueueUnavailable.

        SQS counts approximately, and may be a minute behind (GetQueueAttributes).
        """
        try:
            answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=_BUSY)
        except (ClientError, BotoCoreError) as error:
            raise self._unavailable(f"its messages were not counted: {_reason(error)}") from error
        return any(int(answer["Attributes"][name]) for name in _BUSY)

    def _send_batch(self, gates: list[Gate]) -> "_Count":
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "MessageBody": gate.encode()} for number, gate in enumerate(gates)
        ]
        why = ""
        for turn in range(_TRIES):
            if turn:
                self._sleep(_FIRST_PAUSE_SECONDS * 2 ** (turn - 1))
            try:
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            except (ClientError, BotoCoreError) as error:
                return _Count(len(gates) - len(entries), len(entries), _reason(error))
            failed = {entry["Id"]: entry for entry in answer.get("Failed", [])}
            entries = [entry for entry in entries if entry["Id"] in failed]
            why = next((entry["Code"] for entry in failed.values()), "")
            if not entries or any(entry["SenderFault"] for entry in failed.values()):
                break
        return _Count(len(gates) - len(entries), len(entries), why)

    def _unavailable(self, problem: str) -> QueueUnavailable:
        return QueueUnavailable(
            f"The queue {self._url} failed: {problem}."
            f" Check {self._setting} and the function's role."
        )


class _Count(NamedTuple):
    """How many messages of a batch were accepted, how many were not, and why."""

    taken: int
    left: int
    why: str


def _tens(gates: Iterable[Gate]) -> Iterator[list[Gate]]:
    rest = iter(gates)
    while ten := list(islice(rest, _ENTRIES)):
        yield ten


def _reason(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "an error without a code")
    return f"{type(error).__name__}, no answer"
