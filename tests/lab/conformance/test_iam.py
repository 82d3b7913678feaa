"""The role of the translated template allows each call that the function makes, and no more.

Two sets of rules judge: ours in tests/privileges, and those of iam-simulate, which knows conditions
and the policies of keys and queues too.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data
from msgspec import Struct, json
from msgspec.structs import replace

from tests.lab.conformance.iam_simulate import (
    ALLOWED,
    DENIED,
    REFUSED,
    Case,
    Request,
    Statement,
    judged,
)
from tests.lab.conformance.npm_packages import packages
from tests.lab.faults.aws_calls import AwsCall
from tests.support.deployed import DeployedStack
from tests.support.privileges.role import statements
from tests.support.privileges.stack import SECRET_KEY, calls_by_path, deployed_stack
from tests.support.template import properties, template

pytestmark = [pytest.mark.slow, pytest.mark.referee("IAM, iam-simulate")]

REGION = "eu-central-1"
ARN = f"{REGION}:123456789012"
FUNCTION = f"arn:aws:lambda:{ARN}:function:rescan"

# What each call of the fault stories needs of IAM.
FAULT_STORIES = {
    AwsCall.SECRET: {"secretsmanager:GetSecretValue"},
    AwsCall.READ: {"dynamodb:GetItem"},
    AwsCall.WRITE: {"dynamodb:PutItem"},
    AwsCall.MARK: {"dynamodb:UpdateItem"},
    AwsCall.CLAIM: {"dynamodb:UpdateItem"},
    AwsCall.LIST: {"dynamodb:Query", "dynamodb:BatchGetItem"},
    AwsCall.FETCH: {"dynamodb:GetItem"},
    AwsCall.MARK_IN_FLIGHT: {"dynamodb:UpdateItem", "dynamodb:PutItem"},
    AwsCall.CLEAR: {"dynamodb:BatchWriteItem"},
    AwsCall.RELEASE: {"dynamodb:UpdateItem"},
    AwsCall.SCAN: {"dynamodb:Scan"},
    AwsCall.LAST_SWEEP: {"dynamodb:GetItem"},
    AwsCall.BEGIN_SWEEP: {"dynamodb:UpdateItem"},
    AwsCall.RECORD_SWEEP: {"dynamodb:PutItem"},
    AwsCall.SET_ASIDE: {"dynamodb:UpdateItem"},
    AwsCall.PUBLISH: {"sns:Publish"},
    AwsCall.LOOK: {"sns:GetTopicAttributes"},
    AwsCall.COPY: {"sqs:SendMessage"},
    AwsCall.ENQUEUE: {"sqs:SendMessage"},
    AwsCall.COUNT: {"sqs:GetQueueAttributes"},
    AwsCall.DEFER: {"dynamodb:PutItem"},
    AwsCall.KEEP_PLAN: {"dynamodb:PutItem"},
    AwsCall.CLAIM_PAGE: {"dynamodb:UpdateItem"},
    AwsCall.KEEP_PAGE: {"dynamodb:UpdateItem"},
    AwsCall.READ_PAGES: {"dynamodb:BatchGetItem"},
    AwsCall.AMEND_SWEEP: {"dynamodb:UpdateItem"},
    AwsCall.SEND_PAGE: {"sqs:SendMessage"},
    AwsCall.LIST_DEFERRED: {"dynamodb:Query", "dynamodb:BatchGetItem"},
    AwsCall.PUT_BACK: {"sqs:SendMessage"},
    AwsCall.REMOVE_DEFERRED: {"dynamodb:BatchWriteItem"},
}


class Role(Struct, frozen=True):
    """The role's statements, what is asked with it, and the key of the topic."""

    statements: list[dict[str, Any]]
    requests: list[Request]
    topic_key: str

    def cases(self, statements: Sequence[Statement]) -> list[Case]:
        """Every request, of a role with these statements."""
        return [Case(it, statements, self.policy_of(it)) for it in self.requests]

    def policy_of(self, request: Request) -> Sequence[Statement]:
        """The key's; a queue's or a topic's allows the role nothing, and refuses plain HTTP."""
        topic_key = properties("StopTopicKey")["KeyPolicy"]["Statement"]
        # A key that names no policy gets this one from KMS: the account's policies decide.
        policies = {self.topic_key: topic_key, SECRET_KEY: topic_key[:1]}
        found: Sequence[Statement] = policies.get(request.resource, ())
        return found


@pytest.fixture(scope="module")
def role() -> Iterator[Role]:
    packages()
    with deployed_stack() as stack:
        made = set().union(*calls_by_path(stack).values())
        by_function = [Request(call.action, call.resource) for call in sorted(made)]
        topic_key = f"arn:aws:kms:{ARN}:key/{stack.name('StopTopicKey')}"
        requests = [*by_function, *asked_by_aws(stack, topic_key)]
        yield Role(list(map(_as_on_aws, statements(stack))), requests, topic_key)


def _as_on_aws(statement: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation's ARN of a log group ends in `:*`, moto's does not."""
    if statement["Sid"] != "WriteOwnLog":
        return statement
    return statement | {"Resource": [f"{arn}:*" for arn in statement["Resource"]]}


def asked_by_aws(stack: DeployedStack, topic_key: str) -> Iterator[Request]:
    """What services of AWS ask with the function's role, or in its name."""
    stream = f"arn:aws:logs:{ARN}:log-group:{stack.name('RescanLogGroup')}:log-stream:2026/11/26/x"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield Request(action, stream)
    work, dead = (_queue(stack, name) for name in ("WorkQueue", "ScheduleDeadLetters"))
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
        yield Request(action, work)
    yield Request("sqs:SendMessage", dead)
    yield Request("kms:Decrypt", SECRET_KEY, via("secretsmanager"))
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        yield Request(action, topic_key, via("sns"))


def _queue(stack: DeployedStack, name: str) -> str:
    return f"arn:aws:sqs:{ARN}:{stack.name(name).rpartition('/')[2]}"


def via(service: str, region: str = REGION, suffix: str = "com") -> tuple[tuple[str, str], ...]:
    return (("kms:ViaService", f"{service}.{region}.amazonaws.{suffix}"),)


# --- the role


def test_each_call_of_the_fault_stories_is_among_those_that_are_judged(role: Role) -> None:
    assert FAULT_STORIES.keys() == set(AwsCall)
    asked = {request.action for request in role.requests}
    assert set().union(*FAULT_STORIES.values()) - asked == set()


def test_every_call_is_allowed(role: Role) -> None:
    answers = judged(role.cases(role.statements))
    assert list(zip(role.requests, answers, strict=True)) == [
        (request, ALLOWED) for request in role.requests
    ]


@pytest.mark.parametrize("what", ["Action", "Resource"])
def test_taking_any_one_away_fails_a_call(what: str, role: Role) -> None:
    lesser = [
        (statement["Sid"], value, [*others(role, statement), *without(statement, what, value)])
        for statement in role.statements
        for value in statement[what]
    ]
    answers = iter(judged([case for *_, left in lesser for case in role.cases(left)]))
    unharmed = [
        (sid, value)
        for sid, value, _ in lesser
        if {next(answers) for _ in role.requests} == {ALLOWED}
    ]
    assert unharmed == []


def others(role: Role, statement: Statement) -> list[dict[str, Any]]:
    return [it for it in role.statements if it is not statement]


def without(statement: Statement, what: str, value: str) -> list[Statement]:
    left = [it for it in statement[what] if it != value]
    return [{**statement, what: left}] if left else []


def test_no_call_is_allowed_on_another_resource(role: Role) -> None:
    elsewhere = [
        Case(replace(it, resource=_another(it.resource)), role.statements, role.policy_of(it))
        for it in role.requests
    ]
    assert set(judged(elsewhere)) == {DENIED}


def _another(arn: str) -> str:
    """Of the same kind, in the same account."""
    if ":log-group:" in arn:
        return arn.replace(":log-group:", ":log-group:another-")
    return arn.replace("/index/", "-2/index/") if "/index/" in arn else f"{arn[:-4]}0000"


# --- conditions


def test_a_key_is_used_by_the_service_that_it_is_for_and_by_no_other(role: Role) -> None:
    topic, secret = role.topic_key, SECRET_KEY
    cases = [
        (Request("kms:Decrypt", secret, via("secretsmanager")), ALLOWED),
        (Request("kms:Decrypt", secret, via("secretsmanager", suffix="com.cn")), ALLOWED),
        # The secret may be in another region.
        (Request("kms:Decrypt", secret, via("secretsmanager", region="us-east-1")), ALLOWED),
        (Request("kms:Decrypt", secret, via("sns")), DENIED),
        (Request("kms:Decrypt", secret), DENIED),
        (Request("kms:Encrypt", secret, via("secretsmanager")), DENIED),
        (Request("kms:GenerateDataKey", topic, via("sns")), ALLOWED),
        (Request("kms:GenerateDataKey", topic, via("sqs")), DENIED),
        (Request("kms:GenerateDataKey", topic), DENIED),
        (Request("kms:Decrypt", topic), DENIED),
        (Request("kms:DisableKey", topic, via("sns")), DENIED),
    ]
    requests = [Case(it, role.statements, role.policy_of(it)) for it, _ in cases]
    assert list(zip([it for it, _ in cases], judged(requests), strict=True)) == cases


def test_lambda_makes_interfaces_and_the_functions_own_code_does_not() -> None:
    deny = filled(properties("NoInterfacesForCode", SubnetIds="s-1", SecurityGroupIds="g-1"))
    managed = json.decode(aws_managed_policies_data)["AWSLambdaENIManagementAccess"]["Document"]
    identity = [*managed["Statement"], *deny["PolicyDocument"]["Statement"]]
    actions = managed["Statement"][0]["Action"]
    by_code = (("lambda:SourceFunctionArn", FUNCTION),)
    by_lambda = [Case(Request(it, _interface(it)), identity) for it in actions]
    of_code = [Case(Request(it, _interface(it), by_code), identity) for it in actions]
    assert len(actions) >= 5
    assert judged([*by_lambda, *of_code]) == [ALLOWED] * len(actions) + [REFUSED] * len(actions)


def _interface(action: str) -> str:
    """The resource that the action is about; what describes knows none."""
    return "*" if ":Describe" in action else f"arn:aws:ec2:{ARN}:network-interface/eni-1"


def filled(node: Any) -> Any:
    """The properties, with an ARN in the place of each reference to a resource."""
    match node:
        case {"Fn::GetAtt": ["RescanFunction", "Arn"]}:
            return FUNCTION
        case {"Fn::GetAtt": [name, "Arn"]}:
            service = "sqs" if "Letters" in name or name.endswith("Queue") else "events"
            return f"arn:aws:{service}:{ARN}:{'rule/' if service == 'events' else ''}{name}"
        case {"Ref": name}:
            return f"arn:aws:sns:{ARN}:{name}"
        case dict():
            return {key: filled(value) for key, value in node.items()}
        case list():
            return list(map(filled, node))
    return node


@pytest.mark.parametrize(
    "name",
    [name for name, it in template()["Resources"].items() if it["Type"] == "AWS::SQS::QueuePolicy"],
)
def test_a_queue_refuses_plain_http_even_to_the_role(name: str) -> None:
    policy = filled(properties(name)["PolicyDocument"])["Statement"]
    queue = policy[-1]["Resource"]
    allowed = [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue}]
    by_tls, plain = (
        Request("sqs:SendMessage", queue, (("aws:SecureTransport", it),))
        for it in ("true", "false")
    )
    assert judged([Case(it, allowed, policy) for it in (by_tls, plain)]) == [ALLOWED, REFUSED]
