"""Least privilege both ways: what the function calls its role allows, and the role allows no more.

The stack is made from the template, the function is built in the environment that it gives, and
every call that boto3 makes is held against the statements of the role.
"""

from collections.abc import Iterator

import pytest

from tests.support.deployed import DeployedStack
from tests.support.privileges.calls import Call
from tests.support.privileges.paths import PATHS
from tests.support.privileges.role import Permission, permissions
from tests.support.privileges.stack import SECRET_KEY, calls_by_path, deployed_stack

pytestmark = pytest.mark.slow

# What the role allows, and nothing of ours calls.
CALLED_BY_AWS = {
    ("WriteOwnLog", "logs:CreateLogStream"): "Lambda, for what the function prints",
    ("WriteOwnLog", "logs:PutLogEvents"): "Lambda, for what the function prints",
    ("ConsumeWork", "sqs:ReceiveMessage"): "the event source mapping, with the function's role",
    ("ConsumeWork", "sqs:DeleteMessage"): "the same, for what was not reported failed",
    ("KeepFailedSweep", "sqs:SendMessage"): "Lambda, after the last try of an asynchronous event",
    ("DecryptAnchoreSecret", "kms:Decrypt"): "Secrets Manager, in the name of who reads",
    ("EncryptNotice", "kms:GenerateDataKey*"): "SNS, in the name of who publishes",
    ("EncryptNotice", "kms:Decrypt"): "SNS, in the name of who publishes",
}


@pytest.fixture(scope="module")
def stack() -> Iterator[DeployedStack]:
    with deployed_stack() as stack:
        yield stack


@pytest.fixture(scope="module")
def calls(stack: DeployedStack) -> dict[str, set[Call]]:
    return calls_by_path(stack)


@pytest.mark.parametrize(
    ("path", "actions"), [pytest.param(p.__name__, a, id=p.__name__) for p, a in PATHS]
)
def test_a_path_takes_these_actions(calls, path, actions):
    assert {call.action for call in calls[path]} == actions


def test_every_call_is_allowed_by_a_statement(calls, stack):
    allowed = permissions(stack)
    made = set().union(*calls.values())
    assert [call for call in sorted(made) if not any(it.allows(call) for it in allowed)] == []


def test_every_permission_is_used_or_stands_for_what_aws_does(calls, stack):
    made = set().union(*calls.values())
    unused = {
        (it.statement, it.action) for it in permissions(stack) if not any(map(it.allows, made))
    }
    assert unused == CALLED_BY_AWS.keys()


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(Call("sns:Publish", "arn:aws:sns:eu-central-1:1:other"), id="other-resource"),
        pytest.param(
            Call("sns:DeleteTopic", "arn:aws:sns:eu-central-1:1:stops"), id="other-action"
        ),
    ],
)
def test_a_call_that_no_statement_names_is_not_allowed(call):
    publish = Permission("PublishNotice", "sns:Publish", "arn:aws:sns:eu-central-1:1:stops", False)
    assert not publish.allows(call)


def test_a_statement_with_a_condition_does_not_count():
    call = Call("kms:Decrypt", SECRET_KEY)
    assert Permission("s", "kms:Decrypt", SECRET_KEY, conditional=False).allows(call)
    assert not Permission("s", "kms:Decrypt", SECRET_KEY, conditional=True).allows(call)
