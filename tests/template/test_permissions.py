"""Who may do what: the function's role and the key of the topic, statement by statement."""

from typing import Any

import pytest

from tests.template.stack import PARAMETERS, of_type, properties

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
    "PublishStop": {
        "Effect": "Allow",
        "Action": "sns:Publish",
        "Resource": {"Ref": "StopTopic"},
    },
    "EncryptStop": {
        "Effect": "Allow",
        "Action": ["kms:GenerateDataKey*", "kms:Decrypt"],
        "Resource": {"Fn::GetAtt": ["StopTopicKey", "Arn"]},
    },
}
DECRYPT_SECRET = {
    "Effect": "Allow",
    "Action": "kms:Decrypt",
    "Resource": SECRET_KEY,
    "Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com"}},
}


def statements(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {statement.pop("Sid"): statement for statement in document["Statement"]}


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


def test_function_has_the_role_of_the_stack_and_no_other():
    assert properties("RescanFunction")["Role"] == {"Fn::GetAtt": ["RescanRole", "Arn"]}
    assert len(of_type("AWS::IAM::Role")) == 1


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
