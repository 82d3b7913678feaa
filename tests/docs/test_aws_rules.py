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
from tests.support.template import translated

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "aws-rules.md").read_text().splitlines()
    if line.startswith("| ")
][1:]
CONCERNS = {name for row in ROWS for name in re.findall(r"`([^`]+)`", row[1])}
# What of the code calls AWS: the function, and the commands that look at a stack.
CALLERS = [
    *(ROOT / "functions" / "rescan" / "aws").glob("*.py"),
    ROOT / "functions" / "rescan_cli" / "doctor" / "aws.py",
    *(ROOT / "functions" / "rescan_cli" / "state").glob("*.py"),
]
TESTS = list((ROOT / "tests").rglob("test_*.py"))


def test_there_are_enough_rules_and_each_is_whole() -> None:
    assert len(ROWS) >= 40
    assert [row for row in ROWS if len(row) != 6] == []
    assert [row for row in ROWS if not all((row[0], *row[2:]))] == []
    assert len({row[2] for row in ROWS}) == len(ROWS)


def test_lines_are_sorted_by_service() -> None:
    services = [row[0].lower() for row in ROWS]
    assert services == sorted(services)


def test_every_resource_type_has_a_rule() -> None:
    dashboard = yaml_parse((ROOT / "dashboard.yaml").read_text())
    written = yaml_parse((ROOT / "template.yaml").read_text())
    made = translated(DailySummary="7", ChatTopic="true", NotificationEmail="team@example.com")
    types = {
        resource["Type"]
        for source in (dashboard, written, made)
        for resource in source["Resources"].values()
    }
    assert types - CONCERNS == {"AWS::Lambda::Function"}  # the rows say AWS::Serverless::Function


def test_every_call_of_ours_has_a_rule() -> None:
    calls = {call for file in CALLERS for call in _calls(file.read_text())}
    assert len(calls) > 10
    assert calls - CONCERNS == set()


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
        for service in sorted({*SERVICES, "cloudformation", "events"})
        for operation in session.get_service_model(service).operation_names
    }


@pytest.mark.parametrize("held", [row[5] for row in ROWS if len(row) == 6])
def test_a_rule_is_held_by_tests_that_exist_or_says_why_not(held: str) -> None:
    tests = re.findall(r"`(test_\w+|tests/[\w/]+\.py)`", held)
    assert tests or re.match(r"not (tried|kept yet): .", held)
    assert [name for name in tests if name not in _tests()] == []


@cache
def _tests() -> set[str]:
    files = {str(file.relative_to(ROOT)): file.read_text() for file in TESTS}
    text = "\n".join(files.values())
    return files.keys() | set(re.findall(r"^ *def (test_\w+)", text, re.MULTILINE))
