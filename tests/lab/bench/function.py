"""The function in this process, as Lambda calls it warm: its environment, its events."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from msgspec import json

from rescan import app
from rescan.events.commands import Gate
from rescan.gate.model import Trigger, TriggerKind
from rescan.kernel.image_tag import ImageTag
from tests.lab.bench.anchore_server import tag_of
from tests.recordings.facts import sha256

SWEEP = {"source": "aws.events", "detail-type": "Scheduled Event", "time": "2026-11-20T09:00:00Z"}


def environment(anchore_url: str, aws_url: str) -> dict[str, str]:
    """What the deployed stack gives the function, and where its servers are."""
    account = "eu-central-1:123456789012"
    return {
        "ANCHORE_URL": anchore_url,
        "ANCHORE_SECRET_ARN": f"arn:aws:secretsmanager:{account}:secret:anchore-AbCdEf",
        "STOP_TOPIC_ARN": f"arn:aws:sns:{account}:stops",
        "WORK_QUEUE_URL": f"{aws_url}/123456789012/work",
        "LEDGER_TABLE": "ledger",
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_LAMBDA_FUNCTION_NAME": "rescan",
        "POWERTOOLS_SERVICE_NAME": "anchore-rescan",
    }


class _Context:
    """What Lambda hands over beside the event."""

    function_name = "rescan"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:rescan"

    def __init__(self) -> None:
        self.aws_request_id = str(uuid4())

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def handle(event: object) -> dict[str, Any]:
    """The handler's answer; an error when a record of a batch failed: it would measure less."""
    answer: dict[str, Any] = app.handler(event, _Context())  # type: ignore[arg-type]
    if answer.get("batchItemFailures"):
        raise RuntimeError(f"the function failed: {answer}")
    return answer


def pushes(numbers: range) -> dict[str, Any]:
    """The SQS batch of one push for each of the images with these numbers."""
    return {"Records": [_record(tag_of(number)) for number in numbers]}


def _record(full_tag: str) -> dict[str, Any]:
    repository, _, tag = full_tag.partition("/")[2].rpartition(":")
    body = {
        "source": "aws.ecr",
        "detail-type": "ECR Image Action",
        "account": "123456789012",
        "region": "eu-central-1",
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "detail": {
            "action-type": "PUSH",
            "result": "SUCCESS",
            "repository-name": repository,
            "image-tag": tag,
            "image-digest": sha256(full_tag),
        },
    }
    return {
        "messageId": str(uuid4()),
        "eventSource": "aws:sqs",
        "body": json.encode(body).decode(),
    }


def message() -> str:
    """The body of a message of a sweep's."""
    now = datetime.now(UTC)
    trigger = Trigger(TriggerKind.SCHEDULE, now)
    return Gate(ImageTag.parse(tag_of(0)), trigger, sweep=now).encode()
