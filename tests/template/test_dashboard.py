"""The dashboard as CloudWatch gets it: it shows what exists, where there is room for it."""

from itertools import chain, combinations
from typing import Any

from rescan.aws.emf import NAMESPACE
from rescan.kernel.metrics import Metric
from tests.support.paths import ROOT
from tests.support.template import dashboard, dashboard_name, of_type, properties, template

RUNBOOK = (ROOT / "docs" / "operations.md").read_text()
AWS_METRICS = {
    "AWS/SQS": {
        "ApproximateNumberOfMessagesVisible",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateAgeOfOldestMessage",
    },
    "AWS/Lambda": {"Errors", "Throttles", "Duration", "ConcurrentExecutions"},
}


def widgets() -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = dashboard()["widgets"]
    return shown


def shown(namespace: str) -> list[list[Any]]:
    metrics = chain.from_iterable(w["properties"].get("metrics", []) for w in widgets())
    return [metric for metric in metrics if metric[0] == namespace]


def test_one_stack_in_two_regions_has_two_dashboards():
    """Dashboards are global in an account: a second one of the same name is refused."""
    assert [dashboard_name(region) for region in ("eu-central-1", "us-east-1")] == [
        "anchore-rescan-eu-central-1",
        "anchore-rescan-us-east-1",
    ]


def test_the_stack_puts_out_the_name_of_its_dashboard():
    name = template()["Outputs"]["DashboardName"]["Value"]
    assert name == {"Fn::Sub": "${AWS::StackName}-${AWS::Region}"}


def test_every_metric_of_the_function_is_shown_with_its_dimension():
    assert {m[1] for m in shown(NAMESPACE)} == {metric.value for metric in Metric}
    assert {tuple(m[2:4]) for m in shown(NAMESPACE)} == {("service", "anchore-rescan")}


def test_every_queue_is_shown_by_the_name_that_its_stack_gives_it():
    assert {tuple(m[2:4]) for m in shown("AWS/SQS")} == {
        ("QueueName", "WorkQueue.QueueName"),
        ("QueueName", "PushQueue.QueueName"),
        ("QueueName", "WorkDeadLetters.QueueName"),
        ("QueueName", "PushDeadLetters.QueueName"),
        ("QueueName", "ScheduleDeadLetters.QueueName"),
        ("QueueName", "NoticeDeadLetters.QueueName"),
    }


def test_the_function_is_shown():
    assert {tuple(m[2:4]) for m in shown("AWS/Lambda")} == {("FunctionName", "RescanFunction")}


def test_metrics_of_aws_are_spelt_as_aws_does():
    assert {space: {m[1] for m in shown(space)} for space in AWS_METRICS} == AWS_METRICS


def test_every_alarm_is_shown():
    [widget] = [w for w in widgets() if w["type"] == "alarm"]
    names = [arn.rpartition(":")[2] for arn in widget["properties"]["alarms"]]
    prefixes = {arn.rpartition(":")[0] for arn in widget["properties"]["alarms"]}
    assert sorted(names) == sorted(a["AlarmName"] for a in of_type("AWS::CloudWatch::Alarm"))
    assert prefixes == {"arn:aws:cloudwatch:eu-central-1:123456789012:alarm"}


def test_coverage_is_counted_by_the_period_of_the_sweeps():
    periods = {
        widget["properties"]["period"]
        for widget in dashboard(SweepHours="12")["widgets"]
        if widget["properties"].get("title", "").startswith("Coverage")
    }
    assert periods == {12 * 3600}


def test_line_that_kills_the_function_is_its_timeout():
    titled = [w for w in widgets() if "title" in w["properties"]]
    [widget] = [w for w in titled if w["properties"]["title"].startswith("Function: dur")]
    [line] = widget["properties"]["annotations"]["horizontal"]
    assert line["value"] == properties("RescanFunction")["Timeout"] * 1000


def test_log_of_the_function_is_searched():
    [widget] = [w for w in widgets() if w["type"] == "log"]
    assert widget["properties"]["query"].startswith("SOURCE 'RescanLogGroup' | ")


def test_no_two_widgets_overlap_and_none_is_wider_than_the_page():
    boxes = [(w["x"], w["y"], w["x"] + w["width"], w["y"] + w["height"]) for w in widgets()]
    overlapping = [
        (a, b)
        for a, b in combinations(boxes, 2)
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]
    assert overlapping == []
    assert max(right for _, _, right, _ in boxes) == 24


def test_runbook_explains_each_row():
    rows = {w["properties"]["title"].partition(":")[0] for w in widgets() if w["type"] != "text"}
    section = RUNBOOK.partition("\n## The dashboard\n")[2].partition("\n## ")[0]
    assert [row for row in rows if f"**{row}**" not in section] == []
