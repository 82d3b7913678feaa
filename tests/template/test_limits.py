"""Limits of AWS that each resource of the stack must keep; docs/aws-rules.md has the sources."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from samcli.yamlhelper import yaml_dump, yaml_parse

from tests.support.paths import ROOT
from tests.support.template import dashboard, dashboard_name, of_type, resources, template

EVERYTHING = {
    "SubnetIds": "subnet-1",
    "SecurityGroupIds": "sg-1",
    "SecretKmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/0fb8b5f1",
    "NotificationEmail": "team@example.com",
    "DailySummary": "7",
    "ChatTopic": "true",
    "PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/ceiling",
}
DAY = 24 * 60 * 60


def stack() -> dict[str, Any]:
    return resources(**EVERYTHING)


def test_template_fits_what_cloudformation_reads_from_s3():
    """460,800 bytes, as SAM writes it; 51,200 count only for a template within the request."""
    assert len(yaml_dump(template()).encode()) <= 460_800


@pytest.mark.parametrize("file", ["template.yaml", "dashboard.yaml"])
def test_descriptions_of_the_template_are_not_too_long(file):
    parsed = yaml_parse((ROOT / file).read_text())
    outputs = [it["Description"] for it in parsed.get("Outputs", {}).values()]
    assert [it for it in [parsed["Description"], *outputs] if len(it.encode()) > 1024] == []
    parameters = [it["Description"] for it in parsed["Parameters"].values()]
    assert [it for it in parameters if len(it) > 4000] == []


def test_descriptions_of_resources_are_not_too_long():
    """The shortest limit holds for all: a function's, 256 characters."""
    described = {n: it["Properties"].get("Description", "") for n, it in stack().items()}
    assert [name for name, text in described.items() if len(text) > 256] == []


def test_samconfig_acknowledges_a_role_without_a_name_and_the_nested_stack():
    config = (ROOT / "samconfig.toml").read_text()
    assert 'capabilities = "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"' in config


def test_names_of_ours_begin_with_the_stack_s():
    """So two stacks fit into one region, and none needs a name that is global in the account."""
    names = [it["Properties"][key] for it in stack().values() for key in named(it["Properties"])]
    assert names
    assert [name for name in names if not name.startswith("anchore-rescan-")] == []


def named(properties: dict[str, Any]) -> Iterator[str]:
    own = {"AlarmName", "QueueName", "TopicName", "TableName", "RoleName", "LogGroupName", "Name"}
    yield from own & properties.keys()


def test_longest_name_of_a_dashboard_is_one():
    name = dashboard_name("ap-southeast-4").removeprefix("anchore-rescan")
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert 128 + len(name) <= 255  # a stack's name has 128 characters at most


def test_dashboard_has_not_too_many_metrics():
    counts = [len(it["properties"].get("metrics", [])) for it in dashboard()["widgets"]]
    assert (max(counts) <= 500, sum(counts) <= 2500) == (True, True)


# --- queues


def test_times_of_queues_are_within_those_of_sqs():
    queues = of_type("AWS::SQS::Queue", **EVERYTHING)
    assert [it for it in queues if not 60 <= it["MessageRetentionPeriod"] <= 14 * DAY] == []
    assert [it for it in queues if not 0 <= it.get("VisibilityTimeout", 30) <= DAY / 2] == []


def test_queues_and_topics_are_standard_ones():
    made = of_type("AWS::SQS::Queue", **EVERYTHING) + of_type("AWS::SNS::Topic", **EVERYTHING)
    assert len(made) == 8
    assert [it for it in made if it.keys() & {"FifoQueue", "FifoTopic"}] == []


def test_messages_in_flight_stay_below_what_a_queue_has():
    most = {name: it.get("MaxValue") for name, it in template()["Parameters"].items()}
    batches = max(most["MaxConcurrency"], most["PushConcurrency"])
    assert batches * most["BatchSize"] < 120_000


# --- rules and events


def test_rules_are_within_the_limits_of_eventbridge():
    for rule in of_type("AWS::Events::Rule", **EVERYTHING):
        assert "EventBusName" not in rule  # AWS's events and schedules come on the default bus
        assert len(rule["Targets"]) <= 5
        assert len(json.dumps(rule.get("EventPattern", {}))) <= 4096
        assert max(len(it.get("Input", "")) for it in rule["Targets"]) <= 8192


def test_failed_events_are_repeated_within_what_lambda_allows():
    [config] = of_type("AWS::Lambda::EventInvokeConfig")
    assert 0 <= config["MaximumRetryAttempts"] <= 2
    assert 60 <= config["MaximumEventAgeInSeconds"] <= 6 * 60 * 60


def test_function_is_within_the_limits_of_lambda():
    [function] = of_type("AWS::Lambda::Function", **EVERYTHING)
    assert function["Timeout"] <= 900
    assert "SnapStart" not in function  # what is made at the start would be the same in every copy
    assert len(function.get("Layers", [])) <= 5


# --- table, key, alarms, log


def test_key_can_be_deleted_within_the_days_that_kms_allows():
    [key] = of_type("AWS::KMS::Key")
    assert 7 <= key["PendingWindowInDays"] <= 30


def test_alarms_are_within_the_limits_of_cloudwatch():
    for alarm in of_type("AWS::CloudWatch::Alarm", **EVERYTHING):
        assert (alarm["Period"] % 60, alarm["Period"] <= DAY) == (0, True)
        assert max(len(alarm["AlarmActions"]), len(alarm["OKActions"])) <= 5
        assert len(alarm["AlarmName"]) - len("anchore-rescan") + 128 <= 255
        assert alarm["Namespace"] != "AWS/DynamoDB"  # those always ignore missing data


def test_log_is_kept_for_days_that_cloudwatch_knows():
    known = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192]
    known += [2557, 2922, 3288, 3653]
    offered = template()["Parameters"]["LogRetentionDays"]["AllowedValues"]
    assert set(offered) <= set(known)
