"""docs/aws-rules.md: a line for each resource and each call, and each test that it names exists."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest
from botocore import xform_name
from botocore.session import Session
from samcli.yamlhelper import yaml_parse

from prune_artifact import SERVICES
from tests.support.paths import ROOT
from tests.support.rule_book import check_whole, concerns_of, named_tests, rows_of
from tests.support.template import translated

PAGE = "aws-rules.md"
# What of the code calls AWS: the function and its checks, and the commands that look at a stack.
CALLERS = [
    *(ROOT / "functions" / "rescan" / "aws").glob("*.py"),
    ROOT / "functions" / "rescan" / "doctor" / "stack.py",
    *(ROOT / "functions" / "rescan_cli" / "doctor").glob("*.py"),
    *(ROOT / "functions" / "rescan_cli" / "state").glob("*.py"),
]


def test_there_are_enough_rules_and_each_is_whole() -> None:
    assert len(rows_of(PAGE)) >= 40
    check_whole(PAGE)


def test_every_resource_type_has_a_rule() -> None:
    dashboard = yaml_parse((ROOT / "dashboard.yaml").read_text())
    written = yaml_parse((ROOT / "template.yaml").read_text())
    made = translated(DailySummary="7", ChatTopic="true", NotificationEmail="team@example.com")
    types = {
        resource["Type"]
        for source in (dashboard, written, made)
        for resource in source["Resources"].values()
    }
    assert types - concerns_of(PAGE) == {
        "AWS::Lambda::Function"
    }  # the rows say AWS::Serverless::Function


def test_every_call_of_ours_has_a_rule() -> None:
    calls = {call for file in CALLERS for call in _calls(file.read_text())}
    assert len(calls) > 10
    assert calls - concerns_of(PAGE) == set()


def _calls(source: str) -> Iterator[str]:
    """The operations of AWS that the module names as methods of a client."""
    operations = _operations()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in operations:
            yield operations[node.attr]


@cache
def _operations() -> dict[str, str]:
    """By the name of boto3's method."""
    session = Session()
    return {
        xform_name(operation): f"{service}:{operation}"
        for service in sorted({*SERVICES, "cloudformation", "events", "lambda"})
        for operation in session.get_service_model(service).operation_names
    }


@pytest.mark.parametrize("held", [row[-1] for row in rows_of(PAGE)])
def test_a_rule_is_held_by_tests_that_exist_or_says_why_not(held: str) -> None:
    assert named_tests(held) or re.match(r"not (tried|kept yet): .", held)
