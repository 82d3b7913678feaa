"""Publishes notices to an SNS topic: each once; a failure is always an error."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from rescan.aws.sns_errors import named, publish_failed
from rescan.kernel.errors import PublishFailed
from rescan.outbox.notice import AttributeValue, Notice, data_type, string_value

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef


# ResponseParserError, of an answer that is not SNS's, is no BotoCoreError.
_FAILURES = (BotoCoreError, ClientError, ResponseParserError)


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
            _, seen = named(error)
            raise PublishFailed(f"The topic {self.arn} cannot be looked at: {seen}.") from error
        return int(answer["Attributes"].get("SubscriptionsConfirmed", "0"))

    def publish(self, notice: Notice) -> str:
        """The MessageId that SNS gave. NoticeInvalid before, any PublishFailed after sending."""
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
            doing = f"Publishing {notice.subject!r} to {self.arn}"
            raise publish_failed(doing, self.variable, error) from error
        return answer["MessageId"]


def _attribute(value: AttributeValue) -> "MessageAttributeValueTypeDef":
    return {"DataType": data_type(value), "StringValue": string_value(value)}
