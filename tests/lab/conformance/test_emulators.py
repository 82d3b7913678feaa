"""Routes and the life of a message, on two emulators that were written independently."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from rescan.aws.work_queue import WorkQueue
from rescan.events.commands import Gate
from rescan.gate.model import Trigger, TriggerKind
from rescan.kernel.image_tag import ImageTag
from tests.lab.conformance.emulators import (
    DIFFERENCES,
    FAUXQS,
    MOTO,
    Difference,
    fauxqs_aws,
    fauxqs_url,
    moto_aws,
)
from tests.support.routing import MAILS, POLICIES, SUBSCRIPTIONS, Aws, Example, raw

# Of moto alone there is nothing to compare.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("url")]

GATES = [Gate(ImageTag("reg.io", f"a{n}", "1"), Trigger(TriggerKind.SCHEDULE)) for n in range(25)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with fauxqs_url() as url:
        yield url


@pytest.fixture
def fauxqs(url: str) -> Aws:
    return fauxqs_aws(url)


@pytest.fixture(params=[MOTO, FAUXQS])
def emulator(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def aws(emulator: str, request: pytest.FixtureRequest) -> Iterator[Aws]:
    if emulator == FAUXQS:
        yield request.getfixturevalue("fauxqs")
    else:
        with moto_aws() as aws:
            yield aws


# --- routes


@pytest.mark.referee("Routing, fauxqs")
@pytest.mark.parametrize("example", POLICIES, ids=str)
def test_policy_delivers_what_the_page_says(example: Example, fauxqs: Aws) -> None:
    assert fauxqs.delivered(example) == without_arrays(example)


def without_arrays(example: Example) -> list[str]:
    """fauxqs matches no array (see DIFFERENCES), in an attribute or in a body."""
    if "keywords" in example.text or "traits" in example.text:
        return []
    is_exact = example.text.startswith('{"repository": ["')
    return [name for name in example.delivers if not (is_exact and name == "several")]


@pytest.mark.referee("Routing, fauxqs")
@pytest.mark.parametrize("example", SUBSCRIPTIONS, ids=["attributes", "template"])
def test_subscription_delivers_what_the_page_says(example: Example, fauxqs: Aws) -> None:
    assert fauxqs.delivered_raw(example) == [raw(MAILS[name]) for name in example.delivers]


# --- the life of a message


LIFE = pytest.mark.referee("Life of a message, moto and fauxqs")


def received(aws: Aws, url: str, wait: int = 0) -> list[dict[str, Any]]:
    answer = aws.sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], WaitTimeSeconds=wait
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def waiting(aws: Aws, url: str) -> tuple[int, int, int]:
    """How many are visible, delayed, and in flight."""
    asked = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    names = ("", "Delayed", "NotVisible")
    visible, delayed, in_flight = (int(asked[f"ApproximateNumberOfMessages{n}"]) for n in names)
    return visible, delayed, in_flight


def release(aws: Aws, url: str, message: dict[str, Any]) -> None:
    handle = message["ReceiptHandle"]
    aws.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)


@LIFE
def test_a_sweep_is_received_once_each_in_batches_of_ten_at_most(aws: Aws) -> None:
    url = aws.queue("work")[0]
    assert WorkQueue(aws.sqs, url).send_all(GATES) == len(GATES)
    bodies: list[str] = []
    while messages := received(aws, url):
        assert len(messages) <= 10
        bodies += [message["Body"] for message in messages]
    assert sorted(bodies) == sorted(gate.encode() for gate in GATES)
    assert waiting(aws, url) == (0, 0, len(GATES))


@LIFE
def test_what_is_delayed_is_not_received_before_its_time(aws: Aws) -> None:
    url = aws.queue("work")[0]
    queue = WorkQueue(aws.sqs, url)
    queue.send(GATES[0], timedelta(minutes=15))
    queue.send(GATES[1], timedelta(seconds=1))
    [message] = received(aws, url, wait=20)
    assert message["Body"] == GATES[1].encode()
    assert waiting(aws, url) == (0, 1, 1)


@LIFE
def test_what_is_received_is_in_flight_until_it_is_released_and_then_counts_again(
    aws: Aws,
) -> None:
    url = aws.queue("work")[0]
    WorkQueue(aws.sqs, url).send(GATES[0], timedelta())
    [first] = received(aws, url)
    assert received(aws, url) == []
    release(aws, url, first)
    [second] = received(aws, url)
    counts = [it["Attributes"]["ApproximateReceiveCount"] for it in (first, second)]
    assert counts == ["1", "2"]
    assert first["Attributes"]["SentTimestamp"] == second["Attributes"]["SentTimestamp"]
    assert first["MessageId"] == second["MessageId"]
    assert first["ReceiptHandle"] != second["ReceiptHandle"]


@LIFE
def test_what_is_deleted_is_gone_and_may_be_deleted_twice(aws: Aws) -> None:
    url = aws.queue("work")[0]
    WorkQueue(aws.sqs, url).send(GATES[0], timedelta())
    [message] = received(aws, url)
    for _ in range(2):
        aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert waiting(aws, url) == (0, 0, 0)


@LIFE
def test_what_is_received_five_times_is_a_dead_letter_with_its_first_timestamp(aws: Aws) -> None:
    url, dead = aws.queue_with_dead_letters(received_at_most=5)
    WorkQueue(aws.sqs, url).send(GATES[0], timedelta())
    times = []
    while messages := received(aws, url):
        times.append(messages[0]["Attributes"])
        release(aws, url, messages[0])
    assert [it["ApproximateReceiveCount"] for it in times] == ["1", "2", "3", "4", "5"]
    [letter] = received(aws, dead)
    assert letter["Body"] == GATES[0].encode()
    assert letter["Attributes"]["SentTimestamp"] == times[0]["SentTimestamp"]


@LIFE
@pytest.mark.parametrize(
    ("ids", "code"),
    [
        pytest.param(list(map(str, range(11))), "TooManyEntriesInBatchRequest", id="eleven"),
        pytest.param([], "EmptyBatchRequest", id="none"),
        pytest.param(["1", "1"], "BatchEntryIdsNotDistinct", id="one-id-twice"),
        pytest.param(["a b"], "InvalidBatchEntryId", id="no-id"),
    ],
)
def test_a_batch_that_sqs_refuses_is_refused(ids: list[str], code: str, aws: Aws) -> None:
    url = aws.queue("work")[0]
    with pytest.raises(aws.sqs.exceptions.ClientError, match=code):
        aws.sqs.send_message_batch(
            QueueUrl=url, Entries=[{"Id": it, "MessageBody": "m"} for it in ids]
        )
    assert waiting(aws, url) == (0, 0, 0)


# --- where they differ


@pytest.mark.referee("Differences of moto and fauxqs")
@pytest.mark.parametrize("difference", DIFFERENCES, ids=str)
def test_they_differ_as_the_page_says(difference: Difference, emulator: str, aws: Aws) -> None:
    assert difference.ask(aws) == difference.answers[emulator]
