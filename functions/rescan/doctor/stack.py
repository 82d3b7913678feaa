"""What the stack's variables name in AWS, as far as calls can tell that change nothing there.

Each check makes a call that the function's role allows: for the function itself, and for whoever
examines the stack with credentials of their own.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from rescan.aws.clients import dynamodb_client, sns_client, sqs_client
from rescan.doctor.check import Check, NotChecked, Trouble

_Answer = TypeVar("_Answer")
_CREDENTIALS = {
    "NoCredentialsError",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
}
_MISSING = {"NotFound", "NotFoundException", "ResourceNotFoundException"}
# An answer that is not AWS's own is no BotoCoreError.
_FAILURES = (BotoCoreError, ClientError, ResponseParserError)
_NO_ENTRY = {"subject": {"S": "doctor"}}


class Stack:
    """What the environment names; unset variables are not checked."""

    def __init__(self, aws: boto3.Session, environment: Mapping[str, str]) -> None:
        self._aws = aws
        self._topics = {
            name: environment.get(name, "") for name in ("STOP_TOPIC_ARN", "CHAT_TOPIC_ARN")
        }
        self._queues = {
            name: environment.get(name, "") for name in ("WORK_QUEUE_URL", "PUSH_QUEUE_URL")
        }
        self._table = environment.get("LEDGER_TABLE", "")

    def checks(self) -> list[Check]:
        """They are independent of each other."""
        return [
            Check("Topic", lambda: self._topic("STOP_TOPIC_ARN")),
            Check("Chat topic", lambda: self._topic("CHAT_TOPIC_ARN")),
            Check("Queue", lambda: self._queue("WORK_QUEUE_URL")),
            Check("Push queue", lambda: self._queue("PUSH_QUEUE_URL")),
            Check("Table", self._ledger),
        ]

    def pushes_arn(self) -> str:
        """The ARN of the queue that takes pushes; Trouble, NotChecked."""
        own = "PUSH_QUEUE_URL" if self._queues["PUSH_QUEUE_URL"] else "WORK_QUEUE_URL"
        return self._queue_attributes(own)["QueueArn"]

    def _topic(self, variable: str) -> str:
        confirmed, pending = self._subscriptions(variable)
        others = [name for name, arn in self._topics.items() if arn and name != variable]
        if not confirmed and not any(self._subscriptions(other)[0] for other in others):
            raise Trouble(
                f"no subscription is confirmed, {pending} are pending: nobody reads a STOP",
                "Confirm through the link in the mail of AWS, or subscribe a reader.",
            )
        return f"{confirmed} confirmed subscriptions, {pending} pending"

    def _subscriptions(self, variable: str) -> tuple[int, int]:
        """How many are confirmed, and how many are not yet."""
        arn = self._topics[variable]
        answer = looked_at(
            variable,
            arn,
            "sns:GetTopicAttributes",
            lambda: sns_client(self._aws).get_topic_attributes(TopicArn=arn),
        )
        told = answer["Attributes"]
        return int(told.get("SubscriptionsConfirmed", 0)), int(told.get("SubscriptionsPending", 0))

    def _queue(self, variable: str) -> str:
        waiting = self._queue_attributes(variable)["ApproximateNumberOfMessages"]
        return f"there, with about {waiting} messages"

    def _queue_attributes(self, variable: str) -> Mapping[str, str]:
        url = self._queues[variable]
        answer = looked_at(
            variable,
            url,
            "sqs:GetQueueAttributes",
            lambda: sqs_client(self._aws).get_queue_attributes(
                QueueUrl=url,
                AttributeNames=["ApproximateNumberOfMessages", "QueueArn"],
            ),
        )
        return {str(name): value for name, value in answer["Attributes"].items()}

    def _ledger(self) -> str:
        """A read of an entry that is never there tells as much as DescribeTable, and is allowed."""
        looked_at(
            "LEDGER_TABLE",
            self._table,
            "dynamodb:GetItem",
            lambda: dynamodb_client(self._aws).get_item(TableName=self._table, Key=_NO_ENTRY),
        )
        return "it can be read"


def looked_at(variable: str, value: str, action: str, call: Callable[[], _Answer]) -> _Answer:
    """The call's answer; a refusal of AWS becomes a Trouble that names only its code.

    `variable` names what is looked at, `action` the permission that it takes.
    """
    if not value:
        raise NotChecked(f"{variable} is not set")
    try:
        return call()
    except _FAILURES as error:
        raise _trouble(error, variable, action) from error


def _trouble(error: Exception, variable: str, action: str) -> Trouble:
    if not isinstance(error, ClientError):
        return _no_answer(error)
    code = str(error.response.get("Error", {}).get("Code", "an error without a code"))
    if code in _CREDENTIALS:
        return _no_credentials(code)
    if code in _MISSING or "NonExistent" in code:
        return Trouble(f"not found: {code}", f"Correct {variable}, or the region.")
    if "Denied" in code or code == "AuthorizationError":
        return Trouble(f"AWS does not let us look: {code}", f"Allow {action} on it.")
    return Trouble(f"AWS answered {code}", f"See whether {variable} is right, then try again.")


def _no_answer(error: Exception) -> Trouble:
    """Texts of botocore may hold a proxy's password; the endpoint alone does not."""
    name = type(error).__name__
    if name in _CREDENTIALS:
        return _no_credentials(name)
    endpoint = getattr(error, "kwargs", {}).get("endpoint_url")
    return Trouble(
        f"no answer of AWS: {name}" + (f" at {endpoint}" if endpoint else ""),
        "Check the region and the network; in a VPC the service needs NAT or an endpoint.",
    )


def _no_credentials(code: str) -> Trouble:
    return Trouble(f"no valid AWS credentials: {code}", "Log in to AWS again.")
