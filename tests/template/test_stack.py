"""The stack as moto makes it: names fit together, and what goes in at one end comes out."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from rescan.settings import Settings
from tests.support.deployed import NOT_MADE, DeployedStack, deploy
from tests.support.paths import ROOT
from tests.support.template import PARAMETERS, resources

pytestmark = pytest.mark.slow


@pytest.fixture
def stack() -> Iterator[DeployedStack]:
    with mock_aws():
        yield deploy(boto3.Session(region_name="eu-central-1"), WatchedTags="*/payments/*")


def received(stack: DeployedStack, queue: str) -> list[Any]:
    """Messages of the queue, given back at once."""
    answer = stack.client("sqs").receive_message(
        QueueUrl=stack.name(queue), MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_everything_is_made_but_what_moto_does_not_know(stack):
    made_by_name_only_on_aws = {"AWS::Lambda::Permission"}
    missing = {it["Type"] for name, it in resources().items() if name not in stack.names}
    assert missing == NOT_MADE | made_by_name_only_on_aws


def test_function_gets_the_names_that_the_stack_was_given(stack):
    settings = Settings.parse(stack.environment())
    assert settings == Settings(
        anchore_url=PARAMETERS["AnchoreUrl"],
        anchore_secret_arn=PARAMETERS["AnchoreSecretArn"],
        watched_tags="*/payments/*",
        stop_topic_arn=stack.name("StopTopic"),
        work_queue_url=stack.name("WorkQueue"),
        push_queue_url=stack.name("PushQueue"),
        ledger_table=stack.name("Ledger"),
    )
    assert stack.client("sns").get_topic_attributes(TopicArn=settings.stop_topic_arn)
    assert stack.client("dynamodb").describe_table(TableName=settings.ledger_table)


def test_a_push_arrives_on_the_queue_of_pushes(stack):
    push = json.loads((ROOT / "events" / "ecr-push.json").read_text())
    entry = {
        "Source": push["source"],
        "DetailType": push["detail-type"],
        "Detail": json.dumps(push["detail"]),
    }
    events = stack.client("events")
    # To moto a schedule matches every event, and a function is no target that it knows.
    for schedule in ("RescanFunctionSweep", "RescanFunctionPublish", "RescanFunctionCheckFeeds"):
        events.remove_targets(Rule=stack.name(schedule), Ids=[f"{schedule}LambdaTarget"])
    events.put_events(Entries=[entry])
    assert [event["detail"] for event in received(stack, "PushQueue")] == [push["detail"]]


@pytest.mark.parametrize("queue", ["WorkQueue", "PushQueue"])
def test_what_is_received_five_times_in_vain_is_a_dead_letter(stack, queue):
    stack.client("sqs").send_message(QueueUrl=stack.name(queue), MessageBody='"poison"')
    seen = [received(stack, queue) for _ in range(6)]
    assert seen == [["poison"]] * 5 + [[]]
    assert received(stack, "WorkDeadLetters") == ["poison"]


def test_messages_wait_for_the_pump_of_the_test(stack):
    mappings = stack.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert [(it["State"], it["BatchSize"], it["FunctionResponseTypes"]) for it in mappings] == [
        ("Disabled", 5, ["ReportBatchItemFailures"])
    ] * 2
