"""moto and fauxqs: two emulators of SQS and SNS, and where they differ.

Neither delivers a message of a standard queue twice, as SQS may: the fault stories do that.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws
from msgspec import Struct

from tests.lab.conformance import fauxqs
from tests.lab.conformance.npm_packages import packages
from tests.support.aws_server import SESSION
from tests.support.routing import Aws

MOTO, FAUXQS = "moto", "fauxqs"


@contextmanager
def moto_aws() -> Iterator[Aws]:
    """A topic in moto, in this process."""
    with mock_aws():
        session = boto3.Session("testing", "testing", region_name="eu-central-1")
        yield Aws.of(session.client("sns"), session.client("sqs"))


@contextmanager
def fauxqs_url() -> Iterator[str]:
    """A server for many tests: queues and topics have names of their own."""
    with fauxqs.running(packages()) as url:
        yield url


def fauxqs_aws(url: str) -> Aws:
    """A topic in fauxqs."""
    sns, sqs = (SESSION.client(it, endpoint_url=url) for it in ("sns", "sqs"))
    return Aws.of(sns, sqs)


# --- where they differ


class Difference(Struct, frozen=True):
    """What two emulators answer to the same request, and AWS's word; `source` is a page of AWS's.

    `ask` gives the answer in a word or two.
    """

    what: str
    ask: Callable[[Aws], str]
    answers: dict[str, str]
    aws: str
    source: str

    def __str__(self) -> str:
        return self.what


def _taken(call: Callable[..., Any], **arguments: Any) -> str:
    try:
        call(**arguments)
    except ClientError:
        return "refused"
    return "taken"


def _received(aws: Aws, url: str, wait: int = 0) -> list[dict[str, Any]]:
    answer = aws.sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], WaitTimeSeconds=wait
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def _filtered(
    aws: Aws,
    policy: object,
    *values: str,
    scope: str = "MessageAttributes",
    body: str = "message",
) -> str:
    url = aws.subscribed({"FilterPolicy": json.dumps(policy), "FilterPolicyScope": scope})
    attribute = {"DataType": "String.Array", "StringValue": json.dumps(values)}
    attributes = {"repository": attribute} if values else {}
    aws.sns.publish(TopicArn=aws.topic, Message=body, MessageAttributes=attributes)
    return "delivered" if _received(aws, url) else "not delivered"


def _published(aws: Aws, **message: Any) -> str:
    return _taken(aws.sns.publish, TopicArn=aws.topic, **message)


def _sent(aws: Aws, **message: Any) -> str:
    return _taken(aws.sqs.send_message, QueueUrl=aws.queue("sent")[0], **message)


def _an_array(aws: Aws) -> str:
    return _filtered(aws, {"repository": ["a"]}, "a", "b")


def _not_an_array(aws: Aws) -> str:
    return _filtered(aws, {"repository": [{"anything-but": ["a"]}]}, "a", "b")


def _an_array_in_a_body(aws: Aws) -> str:
    body = json.dumps({"keywords": ["critical", "STOP"]})
    return _filtered(aws, {"keywords": ["critical"]}, scope="MessageBody", body=body)


def _six_names(aws: Aws) -> str:
    policy = json.dumps({f"name{number}": ["a"] for number in range(6)})
    endpoint = aws.queue("filtered")[1]
    attributes = {"FilterPolicy": policy}
    subscribe = {"TopicArn": aws.topic, "Protocol": "sqs", "Endpoint": endpoint}
    return _taken(aws.sns.subscribe, **subscribe, Attributes=attributes)


def _empty_attribute(aws: Aws) -> str:
    empty = {"DataType": "String", "StringValue": ""}
    return _published(aws, Message="m", MessageAttributes={"team": empty})


def _above_the_limit_with_its_attributes(aws: Aws) -> str:
    attribute = {"DataType": "String", "StringValue": "x" * 100}
    return _published(aws, Message="x" * 262_140, MessageAttributes={"team": attribute})


def _trace_header(aws: Aws) -> str:
    url = aws.queue("traced")[0]
    header = {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}
    aws.sqs.send_message(
        QueueUrl=url, MessageBody="m", MessageSystemAttributes={"AWSTraceHeader": header}
    )
    [message] = _received(aws, url)
    return "handed on" if "AWSTraceHeader" in message["Attributes"] else "lost"


def _receive_count_of_a_dead_letter(aws: Aws) -> str:
    url, dead = aws.queue_with_dead_letters(received_at_most=2)
    aws.sqs.send_message(QueueUrl=url, MessageBody="m")
    while messages := _received(aws, url):
        handle = messages[0]["ReceiptHandle"]
        aws.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    [message] = _received(aws, dead)
    return str(message["Attributes"]["ApproximateReceiveCount"])


def _unknown_handle(aws: Aws) -> str:
    url = aws.queue("handles")[0]
    return _taken(aws.sqs.delete_message, QueueUrl=url, ReceiptHandle="of nobody")


_STRINGS = "SNS Developer Guide, String value matching"
_CONSTRAINTS = "SNS Developer Guide, Filter policy constraints"
_PUBLISH, _SEND = "SNS API Reference, Publish", "SQS API Reference, SendMessage"
_RECEIVE = "SQS API Reference, ReceiveMessage"

DIFFERENCES = [
    Difference(
        "an array has the value of a policy",
        _an_array,
        {MOTO: "delivered", FAUXQS: "not delivered"},
        "delivered: one value of the array is enough",
        _STRINGS,
    ),
    Difference(
        "an array has a value that anything-but excludes, and another",
        _not_an_array,
        {MOTO: "not delivered", FAUXQS: "delivered"},
        "delivered: it has a value that is not excluded",
        _STRINGS,
    ),
    Difference(
        "an array in the body has the value of a policy",
        _an_array_in_a_body,
        {MOTO: "delivered", FAUXQS: "not delivered"},
        "delivered: one value of the array is enough",
        _STRINGS,
    ),
    Difference(
        "a filter policy of six names",
        _six_names,
        {MOTO: "refused", FAUXQS: "taken"},
        "refused: five at most",
        _CONSTRAINTS,
    ),
    Difference(
        "a subject of 100 characters",
        lambda aws: _published(aws, Message="m", Subject="x" * 100),
        {MOTO: "taken", FAUXQS: "taken"},
        "refused: fewer than 100",
        _PUBLISH,
    ),
    Difference(
        "a subject of two lines",
        lambda aws: _published(aws, Message="m", Subject="a\nb"),
        {MOTO: "taken", FAUXQS: "taken"},
        "refused: no line breaks",
        _PUBLISH,
    ),
    Difference(
        "an attribute without a value",
        _empty_attribute,
        {MOTO: "refused", FAUXQS: "taken"},
        "refused: name, type and value are not empty",
        "SNS API Reference, MessageAttributeValue",
    ),
    Difference(
        "a message that is above 256 KiB with its attributes",
        _above_the_limit_with_its_attributes,
        {MOTO: "taken", FAUXQS: "taken"},
        "refused: attributes count",
        "SNS Developer Guide, Message attributes",
    ),
    Difference(
        "a message with a character that XML 1.0 forbids",
        lambda aws: _sent(aws, MessageBody="\x01"),
        {MOTO: "taken", FAUXQS: "refused"},
        "refused: InvalidMessageContents",
        _SEND,
    ),
    Difference(
        "DelaySeconds 901",
        lambda aws: _sent(aws, MessageBody="m", DelaySeconds=901),
        {MOTO: "refused", FAUXQS: "taken"},
        "refused: 0 to 900",
        _SEND,
    ),
    Difference(
        "AWSTraceHeader of a message, which carries the lineage",
        _trace_header,
        {MOTO: "handed on", FAUXQS: "lost"},
        "handed on: a system attribute",
        _RECEIVE,
    ),
    Difference(
        "receive count of a dead letter that was received twice before, and now",
        _receive_count_of_a_dead_letter,
        {MOTO: "3", FAUXQS: "4"},
        "3: how often it was received from all queues",
        _RECEIVE,
    ),
    Difference(
        "a receipt handle that nobody gave out",
        _unknown_handle,
        {MOTO: "refused", FAUXQS: "taken"},
        "refused: ReceiptHandleIsInvalid",
        "SQS API Reference, DeleteMessage",
    ),
]

_HEAD = """## Two emulators, and AWS's word

The routes of [routing.md](routing.md) and the life of a message in a queue run on moto and on
fauxqs. A test asks each question below of both; what AWS says was read, not tried. Where both are
kinder than AWS, the function keeps AWS's rule by itself ([aws-rules.md](aws-rules.md)). Neither
delivers a message twice, as SQS may: [the fault stories](faults.md) do.

| asked | moto | fauxqs | AWS | where it says so |
| --- | --- | --- | --- | --- |
"""


def as_markdown() -> str:
    """The differences, for docs/conformance.md."""
    return _HEAD + "\n".join(
        f"| {it.what} | {it.answers[MOTO]} | {it.answers[FAUXQS]} | {it.aws} | {it.source} |"
        for it in DIFFERENCES
    )
