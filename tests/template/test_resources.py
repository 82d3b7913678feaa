"""What a stack is made of: the function, its memory, and where a notice goes."""

import pytest

from rescan.aws.outbox_items import PENDING_INDEX
from tests.support.paths import ROOT
from tests.support.template import of_type, properties, resources, template

VPC = {"SubnetIds": "subnet-1,subnet-2", "SecurityGroupIds": "sg-1"}


# --- the function


def test_function_runs_the_handler_on_python313_and_arm64():
    function = properties("RescanFunction", MemorySize="1024")
    names = ("Handler", "Runtime", "Architectures", "Timeout", "MemorySize")
    assert {name: function[name] for name in names} == {
        "Handler": "rescan.app.handler",
        "Runtime": "python3.13",
        "Architectures": ["arm64"],
        "Timeout": 300,
        "MemorySize": "1024",
    }


def test_lambda_lets_the_function_go_back_to_its_own_queue():
    assert properties("RescanFunction")["RecursiveLoop"] == "Allow"


def test_sam_build_finds_the_target_of_each_function():
    rules = (ROOT / "functions" / "Makefile").read_text().splitlines()
    functions = {
        name: it["Metadata"]["BuildMethod"]
        for name, it in template()["Resources"].items()
        if it["Type"] == "AWS::Serverless::Function"
    }
    assert functions == {"RescanFunction": "makefile"}
    assert [f"build-{name}:" for name in functions if f"build-{name}:" not in rules] == []


def test_each_function_logs_to_a_group_that_is_emptied():
    stack = resources(LogRetentionDays="30")
    groups = [
        stack[it["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
        for it in stack.values()
        if it["Type"] == "AWS::Lambda::Function"
    ]
    assert groups == [{"RetentionInDays": "30"}]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        pytest.param({}, None, id="not-given"),
        pytest.param(
            VPC,
            {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
            id="given",
        ),
    ],
)
def test_function_is_in_a_vpc_only_when_subnets_are_given(parameters, expected):
    assert properties("RescanFunction", **parameters).get("VpcConfig") == expected


def test_function_has_a_layer_only_when_one_is_given():
    layer = "arn:aws:lambda:eu-central-1:123456789012:layer:ca:3"
    assert "Layers" not in properties("RescanFunction")
    assert properties("RescanFunction", CaLayerArn=layer)["Layers"] == [layer]


# --- the ledger


def test_ledger_is_a_table_on_demand_that_can_be_restored_and_forgets_by_itself():
    table = resources()["Ledger"]
    assert table["Properties"] == {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"}
            for name in ("subject", "pending", "since")
        ],
        "KeySchema": [{"AttributeName": "subject", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": PENDING_INDEX,
                "KeySchema": [
                    {"AttributeName": "pending", "KeyType": "HASH"},
                    {"AttributeName": "since", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires_at"},
        "SSESpecification": {"SSEEnabled": False},  # false is the key that AWS owns, not none
    }


def test_uninstalling_leaves_nothing_behind():
    kept = [
        name for name, it in resources().items() if it.get("DeletionPolicy", "Delete") != "Delete"
    ]
    assert kept == []


# --- where a notice goes


@pytest.mark.parametrize(
    ("chat", "topics"),
    [
        pytest.param("false", {"StopTopic"}, id="no-chat"),
        pytest.param("true", {"StopTopic", "ChatNotices"}, id="chat"),
    ],
)
def test_topics_are_encrypted_with_the_key_of_the_stack(chat, topics):
    keys = {
        name: it["Properties"]["KmsMasterKeyId"]
        for name, it in resources(ChatTopic=chat).items()
        if it["Type"] == "AWS::SNS::Topic"
    }
    assert keys == {topic: {"Ref": "StopTopicKey"} for topic in topics}


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        pytest.param("", [], id="not-given"),
        pytest.param(
            "team@example.com",
            [
                {
                    "TopicArn": {"Ref": "StopTopic"},
                    "Protocol": "email",
                    "Endpoint": "team@example.com",
                    "RedrivePolicy": {
                        "deadLetterTargetArn": {"Fn::GetAtt": ["NoticeDeadLetters", "Arn"]}
                    },
                }
            ],
            id="given",
        ),
    ],
)
def test_stop_is_mailed_only_when_an_address_is_given(email, expected):
    assert of_type("AWS::SNS::Subscription", NotificationEmail=email) == expected
