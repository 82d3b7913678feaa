"""spoke.yaml: what a sending account forwards, to whom, and that it may do nothing else."""

import re
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from tests.support.paths import ROOT
from tests.support.template import template

SPOKE = yaml_parse((ROOT / "spoke.yaml").read_text())
RESOURCES: dict[str, Any] = {name: it["Properties"] for name, it in SPOKE["Resources"].items()}


@pytest.mark.slow
def test_cloudformation_takes_it():
    from cfnlint.api import lint_file  # noqa: PLC0415 - a second, which only this test waits for

    assert lint_file(ROOT / "spoke.yaml") == []


def test_it_forwards_what_the_rule_of_the_stack_takes():
    hub = template()["Resources"]["PushRule"]["Properties"]
    assert RESOURCES["ForwardRule"]["EventPattern"] == hub["EventPattern"]


def test_its_role_may_put_events_on_that_bus_alone():
    [policy] = RESOURCES["ForwardRole"]["Policies"]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "events:PutEvents",
        "Resource": {"Ref": "HubBusArn"},
    }
    [target] = RESOURCES["ForwardRule"]["Targets"]
    assert target["Arn"] == statement["Resource"]
    assert target["RoleArn"] == {"Fn::GetAtt": ["ForwardRole", "Arn"]}


def test_eventbridge_may_take_the_role_for_this_account_alone():
    [trust] = RESOURCES["ForwardRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_what_cannot_be_forwarded_is_kept_encrypted_and_put_there_by_the_rule_alone():
    queue = RESOURCES["ForwardDeadLetters"]
    assert (queue["SqsManagedSseEnabled"], queue["MessageRetentionPeriod"]) == (True, 14 * 86_400)
    [allow, deny] = RESOURCES["ForwardDeadLettersPolicy"]["PolicyDocument"]["Statement"]
    rule = {"Fn::GetAtt": ["ForwardRule", "Arn"]}
    assert allow["Condition"] == {"ArnEquals": {"aws:SourceArn": rule}}
    assert (deny["Effect"], deny["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


@pytest.mark.parametrize(
    ("arn", "is_one"),
    [
        ("arn:aws:events:eu-central-1:123456789012:event-bus/default", True),
        ("arn:aws-cn:events:cn-north-1:123456789012:event-bus/default", True),
        ("arn:aws:events:eu-central-1:123456789012:event-bus/other", False),
        ("arn:aws:sqs:eu-central-1:123456789012:queue", False),
    ],
)
def test_the_bus_is_the_default_one_which_the_stack_s_rule_listens_to(arn, is_one):
    pattern = SPOKE["Parameters"]["HubBusArn"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, arn)) is is_one
    assert "EventBusName" not in template()["Resources"]["PushRule"]["Properties"]
