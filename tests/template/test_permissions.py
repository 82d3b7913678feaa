"""Who may do what: the role, the key, the topic and the queues, statement by statement."""

import json
import re
from itertools import pairwise
from typing import Any

import pytest

from tests.support.paths import ROOT
from tests.support.template import PARAMETERS, of_type, properties, resources

BOUNDARY = "arn:aws:iam::123456789012:policy/ceiling"
SECRET_KEY = "arn:aws:kms:eu-central-1:123456789012:key/0fb8b5f1-5d4b-4c2c-9d43-2b1f0a7d3c11"
VPC = {"SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1"}

LEAST = {
    "WriteOwnLog": {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": {"Fn::GetAtt": ["RescanLogGroup", "Arn"]},
    },
    "ReadAnchoreSecret": {
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": PARAMETERS["AnchoreSecretArn"],
    },
    "PublishNotice": {
        "Effect": "Allow",
        "Action": "sns:Publish",
        "Resource": {"Ref": "StopTopic"},
    },
    "CountSubscriptions": {
        "Effect": "Allow",
        "Action": "sns:GetTopicAttributes",
        "Resource": [{"Ref": "StopTopic"}],
    },
    "EncryptNotice": {
        "Effect": "Allow",
        "Action": ["kms:GenerateDataKey*", "kms:Decrypt"],
        "Resource": {"Fn::GetAtt": ["StopTopicKey", "Arn"]},
        "Condition": {"StringLike": {"kms:ViaService": "sns.eu-central-1.*"}},
    },
    "EnqueueWork": {
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": [{"Fn::GetAtt": [queue, "Arn"]} for queue in ("WorkQueue", "PushQueue")],
    },
    "ConsumeWork": {
        "Effect": "Allow",
        "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        "Resource": [{"Fn::GetAtt": [queue, "Arn"]} for queue in ("WorkQueue", "PushQueue")],
    },
    "KeepFailedSweep": {
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": {"Fn::GetAtt": ["ScheduleDeadLetters", "Arn"]},
    },
    "KeepLedger": {
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Scan"],
        "Resource": {"Fn::GetAtt": ["Ledger", "Arn"]},
    },
    "EmptyOutbox": {
        "Effect": "Allow",
        "Action": ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"],
        "Resource": {"Fn::GetAtt": ["Ledger", "Arn"]},
    },
    "FindWhatWaits": {
        "Effect": "Allow",
        "Action": "dynamodb:Query",
        "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": ["Ledger", "Arn"]}, "/index/pending"]]},
    },
}
DECRYPT_SECRET = {
    "Effect": "Allow",
    "Action": "kms:Decrypt",
    "Resource": SECRET_KEY,
    "Condition": {"StringLike": {"kms:ViaService": "secretsmanager.*"}},
}


def statements(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {statement.pop("Sid"): statement for statement in document["Statement"]}


def plain_http_refused(action: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def permissions(**parameters: str) -> dict[str, dict[str, Any]]:
    """The statements of the function's role by their Sid."""
    [policy] = properties("RescanRole", **parameters)["Policies"]
    return statements(policy["PolicyDocument"])


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        pytest.param("", LEAST, id="key-of-the-account"),
        pytest.param(SECRET_KEY, {**LEAST, "DecryptAnchoreSecret": DECRYPT_SECRET}, id="own-key"),
    ],
)
def test_function_may_do_only_what_it_does(key, expected):
    assert permissions(SecretKmsKeyArn=key) == expected


def test_function_may_publish_to_a_chat_topic_that_there_is():
    assert permissions(ChatTopic="true") == {
        **LEAST,
        "PublishChatNotice": {
            "Effect": "Allow",
            "Action": "sns:Publish",
            "Resource": {"Ref": "ChatNotices"},
        },
        "CountSubscriptions": {
            "Effect": "Allow",
            "Action": "sns:GetTopicAttributes",
            "Resource": [{"Ref": "StopTopic"}, {"Ref": "ChatNotices"}],
        },
    }


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        pytest.param({}, [], id="outside"),
        pytest.param(
            VPC,
            ["arn:aws:iam::aws:policy/service-role/AWSLambdaENIManagementAccess"],
            id="inside",
        ),
    ],
)
def test_network_interfaces_are_made_only_in_a_vpc(parameters, expected):
    assert properties("RescanRole", **parameters)["ManagedPolicyArns"] == expected


def test_code_of_the_function_may_not_use_the_right_to_network_interfaces():
    """Lambda's own calls have no lambda:SourceFunctionArn."""
    [policy] = of_type("AWS::IAM::Policy", **VPC)
    assert policy["Roles"] == [{"Ref": "RescanRole"}]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Deny", "*")
    assert statement["Condition"] == {
        "ArnEquals": {"lambda:SourceFunctionArn": {"Fn::GetAtt": ["RescanFunction", "Arn"]}}
    }
    # Source: AWS managed policy reference, AWSLambdaENIManagementAccess, version 2.
    assert set(statement["Action"]) >= {
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    }


def test_outside_a_vpc_nothing_is_denied():
    assert of_type("AWS::IAM::Policy") == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("", {}, id="not-given"),
        pytest.param(BOUNDARY, {"PermissionsBoundary": BOUNDARY}, id="given"),
    ],
)
def test_role_has_a_boundary_only_when_one_is_given(given, expected):
    role = properties("RescanRole", PermissionsBoundaryArn=given)
    assert {name: it for name, it in role.items() if name == "PermissionsBoundary"} == expected


def test_policies_of_the_role_fit_iam_with_every_option():
    """All inline policies of a role have at most 10,240 characters together."""
    options = {**VPC, "SecretKmsKeyArn": SECRET_KEY, "ChatTopic": "true"}
    inline = properties("RescanRole", **options)["Policies"] + of_type(
        "AWS::IAM::Policy", **options
    )
    texts = [json.dumps(policy["PolicyDocument"], separators=(",", ":")) for policy in inline]
    # Where a reference stands here there will be an ARN.
    assert sum(map(len, texts)) < 10_240 / 2


def test_function_has_the_role_of_the_stack_and_no_other():
    assert properties("RescanFunction")["Role"] == {"Fn::GetAtt": ["RescanRole", "Arn"]}
    assert len(of_type("AWS::IAM::Role")) == 1


def queue_statements(queue: str, **parameters: str) -> dict[str, dict[str, Any]]:
    """The statements of the queue's only policy, by their Sid."""
    policies = of_type("AWS::SQS::QueuePolicy", **parameters)
    [policy] = [it for it in policies if {"Ref": queue} in it["Queues"]]
    return statements(policy["PolicyDocument"])


def test_key_lets_roles_of_the_account_and_its_alarms_publish():
    assert statements(properties("StopTopicKey")["KeyPolicy"]) == {
        "LetIamPoliciesDecide": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        "LetAlarmsPublish": {
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": ["kms:GenerateDataKey*", "kms:Decrypt"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        },
    }


@pytest.mark.parametrize("topic", ["StopTopic", "ChatNotices"])
def test_topic_lets_alarms_of_the_account_publish_and_nobody_else(topic):
    policy = properties(f"{topic}Policy", ChatTopic="true")
    assert policy["Topics"] == [{"Ref": topic}]
    assert statements(policy["PolicyDocument"]) == {
        "LetAlarmsPublish": {
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": {"Ref": topic},
            "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        },
        "RefusePlainHttp": plain_http_refused("sns:Publish", {"Ref": topic}),
    }


@pytest.mark.parametrize(
    ("queue", "rule"),
    [
        ("PushQueue", "PushRule"),
        ("PushDeadLetters", "PushRule"),
        ("ScheduleDeadLetters", "RescanFunctionSweep"),
    ],
)
def test_queue_takes_messages_of_one_rule_only(queue, rule):
    [statement] = [it for it in queue_statements(queue).values() if it["Effect"] == "Allow"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": {"Fn::GetAtt": [queue, "Arn"]},
        "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}},
    }


@pytest.mark.parametrize(
    ("chat", "topics"),
    [("false", [{"Ref": "StopTopic"}]), ("true", [{"Ref": "StopTopic"}, {"Ref": "ChatNotices"}])],
)
def test_topics_of_the_stack_may_keep_what_they_could_not_deliver(chat, topics):
    assert queue_statements("NoticeDeadLetters", ChatTopic=chat)["LetTopicsSend"] == {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": {"Fn::GetAtt": ["NoticeDeadLetters", "Arn"]},
        "Condition": {"ArnEquals": {"aws:SourceArn": topics}},
    }


def test_nobody_but_the_function_and_sqs_sends_work_to_its_dead_letters():
    assert queue_statements("WorkDeadLetters").keys() == {"RefusePlainHttp"}


def test_every_queue_refuses_plain_http():
    queues = [name for name, it in resources().items() if it["Type"] == "AWS::SQS::Queue"]
    assert len(queues) == 6
    for queue in queues:
        refused = plain_http_refused("sqs:*", {"Fn::GetAtt": [queue, "Arn"]})
        assert queue_statements(queue)["RefusePlainHttp"] == refused


def test_lambda_lets_the_schedules_alone_invoke_the_function():
    allowed = [(it["Principal"], it["SourceArn"]) for it in of_type("AWS::Lambda::Permission")]
    assert allowed == [
        ("events.amazonaws.com", {"Fn::GetAtt": ["RescanFunctionCheckFeeds", "Arn"]}),
        ("events.amazonaws.com", {"Fn::GetAtt": ["RescanFunctionPublish", "Arn"]}),
        ("events.amazonaws.com", {"Fn::GetAtt": ["RescanFunctionSweep", "Arn"]}),
    ]


def test_a_star_stands_only_in_the_policy_of_the_key_itself():
    """In a key's policy "*" is the key; a comment there says so."""
    found = {name for name, it in resources(**VPC).items() if "*" in allowed(it["Properties"])}
    assert found == {"StopTopicKey"}


def allowed(node: Any) -> list[Any]:
    """Every principal, action and resource that is allowed below the node."""
    if isinstance(node, list):
        return [value for item in node for value in allowed(item)]
    if not isinstance(node, dict):
        return []
    if node.get("Effect") == "Deny":
        return []
    if "Effect" in node:
        named = [node.get(key) for key in ("Principal", "Action", "Resource")]
        return [value for it in named for value in (it if isinstance(it, list) else [it])]
    return allowed(list(node.values()))


def test_each_permission_of_the_function_has_its_reason_above_it():
    text = (ROOT / "template.yaml").read_text()
    role = text.partition("\n  RescanRole:")[2].partition("\n  # ---")[0]
    lines = [line.strip() for line in role.splitlines()]
    lines = [line for line in lines if not re.fullmatch(r"- (!If|Has\w+)", line)]
    unexplained = [
        line
        for above, line in pairwise(lines)
        if line.startswith("- Sid:") and not above.startswith("#")
    ]
    assert unexplained == []
