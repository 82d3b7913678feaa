"""Publishes notices to an SNS topic: each once; a failure is always an error."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from rescan.kernel.errors import PublishFailed
from rescan.outbox.notice import AttributeValue, Notice, data_type, string_value

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef


_PERMISSION = "Allow the function's role sns:Publish on the topic."
_KEY = (
    "Allow the function's role kms:GenerateDataKey and kms:Decrypt on the topic's key, and see"
    " that the key is enabled."
)
_ADVICE = {
    "AuthorizationError": _PERMISSION,
    "AccessDenied": _PERMISSION,
    "KMSAccessDenied": _KEY,
    "KMSDisabled": _KEY,
    "KMSInvalidState": _KEY,
    "KMSNotFound": _KEY,
    "NoCredentialsError": "The function's role gives no credentials.",
}
# ResponseParserError, of an answer that is not SNS's, is no BotoCoreError.
_FAILURES = (BotoCoreError, ClientError, ResponseParserError)
_REPEAT = "The event may be repeated; a notice that did arrive then arrives twice."


@dataclass(frozen=True)
class StopTopic:
    """A topic, and the environment variable that names it.

    `sns` needs timeouts, and must not retry a Publish after a read timeout.
    """

    sns: "SNSClient"
    arn: str
    variable: str = "STOP_TOPIC_ARN"

    def confirmed_subscriptions(self) -> int:
        """How many subscriptions are confirmed; PublishFailed when SNS does not answer."""
        try:
            answer = self.sns.get_topic_attributes(TopicArn=self.arn)
        except _FAILURES as error:
            _, seen = _named(error)
            raise PublishFailed(f"The topic {self.arn} cannot be looked at: {seen}.") from error
        return int(answer["Attributes"].get("SubscriptionsConfirmed", "0"))

    def publish(self, notice: Notice) -> str:
        """The MessageId that SNS gave. NoticeInvalid before, PublishFailed after sending."""
        notice.check()
        try:
            answer = self.sns.publish(
                TopicArn=self.arn,
                Subject=notice.subject,
                Message=notice.body,
                MessageAttributes={
                    name: _attribute(value) for name, value in notice.attributes.items()
                },
            )
        except _FAILURES as error:
            raise PublishFailed(self._failure(notice, error)) from error
        return answer["MessageId"]

    def _failure(self, notice: Notice, error: Exception) -> str:
        """Only the error's name: texts of AWS may quote headers, and those hold credentials."""
        name, seen = _named(error)
        advice = _ADVICE.get(name, _REPEAT)
        if name == "NotFound":
            advice = f"{self.variable} names no topic that exists in this region and account."
        return f"Publishing {notice.subject!r} to {self.arn} failed: {seen}. {advice}"


def _attribute(value: AttributeValue) -> "MessageAttributeValueTypeDef":
    return {"DataType": data_type(value), "StringValue": string_value(value)}


def _named(error: Exception) -> tuple[str, str]:
    if not isinstance(error, ClientError):
        return type(error).__name__, f"{type(error).__name__} (no answer of SNS)"
    code = error.response.get("Error", {}).get("Code", "an error without a code")
    metadata = error.response.get("ResponseMetadata", {})
    status, request = metadata.get("HTTPStatusCode", "?"), metadata.get("RequestId", "?")
    return code, f"SNS answered {code} (HTTP {status}, request {request})"
