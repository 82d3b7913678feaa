"""One invocation of the real handler on a recorded Anchore and on moto's AWS, and what it left.

Nothing of the handler is patched: Anchore is a loopback server, AWS is moto's, the environment is
the process's own. The function works without its queue and its ledger.
"""

import io
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws
from msgspec import Struct

from rescan_cli.replay.har import Recording
from rescan_cli.replay.router import SeenRequest
from rescan_cli.replay.server import ReplayServer

_REGION = "eu-central-1"
_QUEUED = ("WORK_QUEUE_URL", "PUSH_QUEUE_URL", "LEDGER_TABLE")


class Mail(Struct, frozen=True):
    """A notice as an e-mail subscription shows it, and its attributes."""

    subject: str
    body: str
    attributes: dict[str, str]


class Invocation(Struct, frozen=True):
    """The requests to Anchore; the answer, or the error instead; the mails."""

    requests: tuple[SeenRequest, ...]
    answer: dict[str, Any] | None
    error: Exception | None
    mails: tuple[Mail, ...]


class _Context(LambdaContext):
    """What Lambda tells a handler of its invocation, as far as it is used."""

    def __init__(self) -> None:
        self._function_name = "anchore-rescan"
        self._memory_limit_in_mb = 512
        self._invoked_function_arn = f"arn:aws:lambda:{_REGION}:123456789012:function:rescan"
        self._aws_request_id = str(uuid.uuid4())

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 300_000


def invoked(event: object, recording: Recording, settings: Mapping[str, str]) -> Invocation:
    """Run `rescan.app.handler` on the event, once in a process.

    `settings` hold where the environment sets nothing; what it says of AWS and of the real
    Anchore's place is forgotten. NotRecorded when the recording does not fit the event.
    """
    _forget_the_real_world()
    with mock_aws(), ReplayServer(recording) as anchore:
        queue_url = _set_up_aws()
        os.environ.update({**settings, **os.environ, "ANCHORE_URL": anchore.url})
        answer, error = _ended(event)
        return Invocation(tuple(anchore.replay.seen), answer, error, tuple(_mails(queue_url)))


def _forget_the_real_world() -> None:
    for name in [name for name in os.environ if name.startswith("AWS_") or name in _QUEUED]:
        del os.environ[name]
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    os.environ.update(nothing, NO_PROXY="*", no_proxy="*")


def _ended(event: object) -> tuple[dict[str, Any] | None, Exception | None]:
    """What the handler answers, or how it fails; what it prints is for CloudWatch."""
    with redirect_stdout(io.StringIO()):
        # Imported here: the handler's logger takes environment and stream when it is made.
        from rescan.app import handler  # noqa: PLC0415

        try:
            return handler(event, _Context()), None
        except Exception as error:  # noqa: BLE001 - shown, whatever it is
            return None, error


def _set_up_aws() -> str:
    """Make the topic, a queue that reads along, and the secret; returns the queue's URL."""
    os.environ.update(AWS_DEFAULT_REGION=_REGION, POWERTOOLS_SERVICE_NAME="anchore-rescan")
    topic = boto3.client("sns").create_topic(Name="stops")["TopicArn"]
    sqs = boto3.client("sqs")
    queue_url = sqs.create_queue(QueueName="readers")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    boto3.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue["Attributes"]["QueueArn"]
    )
    secret = boto3.client("secretsmanager").create_secret(
        Name="anchore", SecretString=json.dumps({"username": "demo", "password": "demo-only"})
    )
    os.environ.update(ANCHORE_SECRET_ARN=secret["ARN"], STOP_TOPIC_ARN=topic)
    return queue_url


def _mails(queue_url: str) -> Iterator[Mail]:
    sqs = boto3.client("sqs")
    while found := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
        for message in found:
            envelope = json.loads(message["Body"])
            attributes = envelope["MessageAttributes"]
            yield Mail(
                envelope["Subject"],
                envelope["Message"],
                {name: attributes[name]["Value"] for name in attributes},
            )
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
