"""What the stack's variables name in AWS, checked with the caller's own credentials."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from rescan.aws.clients import dynamodb_client, sns_client, sqs_client
from rescan_cli.doctor.check import Check, NotChecked, Trouble

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


_CREDENTIALS = {
    "NoCredentialsError",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
}
_MISSING = {"NotFound", "NotFoundException", "ResourceNotFoundException"}


class Stack:
    """The stack that the function's own variables describe; unset ones are not checked."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._topic_arn = environment.get("STOP_TOPIC_ARN", "")
        self._queue_url = environment.get("WORK_QUEUE_URL", "")
        self._table = environment.get("LEDGER_TABLE", "")
        region = (self._topic_arn.split(":") + [""] * 4)[3]
        self._aws = boto3.Session(region_name=region or None)

    def checks(self) -> list[Check]:
        """They are independent of each other."""
        return [
            Check("Topic", lambda: _checked("STOP_TOPIC_ARN", self._topic_arn, self._topic)),
            Check("Queue", lambda: _checked("WORK_QUEUE_URL", self._queue_url, self._queue)),
            Check("Table", lambda: _checked("LEDGER_TABLE", self._table, self._ledger)),
            Check("Rule", lambda: _checked("WORK_QUEUE_URL", self._queue_url, self._rule)),
        ]

    def _topic(self) -> str:
        answer = sns_client(self._aws).get_topic_attributes(TopicArn=self._topic_arn)
        confirmed = int(answer["Attributes"].get("SubscriptionsConfirmed", "0"))
        pending = int(answer["Attributes"].get("SubscriptionsPending", "0"))
        if not confirmed:
            raise Trouble(
                f"no subscription is confirmed, {pending} are pending: nobody reads a STOP",
                "Confirm through the link in the mail of AWS, or subscribe a reader.",
            )
        return f"{confirmed} confirmed subscriptions, {pending} pending"

    def _queue(self) -> str:
        waiting = self._queue_attributes["ApproximateNumberOfMessages"]
        return f"there, with about {waiting} messages"

    def _ledger(self) -> str:
        status = (
            dynamodb_client(self._aws)
            .describe_table(TableName=self._table)["Table"]
            .get("TableStatus", "of no status")
        )
        if status != "ACTIVE":
            raise Trouble(f"the table is {status}", "Wait, or deploy the stack again.")
        return "active"

    def _rule(self) -> str:
        events: EventBridgeClient = self._aws.client("events", config=_CONFIG)
        arn = self._queue_attributes["QueueArn"]
        names = events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]
        states = {name: events.describe_rule(Name=name)["State"] for name in names}
        if "ENABLED" not in states.values():
            problem = f"{names[0]} is disabled" if states else "no rule sends pushes to the queue"
            raise Trouble(problem, "Deploy the stack again, or enable its rule for pushes.")
        return ", ".join(f"{name} is {state.lower()}" for name, state in states.items())

    @cached_property
    def _queue_attributes(self) -> Mapping[str, str]:
        wanted = sqs_client(self._aws).get_queue_attributes(
            QueueUrl=self._queue_url, AttributeNames=["All"]
        )
        return {str(name): value for name, value in wanted["Attributes"].items()}


_CONFIG = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})


def _checked(variable: str, value: str, look: Callable[[], str]) -> str:
    """What `look` returns; a refusal of AWS becomes a Trouble that names only its code."""
    if not value:
        raise NotChecked(f"{variable} is not set")
    try:
        return look()
    except (BotoCoreError, ClientError) as error:
        raise _trouble(error, variable) from error


def _trouble(error: BotoCoreError | ClientError, variable: str) -> Trouble:
    code = type(error).__name__
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", "an error without a code"))
    if code in _CREDENTIALS:
        return Trouble(f"no valid AWS credentials: {code}", "Log in to AWS again.")
    if code in _MISSING or "NonExistent" in code:
        return Trouble(f"not found: {code}", f"Correct {variable}, or the region.")
    if "Denied" in code or code == "AuthorizationError":
        return Trouble(f"AWS does not let us look: {code}", "Ask for read access to the stack.")
    return Trouble(f"AWS answered {code}", "Check the region and the network, then try again.")
