"""The runbook names outputs, alarms and log lines that exist."""

import re
from pathlib import Path

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


def commands(*pages: Path) -> str:
    """The indented lines of the pages, each command on a line of its own."""
    lines = [line for page in pages for line in page.read_text().splitlines()]
    return "\n".join(line for line in lines if line.startswith("    ")).replace("\\\n", " ")


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_who_looks_into_a_queue_waits_for_all_servers_of_sqs():
    looks = re.findall(r"aws sqs receive-message.*", commands(*PAGES))
    assert len(looks) == 2
    assert [look for look in looks if "--wait-time-seconds 20" not in look] == []


def test_nobody_receives_from_the_queues_of_work():
    """To look is to receive: the fifth look would make a dead letter of the message."""
    assert '"$(output PushQueueUrl)"' in RUNBOOK  # the redrive of pushes sends there
    looks = r'(?:look|receive-message.*) "\$\(output (?:Work|Push)QueueUrl\)"'
    assert re.findall(looks, RUNBOOK) == []


def test_only_dead_letters_of_a_queue_are_moved_by_sqs():
    assert re.findall(r"start-message-move-task --source-arn (\S+ \w+)", RUNBOOK) == [
        '"$(output WorkDeadLettersArn'
    ]


def test_commands_are_those_of_both_versions_of_the_cli():
    """`logs tail` is version 2's; a payload from `fileb://` is base64 to neither."""
    assert "aws logs tail" not in commands(*PAGES)
    invocations = re.findall(r"aws lambda invoke.*", commands(*PAGES))
    assert len(invocations) == 2
    assert [it for it in invocations if "fileb://" not in it] == []


def test_a_shared_mailbox_can_be_kept_from_being_unsubscribed():
    [command] = re.findall(r"aws sns confirm-subscription.*", commands(*PAGES))
    assert "--authenticate-on-unsubscribe true" in command
    assert "no-confirmed-subscription" in RUNBOOK.partition("## Readers by mail")[2]


def test_every_event_file_that_starts_something_exists():
    files = re.findall(r"^    start (\S+)$", RUNBOOK, re.MULTILINE)
    assert len(files) == 3
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_sections_that_the_runbook_refers_to_exist():
    headings = set(re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE))
    referred = {"Capacity", "Redrive dead letters", "Readers by mail"}
    assert [name for name in referred if f"*{name}*" not in RUNBOOK] == []
    assert referred <= headings
