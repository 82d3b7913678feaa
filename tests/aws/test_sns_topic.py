"""Publishing: to moto's SNS with a queue behind it, and with the errors that AWS answers."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.stub import Stubber
from moto import mock_aws

from rescan.aws.sns_topic import StopTopic
from rescan.kernel.errors import NoticeInvalid, PublishFailed
from rescan.outbox.notice import AttributeValue, Notice
from tests.support.notices.announced import stop
from tests.support.notices.news_cases import GOLDEN
from tests.support.notices.rendered import mail
from tests.support.notices.reports import typical
from tests.support.notices.said import notice_of

REGION = "eu-west-1"
ARN = f"arn:aws:sns:{REGION}:123456789012:stop"
KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
NOTICE = Notice("STOP: 1 finding in api:1", "body", {"event_type": "STOP"})


def client(service: str, **arguments: Any) -> Any:
    """A client of its own with keys that open nothing."""
    return boto3.client(service, region_name=REGION, **KEYS, **arguments)  # type: ignore[call-overload]


@pytest.fixture
def subscribed() -> Iterator[tuple[StopTopic, Any, str]]:
    """The topic, and a client and the URL of the queue behind it."""
    with mock_aws():
        sns, sqs = client("sns"), client("sqs")
        arn = sns.create_topic(Name="stop")["TopicArn"]
        queue = sqs.create_queue(QueueName="team")["QueueUrl"]
        queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn["Attributes"]["QueueArn"])
        yield StopTopic(sns, arn), sqs, queue


@pytest.mark.parametrize("case", GOLDEN)
def test_subscriber_gets_what_was_published(
    case: str, subscribed: tuple[StopTopic, Any, str]
) -> None:
    topic, sqs, queue = subscribed
    notice = mail(case)
    message_id = topic.publish(notice)
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    envelope = json.loads(message["Body"])
    received = Notice(
        envelope["Subject"],
        envelope["Message"],
        {name: _value(attribute) for name, attribute in envelope["MessageAttributes"].items()},
    )
    assert (envelope["MessageId"], received) == (message_id, notice)


def _value(attribute: dict[str, str]) -> AttributeValue:
    """The value, which is an array when the type says so."""
    is_array = attribute["Type"] == "String.Array"
    return tuple(json.loads(attribute["Value"])) if is_array else attribute["Value"]


def test_filter_policy_on_attributes_chooses_notices(
    subscribed: tuple[StopTopic, Any, str],
) -> None:
    topic, sqs, queue = subscribed
    (subscription,) = topic.sns.list_subscriptions_by_topic(TopicArn=topic.arn)["Subscriptions"]
    topic.sns.set_subscription_attributes(
        SubscriptionArn=subscription["SubscriptionArn"],
        AttributeName="FilterPolicy",
        AttributeValue=json.dumps({"max_severity": ["high"], "fix_available": ["true"]}),
    )
    for case in ("stop_typical", "stop_one_finding", "stop_no_fix", "recovered_fixed"):
        topic.publish(notice_of(GOLDEN[case]()))
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(message["Body"])["Subject"] for message in messages] == [
        "STOP: 1 finding (high) in payments/api:2.4.1"
    ]


SEVERAL = Notice(
    "STOP: CVE-2026-1234 in 2 images",
    "body",
    {"event_type": "STOP", "repository": ("payments/api", 'team/"é\\')},
)


def test_several_values_arrive_as_an_array(subscribed: tuple[StopTopic, Any, str]) -> None:
    topic, sqs, queue = subscribed
    topic.publish(SEVERAL)
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    attribute = json.loads(message["Body"])["MessageAttributes"]["repository"]
    assert attribute["Type"] == "String.Array"
    assert json.loads(attribute["Value"]) == ["payments/api", 'team/"é\\']


@pytest.mark.parametrize(
    ("rules", "delivered"),
    [
        pytest.param(["payments/api"], True, id="first"),
        pytest.param(["team/web", 'team/"é\\'], True, id="last"),
        pytest.param(["payments"], False, id="part-of-one"),
        pytest.param(["team/web"], False, id="none"),
        # AWS documents arrays for exact values; the emulator compares a prefix with a String alone.
        pytest.param([{"prefix": "payments/"}], False, id="prefix-in-the-emulator"),
    ],
)
def test_filter_policy_matches_any_of_several_values(
    rules: list[Any], delivered: bool, subscribed: tuple[StopTopic, Any, str]
) -> None:
    topic, sqs, queue = subscribed
    (subscription,) = topic.sns.list_subscriptions_by_topic(TopicArn=topic.arn)["Subscriptions"]
    topic.sns.set_subscription_attributes(
        SubscriptionArn=subscription["SubscriptionArn"],
        AttributeName="FilterPolicy",
        AttributeValue=json.dumps({"repository": rules}),
    )
    topic.publish(SEVERAL)
    assert ("Messages" in sqs.receive_message(QueueUrl=queue)) is delivered


def test_notice_that_sns_would_refuse_is_not_sent() -> None:
    sns = client("sns")
    with Stubber(sns), pytest.raises(NoticeInvalid, match="the body is empty"):
        StopTopic(sns, ARN).publish(Notice("STOP", "", {}))


ROLE = "Allow the function's role sns:Publish on the topic."
KEY = (
    "Allow the function's role kms:GenerateDataKey and kms:Decrypt on the topic's key, and see"
    " that the key is enabled."
)
REPEAT = "The event may be repeated; a notice that did arrive then arrives twice."


def test_a_missing_topic_is_blamed_on_the_variable_that_names_it() -> None:
    sns = client("sns")
    with Stubber(sns) as stubber:
        stubber.add_client_error("publish", "NotFound", http_status_code=404)
        with pytest.raises(PublishFailed, match="CHAT_TOPIC_ARN names no topic that exists"):
            StopTopic(sns, ARN, "CHAT_TOPIC_ARN").publish(NOTICE)


@pytest.mark.parametrize(
    ("code", "status", "advice"),
    [
        ("AuthorizationError", 403, ROLE),
        ("KMSAccessDenied", 400, KEY),
        (
            "NotFound",
            404,
            "STOP_TOPIC_ARN names no topic that exists in this region and account.",
        ),
        ("Throttled", 429, REPEAT),
        ("InternalError", 500, REPEAT),
    ],
)
def test_error_that_sns_answers_is_named_with_what_to_do(
    code: str, status: int, advice: str
) -> None:
    sns = client("sns")
    with Stubber(sns) as stubber:
        stubber.add_client_error(
            "publish",
            code,
            "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE",
            http_status_code=status,
            response_meta={"RequestId": "567910cd"},
        )
        with pytest.raises(PublishFailed) as raised:
            StopTopic(sns, ARN).publish(NOTICE)
    assert str(raised.value) == (
        f"Publishing 'STOP: 1 finding in api:1' to {ARN} failed:"
        f" SNS answered {code} (HTTP {status}, request 567910cd). {advice}"
    )
    assert raised.value.__cause__ is not None


class Broken:
    """A client whose connection fails; botocore's own error, raised where botocore raises it."""

    def __init__(self, error: BotoCoreError) -> None:
        self.error = error

    def publish(self, **_: object) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (ReadTimeoutError(endpoint_url="https://user:secret@sns.example.com"), REPEAT),
        (EndpointConnectionError(endpoint_url="https://user:secret@sns.example.com"), REPEAT),
        (NoCredentialsError(), "The function's role gives no credentials."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_missing_answer_is_named_without_addresses(error: BotoCoreError, advice: str) -> None:
    with pytest.raises(PublishFailed) as raised:
        StopTopic(Broken(error), ARN).publish(NOTICE)  # type: ignore[arg-type]
    assert str(raised.value) == (
        f"Publishing 'STOP: 1 finding in api:1' to {ARN} failed:"
        f" {type(error).__name__} (no answer of SNS). {advice}"
    )
    assert raised.value.__cause__ is error


def test_refused_connection_is_a_failed_publish() -> None:
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    sns = client("sns", endpoint_url="http://127.0.0.1:1", config=config)
    with pytest.raises(PublishFailed, match="EndpointConnectionError"):
        StopTopic(sns, ARN).publish(notice_of(stop(typical())))
