"""The rule that sends pushes to their queue, looked at with the caller's own credentials."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from rescan.doctor.check import Check, Trouble
from rescan.doctor.stack import Stack, looked_at

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

_CONFIG = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})


def rule_check(aws: boto3.Session, stack: Stack) -> Check:
    """Whether a rule of the queue of pushes is enabled."""
    return Check("Rule", lambda: _rule(aws, stack.pushes_arn()))


def _rule(aws: boto3.Session, queue_arn: str) -> str:
    events: EventBridgeClient = aws.client("events", config=_CONFIG)
    states = looked_at(
        "PUSH_QUEUE_URL", queue_arn, "events:DescribeRule", lambda: _states(events, queue_arn)
    )
    if "ENABLED" not in states.values():
        problem = f"{next(iter(states))} is disabled" if states else "no rule sends pushes to it"
        raise Trouble(problem, "Deploy the stack again, or enable its rule for pushes.")
    return ", ".join(f"{name} is {state.lower()}" for name, state in states.items())


def _states(events: "EventBridgeClient", queue_arn: str) -> dict[str, str]:
    names = events.list_rule_names_by_target(TargetArn=queue_arn)["RuleNames"]
    return {name: events.describe_rule(Name=name)["State"] for name in names}
