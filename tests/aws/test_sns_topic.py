"""Publishing: to moto's SNS with a queue behind it, and with the errors that AWS answers."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.stub import Stubber
from moto import mock_aws

from rescan.aws.sns_topic import StopTopic
from rescan.kernel.errors import NoticeInvalid, PublishFailed
from rescan.kernel.publish_fault import PublishFault
from rescan.outbox.notice import AttributeValue, Notice
from tests.support.notices.announced import stop
from tests.support.notices.news_cases import GOLDEN
from tests.support.notices.outbox_texts import notice_of
from tests.support.notices.rendered import mail
from tests.support.notices.reports import typical

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


# Which text a notice has makes no difference to SNS.
@pytest.mark.parametrize("case", sorted(GOLDEN)[::4])
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


# --- what is at fault

TOPIC_GONE = "STOP_TOPIC_ARN names no topic that exists in this region and account."
FAULTS = {
    ("InvalidParameter", 400, "Invalid parameter: Message too long"): PublishFault.MESSAGE,
    ("InvalidParameter", 400, "Invalid parameter: Empty message"): PublishFault.MESSAGE,
    ("InvalidParameter", 400, "Invalid parameter: Message Reason: x"): PublishFault.MESSAGE,
    ("InvalidParameter", 400, "Invalid parameter: Subject"): PublishFault.MESSAGE,
    ("InvalidParameter", 400, "Invalid parameter: MessageAttributes Reason: x"): (
        PublishFault.MESSAGE
    ),
    (
        "ParameterValueInvalid",
        400,
        "The message attribute 'tag' must contain non-empty message attribute value for message"
        " attribute type 'String'.",
    ): PublishFault.MESSAGE,
    ("RequestEntityTooLarge", 413, ""): PublishFault.MESSAGE,
    ("InvalidParameter", 400, "Invalid parameter: TopicArn"): PublishFault.TOPIC,
    (
        "InvalidParameter",
        400,
        "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
    ): PublishFault.TOPIC,
    ("InvalidParameter", 400, "Invalid parameter: TargetArn Reason: No endpoint found"): (
        PublishFault.TOPIC
    ),
    (
        "InvalidParameter",
        400,
        "Invalid parameter: The MessageGroupId parameter is required for FIFO topics",
    ): PublishFault.TOPIC,
    ("NotFound", 404, "Topic does not exist"): PublishFault.TOPIC,
    ("EndpointDisabled", 400, ""): PublishFault.TOPIC,
    ("PlatformApplicationDisabled", 400, ""): PublishFault.TOPIC,
    ("AuthorizationError", 403, ""): PublishFault.TOPIC,
    ("InvalidSecurity", 403, ""): PublishFault.TOPIC,
    ("InvalidClientTokenId", 403, ""): PublishFault.TOPIC,
    ("KMSDisabled", 400, ""): PublishFault.TOPIC,
    ("KMSInvalidState", 400, ""): PublishFault.TOPIC,
    ("KMSNotFound", 400, ""): PublishFault.TOPIC,
    ("KMSOptInRequired", 403, ""): PublishFault.TOPIC,
    ("KMSAccessDenied", 400, ""): PublishFault.TOPIC,
    ("InvalidParameter", 400, "Invalid parameter: MessageStructure"): PublishFault.IN_DOUBT,
    ("InvalidParameter", 400, ""): PublishFault.IN_DOUBT,
    ("ValidationException", 400, "1 validation error detected"): PublishFault.IN_DOUBT,
    ("KMSThrottling", 400, ""): PublishFault.MOMENT,
    ("Throttled", 429, ""): PublishFault.MOMENT,
    ("Throttling", 400, "Rate exceeded"): PublishFault.MOMENT,
    ("InternalError", 500, ""): PublishFault.MOMENT,
    ("ServiceUnavailable", 503, ""): PublishFault.MOMENT,
}


def failed(code: str, status: int, text: str) -> PublishFailed:
    sns = client("sns")
    with Stubber(sns) as stubber:
        stubber.add_client_error("publish", code, text, http_status_code=status)
        with pytest.raises(PublishFailed) as raised:
            StopTopic(sns, ARN).publish(NOTICE)
    return raised.value


@pytest.mark.parametrize(
    ("said", "fault"), FAULTS.items(), ids=[f"{code}-{text}" for code, _, text in FAULTS]
)
def test_what_sns_says_decides_whether_message_topic_or_moment_is_at_fault(
    said: tuple[str, int, str], fault: PublishFault
) -> None:
    assert failed(*said).fault is fault


def test_every_error_of_a_publish_that_sns_documents_is_tried() -> None:
    operation = client("sns").meta.service_model.operation_model("Publish")
    documented = {shape.metadata["error"]["code"] for shape in operation.error_shapes}
    assert documented - {code for code, _, _ in FAULTS} == set()


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (ReadTimeoutError, PublishFault.UNHEARD),
        (ConnectionClosedError, PublishFault.UNHEARD),
        (ConnectTimeoutError, PublishFault.MOMENT),
        (EndpointConnectionError, PublishFault.MOMENT),
    ],
)
def test_what_has_no_answer_may_have_been_taken_once_there_was_a_connection(
    error: type[BotoCoreError], fault: PublishFault
) -> None:
    broken = Broken(error(endpoint_url="https://sns.example.com"))
    with pytest.raises(PublishFailed) as raised:
        StopTopic(broken, ARN).publish(NOTICE)  # type: ignore[arg-type]
    assert raised.value.fault is fault


def test_a_message_at_fault_is_blamed_by_what_sns_names_and_no_more() -> None:
    text = "Invalid parameter: Message too long: Credential=AKIDEXAMPLE"
    assert str(failed("InvalidParameter", 400, text)).endswith(
        "SNS takes this message at no time. It names: Message too long."
    )


def test_a_topic_at_fault_is_blamed_on_its_variable() -> None:
    said = str(failed("InvalidParameter", 400, "Invalid parameter: TopicArn"))
    assert said.endswith(TOPIC_GONE)


def test_a_topic_that_is_gone_is_told_from_a_message_by_an_emulator_too() -> None:
    with mock_aws(), pytest.raises(PublishFailed) as raised:
        StopTopic(client("sns"), ARN).publish(NOTICE)
    assert raised.value.fault is PublishFault.TOPIC
