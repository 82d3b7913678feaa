"""What a stack is made of: the function, what starts it, where a STOP goes."""

import json
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern

from tests.template.stack import of_type, properties, resources, template

ROOT = Path(__file__).parents[2]
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


def test_sam_build_finds_the_target_of_each_function():
    rules = (ROOT / "functions" / "Makefile").read_text().splitlines()
    functions = {
        name: it["Metadata"]["BuildMethod"]
        for name, it in template()["Resources"].items()
        if it["Type"] == "AWS::Serverless::Function"
    }
    assert functions == {"RescanFunction": "makefile"}
    assert [f"build-{name}:" for name in functions if f"build-{name}:" not in rules] == []


def test_failed_invocation_is_repeated_twice():
    [config] = of_type("AWS::Lambda::EventInvokeConfig")
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (2, 21600)


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


# --- what starts it


def starts(event: Any, **parameters: str) -> bool:
    """Whether the rule of the stack hands the event to the function."""
    rule = properties("RescanFunctionEcrPush", **parameters)
    return EventPattern.load(json.dumps(rule["EventPattern"])).matches_event(event)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("ecr-push", True),
        ("ecr-push-untagged", True),  # the function says why it does nothing
        ("ecr-push-failed", False),
        ("ecr-delete", False),
        ("schedule-rule", False),
    ],
)
def test_rule_starts_the_function_on_a_push_that_succeeded(file, expected):
    assert starts(json.loads((ROOT / "events" / f"{file}.json").read_text())) is expected


@pytest.mark.parametrize(
    ("repository", "prefix", "expected"),
    [
        pytest.param("team/app", "", True, id="no-prefix"),
        pytest.param("team/app", "team/", True, id="below-the-prefix"),
        pytest.param("other/team/app", "team/", False, id="elsewhere"),
    ],
)
def test_rule_starts_the_function_below_the_prefix_only(repository, prefix, expected):
    push = json.loads((ROOT / "events" / "ecr-push.json").read_text())
    push["detail"]["repository-name"] = repository
    assert starts(push, RepositoryPrefix=prefix) is expected


def test_each_choice_of_hours_is_a_rate_that_eventbridge_takes():
    hours = template()["Parameters"]["SweepHours"]["AllowedValues"]
    sweeps = {n: properties("RescanFunctionSweep", SweepHours=n) for n in hours}
    assert {n: sweep["ScheduleExpression"] for n, sweep in sweeps.items()} == {
        "1": "rate(1 hour)",
        "6": "rate(6 hours)",
        "12": "rate(12 hours)",
        "24": "rate(24 hours)",
    }


def test_sweep_runs_every_six_hours_unless_told_otherwise():
    assert properties("RescanFunctionSweep")["ScheduleExpression"] == "rate(6 hours)"


# --- where a STOP goes


def test_topic_is_encrypted_with_the_key_of_the_stack():
    assert properties("StopTopic")["KmsMasterKeyId"] == {"Ref": "StopTopicKey"}


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
                }
            ],
            id="given",
        ),
    ],
)
def test_stop_is_mailed_only_when_an_address_is_given(email, expected):
    assert of_type("AWS::SNS::Subscription", NotificationEmail=email) == expected
