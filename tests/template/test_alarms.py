"""What wakes somebody, and that the runbook says what to do then."""

import re
from typing import Any

import pytest

from rescan.aws.emf import NAMESPACE
from rescan.kernel.metrics import Metric
from tests.support.paths import ROOT
from tests.support.template import of_type, template

RUNBOOK = (ROOT / "docs" / "operations.md").read_text()
HOURS = ["1", "6", "12", "24"]
OTHER_TOPIC = "arn:aws:sns:eu-central-1:123456789012:on-call"

SERVICE = [{"Name": "service", "Value": "anchore-rescan"}]
FUNCTION = [{"Name": "FunctionName", "Value": {"Ref": "RescanFunction"}}]
BREACHING, NOT_BREACHING = "breaching", "notBreaching"


def queue(name: str) -> list[dict[str, Any]]:
    return [{"Name": "QueueName", "Value": {"Fn::GetAtt": [name, "QueueName"]}}]


def alarms(**parameters: str) -> dict[str, dict[str, Any]]:
    """By name, without the stack's."""
    found = of_type("AWS::CloudWatch::Alarm", **parameters)
    return {alarm["AlarmName"].removeprefix("anchore-rescan-"): alarm for alarm in found}


def condition(alarm: dict[str, Any]) -> tuple[str, str, str, float]:
    """Metric, statistic, comparison and threshold."""
    comparison = {"GreaterThanThreshold": ">", "LessThanThreshold": "<"}
    return (
        f"{alarm['Namespace']} {alarm['MetricName']}",
        alarm["Statistic"],
        comparison[alarm["ComparisonOperator"]],
        alarm["Threshold"],
    )


DEPTH = "AWS/SQS ApproximateNumberOfMessagesVisible"
AGE = "AWS/SQS ApproximateAgeOfOldestMessage"
HOUR = 3600
WATCHED = [
    ("no-complete-sweep", ("AnchoreRescan SweepComplete", "Maximum", "<", 1), SERVICE),
    ("not-evaluated-persists", ("AnchoreRescan SweepFailingPercent", "Maximum", ">", 0.1), SERVICE),
    ("feeds-too-old", ("AnchoreRescan FeedAgeHours", "Maximum", ">", 48), SERVICE),
    ("work-dead-letters", (DEPTH, "Maximum", ">", 0), queue("WorkDeadLetters")),
    ("push-dead-letters", (DEPTH, "Maximum", ">", 0), queue("PushDeadLetters")),
    ("schedule-dead-letters", (DEPTH, "Maximum", ">", 0), queue("ScheduleDeadLetters")),
    ("notice-dead-letters", (DEPTH, "Maximum", ">", 0), queue("NoticeDeadLetters")),
    ("work-too-old", (AGE, "Maximum", ">", 6 * HOUR), queue("WorkQueue")),
    ("pushes-too-old", (AGE, "Maximum", ">", HOUR), queue("PushQueue")),
    ("function-errors", ("AWS/Lambda Errors", "Sum", ">", 0), FUNCTION),
    ("function-throttles", ("AWS/Lambda Throttles", "Sum", ">", 0), FUNCTION),
    (
        "no-confirmed-subscription",
        ("AnchoreRescan ConfirmedSubscriptions", "Maximum", "<", 1),
        SERVICE,
    ),
    ("publish-failures", ("AnchoreRescan PublishFailures", "Sum", ">", 0), SERVICE),
    ("notices-set-aside", ("AnchoreRescan NoticesSetAside", "Sum", ">", 0), SERVICE),
    (
        "notices-too-old",
        ("AnchoreRescan OldestNoticeAgeSeconds", "Maximum", ">", 1800),
        SERVICE,
    ),
    ("ledger-errors", ("AnchoreRescan LedgerErrors", "Sum", ">", 0), SERVICE),
]
NAMES = [name for name, _, _ in WATCHED]


def test_the_alarms_are_those_of_the_table():
    assert sorted(alarms()) == sorted(NAMES)


@pytest.mark.parametrize(("name", "expected", "dimensions"), WATCHED, ids=NAMES)
def test_alarm_goes_off_when(name, expected, dimensions):
    alarm = alarms()[name]
    assert (condition(alarm), alarm["Dimensions"]) == (expected, dimensions)


def test_alarms_on_metrics_of_the_function_name_metrics_that_it_writes():
    own = {a["MetricName"] for a in alarms().values() if a["Namespace"] == NAMESPACE}
    assert len(own) == 8
    assert own <= {metric.value for metric in Metric}


def test_silence_counts_against_the_sweeps_and_the_publisher_alone():
    """Queues and functions at rest report nothing; a watcher that has died does neither."""
    treated = {name: alarm["TreatMissingData"] for name, alarm in alarms().items()}
    assert treated == dict.fromkeys(NAMES, NOT_BREACHING) | {
        "no-complete-sweep": BREACHING,
        "notices-too-old": BREACHING,
    }


def test_sweeps_come_in_the_hours_that_these_tests_try():
    assert template()["Parameters"]["SweepHours"]["AllowedValues"] == HOURS


@pytest.mark.parametrize("hours", HOURS)
def test_sweeps_are_missed_after_two_periods_and_before_the_third(hours):
    alarm = alarms(SweepHours=hours)["no-complete-sweep"]
    watched = alarm["Period"] * alarm["EvaluationPeriods"] / HOUR
    # Hours of the clock: two sweeps of which the second was missed may touch one of them more.
    assert 2 * int(hours) < watched <= 2 * int(hours) + 1


@pytest.mark.parametrize("hours", HOURS)
def test_window_of_each_alarm_follows_the_sweeps(hours):
    period = int(hours) * HOUR
    windows = {
        name: (alarm["Period"], alarm["EvaluationPeriods"])
        for name, alarm in alarms(SweepHours=hours).items()
    }
    assert windows == dict.fromkeys(NAMES, (300, 1)) | {
        "no-complete-sweep": (HOUR, 2 * int(hours) + 1),
        "not-evaluated-persists": (period, 2),
        "feeds-too-old": (HOUR, 1),
        "no-confirmed-subscription": (period, 1),
        "work-too-old": (300, 3),
        "pushes-too-old": (300, 3),
        "function-throttles": (300, 3),
        "notices-too-old": (900, 2),
        "ledger-errors": (300, 3),
    }


@pytest.mark.parametrize("hours", HOURS)
def test_oldest_message_is_too_old_when_the_next_sweep_comes_on_top(hours):
    assert alarms(SweepHours=hours)["work-too-old"]["Threshold"] == int(hours) * HOUR


@pytest.mark.parametrize("hours", HOURS)
def test_no_alarm_looks_further_back_than_cloudwatch_allows(hours):
    """A day for periods below an hour, else seven (PutMetricAlarm, Period)."""
    too_long = [
        name
        for name, alarm in alarms(SweepHours=hours).items()
        if alarm["Period"] * alarm["EvaluationPeriods"]
        > (24 * HOUR if alarm["Period"] < HOUR else 7 * 24 * HOUR)
    ]
    assert too_long == []


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        pytest.param("", {"Ref": "StopTopic"}, id="not-given"),
        pytest.param(OTHER_TOPIC, OTHER_TOPIC, id="given"),
    ],
)
def test_alarms_go_to_the_topic_that_is_given_or_to_the_stop_topic(topic, expected):
    actions = [alarm["AlarmActions"] for alarm in alarms(AlarmTopicArn=topic).values()]
    assert actions == [[expected]] * len(NAMES)


def test_the_end_of_an_alarm_is_told_where_the_alarm_was():
    found = alarms(AlarmTopicArn=OTHER_TOPIC).values()
    assert [alarm["OKActions"] for alarm in found] == [a["AlarmActions"] for a in found]


@pytest.mark.parametrize("name", NAMES)
def test_description_is_the_first_step_and_names_a_heading_of_the_runbook(name):
    description = alarms()[name]["AlarmDescription"]
    assert re.fullmatch(rf".+[:.] .*First .+\. Runbook: docs/operations\.md#{name}", description)
    assert f"\n### {name}\n" in RUNBOOK


@pytest.mark.parametrize("name", NAMES)
def test_description_links_to_a_runbook_elsewhere_and_is_not_too_long(name):
    url = "https://git.example.com/" + 176 * "x"
    description = alarms(RunbookUrl=url)[name]["AlarmDescription"]
    assert description.endswith(f" Runbook: {url}#{name}")
    assert len(description) <= 1024  # PutMetricAlarm


def test_runbook_has_no_heading_of_an_alarm_that_does_not_exist():
    section = RUNBOOK.partition("\n## Alarms\n")[2].partition("\n## ")[0]
    assert re.findall(r"^### (.+)$", section, re.MULTILINE) == NAMES
