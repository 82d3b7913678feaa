"""The runbook names outputs, alarms and log lines that exist."""

import re

import pytest

from tests.support.paths import ROOT
from tests.support.template import of_type, template

RUNBOOK = (ROOT / "docs" / "operations.md").read_text()
CODE = "".join(file.read_text() for file in (ROOT / "functions" / "rescan").rglob("*.py"))


def test_commands_use_outputs_of_the_stack():
    used = set(re.findall(r"\$\(output (\w+)\)", RUNBOOK))
    assert used - set(template()["Outputs"]) == set()


def test_commands_name_alarms_of_the_stack():
    used = set(re.findall(r"--alarm-names (\S+)", RUNBOOK))
    assert used
    assert used - {alarm["AlarmName"] for alarm in of_type("AWS::CloudWatch::Alarm")} == set()


@pytest.mark.parametrize(
    "line",
    [
        "sweep measured",
        "sweep enqueued",
        "the ledger cannot be read",
        "the sweep before cannot be measured",
        "publishing failed",
    ],
)
def test_a_log_line_of_the_runbook_is_one_that_the_code_writes(line):
    assert f"`{line}`" in RUNBOOK or f'"{line}"' in RUNBOOK
    assert f'"{line}' in CODE


@pytest.mark.parametrize("file", re.findall(r"--event-file (\S+)", RUNBOOK))
def test_an_event_of_the_runbook_exists(file):
    assert (ROOT / file).exists()


def test_sections_that_the_runbook_refers_to_exist():
    headings = set(re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE))
    referred = {"Capacity", "Redrive dead letters"}
    assert [name for name in referred if f"*{name}*" not in RUNBOOK] == []
    assert referred <= headings
