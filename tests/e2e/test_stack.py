"""The artifact with the environment that the deployed stack gives: from a push to a STOP, and on.

moto makes the stack from the translated template; what Lambda's event source mapping does between
queue and function is done here by hand.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rescan_cli.replay.har import read_recording
from rescan_cli.replay.server import ReplayServer
from tests.support.artifacts import host_artifact
from tests.support.aws_server import SESSION, LoopbackAws, loopback_aws
from tests.support.deployed import DeployedStack, deploy
from tests.support.lambda_process import copy_runtime_client, lambda_process
from tests.support.paths import ROOT
from tests.support.runtime_api import RuntimeApi

pytestmark = pytest.mark.slow

SECRET = {"username": "watcher", "password": "s3cr3t-pass"}


def event(name: str) -> Any:
    return json.loads((ROOT / "events" / f"{name}.json").read_text())


def _input(target: Any, fired: Any) -> Any:
    """What the function is handed: the constant, or what the target makes of the event's fields."""
    if "Input" in target:
        return json.loads(target["Input"])
    text = target["InputTransformer"]["InputTemplate"]
    for name, path in target["InputTransformer"]["InputPathsMap"].items():
        text = text.replace(f"<{name}>", json.dumps(fired[path.removeprefix("$.")]))
    return json.loads(text)


@dataclass
class Running:
    """The deployed function; `readers` is a queue that reads the stack's topic along."""

    stack: DeployedStack
    api: RuntimeApi
    readers: LoopbackAws

    def push(self, pushed: Any) -> None:
        """What the rule does with a push."""
        queue = self.stack.environment()["WORK_QUEUE_URL"]
        self.stack.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(pushed))

    def publish(self) -> Any:
        """What the rule of the publisher does each minute."""
        return self.fires("RescanFunctionPublish")

    def fires(self, rule: str) -> Any:
        """What the function answers the rule, with the input that the stack gives it."""
        events = self.stack.client("events")
        [target] = events.list_targets_by_rule(Rule=self.stack.name(rule))["Targets"]
        return self.api.invoke(_input(target, event("schedule-rule"))).answer

    def work(self) -> list[str]:
        """Hand over what is visible, delete what is done; the bodies of what came back."""
        sqs, queue = self.stack.client("sqs"), self.stack.environment()["WORK_QUEUE_URL"]
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        if not messages:
            return []
        records = [
            {"messageId": m["MessageId"], "eventSource": "aws:sqs", "body": m["Body"]}
            for m in messages
        ]
        ended = self.api.invoke({"Records": records})
        assert ended.error is None
        failed = {item["itemIdentifier"] for item in ended.answer["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [m["Body"] for m in messages if m["MessageId"] in failed]

    def said(self) -> list[tuple[str, str]]:
        """Event type and tag of each notice."""
        attributes = [envelope["MessageAttributes"] for envelope in self.readers.received()]
        return [(a["event_type"]["Value"], a["tag"]["Value"]) for a in attributes]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    recording = read_recording(ROOT / "tests" / "recordings" / "sweep.har")
    with (
        loopback_aws(SECRET) as aws,
        ReplayServer(recording) as anchore,
        (tmp_path / "function.log").open("wb") as log,
    ):
        stack = deploy(
            SESSION,
            aws.url,
            AnchoreUrl=anchore.url,
            AnchoreSecretArn=aws.secret_arn,
            DailySummary="7",
        )
        readers = aws.reading(stack.environment()["STOP_TOPIC_ARN"])
        environment = aws.environment() | stack.environment() | {"AWS_REGION": "eu-central-1"}
        client = copy_runtime_client(tmp_path / "runtime_client")
        with lambda_process(host_artifact(), client, environment, log) as api:
            yield Running(stack, api, readers)


def test_from_a_push_to_a_stop_and_through_a_sweep(running: Running) -> None:
    running.push(event("ecr-push"))
    assert running.work() == []
    assert running.said() == []
    assert running.publish() == {"published": 1, "images": 1, "failed": 0, "left": 0}
    assert running.said() == [("STOP", "2.4.1")]

    swept = running.api.invoke(event("schedule-rule"))
    assert swept.answer["enqueued"] == 3
    assert running.work() == []
    # The stopped image is known, one is go, one Anchore does not have: nothing is new.
    assert running.publish() == {"published": 0, "images": 0, "failed": 0, "left": 0}
    assert running.said() == []


def test_what_cannot_be_read_comes_back_and_the_rest_is_done(running: Running) -> None:
    running.push(event("ecr-push"))
    running.push({"what": "is this"})
    assert running.work() == ['{"what": "is this"}']
    running.publish()
    assert running.said() == [("STOP", "2.4.1")]


def test_the_daily_summary_counts_what_the_sweep_came_to(running: Running) -> None:
    running.api.invoke(event("schedule-rule"))
    assert running.work() == []
    running.publish()
    assert running.said() == [("STOP", "2.4.1")]

    # Of three images Anchore does not have one, which nobody named.
    told = {"quiet": True, "stopped": 1, "notEvaluated": 0, "missing": 0, "setAside": 0}
    assert running.fires("DailySummaryRule") == told
    assert running.publish()["published"] == 1
    assert running.said() == [("SUMMARY", "none")]
