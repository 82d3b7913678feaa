"""The queue's contract, on SQS (moto) and in memory; and SQS's own failures, which moto lacks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws

from rescan.aws.work_queue import WorkQueue
from rescan.events.commands import Gate, SweepPage
from rescan.events.parse import parse_event
from rescan.gate.model import Trigger, TriggerKind
from rescan.kernel.errors import QueueUnavailable
from rescan.kernel.image_tag import ImageTag
from rescan.memory.queue import MemoryQueue
from tests.support.fakes import NOON
from tests.support.scripted_server import refused_port

TRIGGER = Trigger(TriggerKind.SCHEDULE, NOON)
FULL = Gate(
    ImageTag.parse("reg.io/app:1"),
    TRIGGER,
    vtype="os",
    policy_id="p1",
    sweep=NOON,
    first_seen=NOON,
    attempt=3,
    submitted=True,
    unrecorded=True,
    published_id="7c3f",
)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("sqs", region_name="eu-central-1")


@pytest.fixture
def url(client: Any) -> str:
    return str(client.create_queue(QueueName="work")["QueueUrl"])


def gates(number: int) -> list[Gate]:
    return [Gate(ImageTag("reg.io", f"a{n}", "1"), TRIGGER) for n in range(number)]


@dataclass
class Sqs:
    """A queue in moto, and those who read it."""

    client: Any
    url: str

    @property
    def queue(self) -> WorkQueue:
        return WorkQueue(self.client, self.url)

    def received(self) -> list[Any]:
        gates: list[Any] = []
        ask = {"QueueUrl": self.url, "MaxNumberOfMessages": 10}
        while messages := self.client.receive_message(**ask).get("Messages"):
            bodies = (json.loads(message["Body"]) for message in messages)
            gates += [parse_event(body, lambda region: None) for body in bodies]
        return gates


@dataclass
class InMemory:
    queue: MemoryQueue = field(default_factory=MemoryQueue)

    def received(self) -> list[Any]:
        return self.queue.take()


@pytest.fixture(params=["sqs", "memory"])
def either(request: pytest.FixtureRequest) -> Sqs | InMemory:
    if request.param == "memory":
        return InMemory()
    return Sqs(request.getfixturevalue("client"), request.getfixturevalue("url"))


def test_a_message_is_read_once_as_it_was_sent(either: Sqs | InMemory) -> None:
    either.queue.send(FULL, timedelta())
    assert either.received() == [FULL]
    assert either.received() == []


def test_a_page_of_a_sweep_is_read_as_it_was_sent(client: Any, url: str) -> None:
    sqs, page = Sqs(client, url), SweepPage(NOON, 17, "one", attempt=2)
    sqs.queue.send_page(page, timedelta())
    assert sqs.received() == [page]


def test_a_delay_is_passed_on_and_never_above_what_sqs_takes(url: str, client: Any) -> None:
    with Stubber(client) as stub:
        for seconds in (45, 900):
            expected = {"QueueUrl": url, "MessageBody": FULL.encode(), "DelaySeconds": seconds}
            stub.add_response("send_message", {}, expected)
        queue = WorkQueue(client, url)
        queue.send(FULL, timedelta(seconds=45.9))
        queue.send(FULL, timedelta(hours=1))
        stub.assert_no_pending_responses()


def test_a_queue_is_busy_while_messages_wait_or_are_worked_on(either: Sqs | InMemory) -> None:
    assert not either.queue.is_busy()
    either.queue.send_all(gates(1))
    assert either.queue.is_busy()


def test_a_message_that_is_being_worked_on_keeps_the_queue_busy(url: str, client: Any) -> None:
    queue = WorkQueue(client, url)
    queue.send_all(gates(1))
    client.receive_message(QueueUrl=url)
    assert queue.is_busy()


def test_a_message_that_waits_for_its_time_does_not(url: str, client: Any) -> None:
    queue = WorkQueue(client, url)
    queue.send(FULL, timedelta(minutes=5))
    assert not queue.is_busy()


@pytest.mark.parametrize("number", [0, 1, 10, 11, 137])
def test_many_messages_are_all_taken(either: Sqs | InMemory, number: int) -> None:
    assert either.queue.send_all(iter(gates(number))) == number
    received = either.received()
    assert len(received) == number
    assert {gate.tag for gate in received} == {gate.tag for gate in gates(number)}


def failed(*ids: str, code: str = "InternalError", by_sender: bool = False) -> dict[str, Any]:
    return {"Failed": [{"Id": i, "Code": code, "SenderFault": by_sender} for i in ids]}


def entries(*numbers: int) -> list[dict[str, str]]:
    return [{"Id": str(n), "MessageBody": gates(3)[n].encode()} for n in numbers]


def test_entries_that_failed_are_sent_again(client: Any, url: str) -> None:
    with Stubber(client) as stub:
        for sent, answer in (
            ((0, 1, 2), failed("1", "2")),
            ((1, 2), failed("2")),
            ((2,), failed()),
        ):
            expected = {"QueueUrl": url, "Entries": entries(*sent)}
            stub.add_response("send_message_batch", {"Successful": [], **answer}, expected)
        slept: list[float] = []
        assert WorkQueue(client, url, sleep=slept.append).send_all(gates(3)) == 3
        assert slept == [0.05, 0.1]
        stub.assert_no_pending_responses()


def test_entries_that_fail_again_and_again_are_an_error_that_counts_them(
    client: Any, url: str
) -> None:
    with Stubber(client) as stub:
        for _ in range(4):
            stub.add_response("send_message_batch", {"Successful": [], **failed("0", "2")})
        with pytest.raises(QueueUnavailable, match="2 messages were not accepted: InternalError"):
            WorkQueue(client, url, sleep=lambda seconds: None).send_all(gates(3))


def test_entries_that_are_wrong_are_not_sent_again(client: Any, url: str) -> None:
    wrong = failed("1", code="InvalidMessageContents", by_sender=True)
    with Stubber(client) as stub:
        stub.add_response("send_message_batch", {"Successful": [], **wrong})
        with pytest.raises(QueueUnavailable, match=r"not accepted: InvalidMessageContents"):
            WorkQueue(client, url).send_all(gates(3))


def test_a_refused_batch_is_an_error(client: Any, url: str) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("send_message_batch", "AccessDenied")
        with pytest.raises(QueueUnavailable, match="3 messages were not accepted: AccessDenied"):
            WorkQueue(client, url).send_all(gates(3))


def test_a_refused_message_is_an_error(client: Any, url: str) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("send_message", "AccessDenied")
        with pytest.raises(QueueUnavailable, match="1 message was not accepted: AccessDenied"):
            WorkQueue(client, url).send(FULL, timedelta())


def test_a_queue_that_does_not_answer_is_an_error() -> None:
    once = Config(retries={"total_max_attempts": 1})
    with refused_port() as port:
        session = boto3.Session("testing", "testing", region_name="eu-central-1")
        client = session.client("sqs", endpoint_url=f"http://127.0.0.1:{port}", config=once)
        queue = WorkQueue(client, f"http://127.0.0.1:{port}/work")
        with pytest.raises(QueueUnavailable, match="EndpointConnectionError, no answer"):
            queue.send_all(gates(3))
