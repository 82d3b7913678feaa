"""The way of work: a push or a schedule, the queue, the function; and what is kept of failures."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from moto.events.models import EventPattern

from rescan.events.commands import Summarize
from rescan.events.parse import parse_event
from tests.support.paths import ROOT
from tests.support.template import of_type, properties, resources, template

DAY = 24 * 60 * 60


# --- pushes


def becomes_work(event: Any, **parameters: str) -> bool:
    """Whether the rule of the stack puts the event on the queue."""
    rule = properties("PushRule", **parameters)
    return EventPattern.load(json.dumps(rule["EventPattern"])).matches_event(event)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("ecr-push", True),
        ("ecr-replication", True),  # in the region that gets the image there is no push
        ("ecr-replication-failed", False),
        ("ecr-push-untagged", True),  # the function says why it does nothing
        ("ecr-push-failed", False),
        ("ecr-delete", False),
        ("schedule-rule", False),
    ],
)
def test_only_an_image_that_arrived_becomes_work(file, expected):
    event = json.loads((ROOT / "events" / f"{file}.json").read_text())
    assert becomes_work(event) is expected


@pytest.mark.parametrize(
    ("repository", "prefix", "expected"),
    [
        pytest.param("team/app", "", True, id="no-prefix"),
        pytest.param("team/app", "team/", True, id="below-the-prefix"),
        pytest.param("other/team/app", "team/", False, id="elsewhere"),
    ],
)
def test_only_a_push_below_the_prefix_becomes_work(repository, prefix, expected):
    push = json.loads((ROOT / "events" / "ecr-push.json").read_text())
    push["detail"]["repository-name"] = repository
    assert becomes_work(push, RepositoryPrefix=prefix) is expected


def test_a_push_goes_to_the_queue_as_it_is_and_to_dead_letters_when_it_cannot():
    assert properties("PushRule")["Targets"] == [
        {
            "Id": "PushQueue",
            "Arn": {"Fn::GetAtt": ["PushQueue", "Arn"]},
            "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["PushDeadLetters", "Arn"]}},
        }
    ]


# --- sweeps


def test_each_choice_of_hours_is_a_rate_that_eventbridge_takes():
    hours = template()["Parameters"]["SweepHours"]["AllowedValues"]
    sweeps = {n: properties("RescanFunctionSweep", SweepHours=n) for n in hours}
    assert {n: sweep["ScheduleExpression"] for n, sweep in sweeps.items()} == {
        "1": "rate(1 hour)",
        "6": "rate(6 hours)",
        "12": "rate(12 hours)",
        "24": "rate(24 hours)",
    }


def test_each_choice_of_a_window_is_a_rate_that_eventbridge_takes():
    seconds = template()["Parameters"]["NoticeWindowSeconds"]["AllowedValues"]
    looks = {n: properties("RescanFunctionPublish", NoticeWindowSeconds=n) for n in seconds}
    assert {n: look["ScheduleExpression"] for n, look in looks.items()} == {
        "60": "rate(1 minute)",
        "300": "rate(5 minutes)",
        "900": "rate(15 minutes)",
    }


def test_the_publisher_s_schedule_asks_for_just_that():
    [target] = properties("RescanFunctionPublish")["Targets"]
    assert json.loads(target["Input"]) == {"publish": "notices"}


@pytest.mark.parametrize(
    ("minutes", "rate", "state"),
    [
        ("0", "rate(1 day)", "DISABLED"),
        ("5", "rate(5 minutes)", "ENABLED"),
        ("15", "rate(15 minutes)", "ENABLED"),
        ("60", "rate(1 hour)", "ENABLED"),
    ],
)
def test_each_choice_of_the_feed_clock_is_a_rate_and_none_switches_it_off(minutes, rate, state):
    rule = properties("RescanFunctionCheckFeeds", FeedMinutes=minutes)
    assert (rule["ScheduleExpression"], rule["State"]) == (rate, state)
    assert json.loads(rule["Targets"][0]["Input"]) == {"check": "feeds"}


def test_a_summary_comes_only_when_it_is_wanted():
    names = {"DailySummaryRule", "DailySummaryPermission"}
    assert names.isdisjoint(resources())
    assert names <= resources(DailySummary="0").keys()


def test_a_summary_comes_at_its_hour_and_asks_for_just_that():
    rule = properties("DailySummaryRule", DailySummary="7")
    assert rule["ScheduleExpression"] == "cron(0 7 * * ? *)"
    [target] = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["RescanFunction", "Arn"]}
    transformer = target["InputTransformer"]
    assert transformer["InputPathsMap"] == {"due": "$.time"}
    made = transformer["InputTemplate"].replace("<due>", '"2026-11-24T07:00:00Z"')
    assert parse_event(json.loads(made), lambda region: None) == Summarize(
        datetime(2026, 11, 24, 7, tzinfo=UTC)
    )


def test_the_rule_of_the_summary_may_start_the_function():
    assert properties("DailySummaryPermission", DailySummary="7") == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Ref": "RescanFunction"},
        "Principal": "events.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": ["DailySummaryRule", "Arn"]},
    }


def test_sweep_runs_every_six_hours_unless_told_otherwise():
    assert properties("RescanFunctionSweep")["ScheduleExpression"] == "rate(6 hours)"


def test_a_sweep_that_cannot_begin_goes_to_dead_letters():
    [target] = properties("RescanFunctionSweep")["Targets"]
    assert (target["Arn"], target["DeadLetterConfig"]) == (
        {"Fn::GetAtt": ["RescanFunction", "Arn"]},
        {"Arn": {"Fn::GetAtt": ["ScheduleDeadLetters", "Arn"]}},
    )


def test_a_sweep_that_fails_is_repeated_twice_and_then_goes_to_dead_letters():
    [config] = of_type("AWS::Lambda::EventInvokeConfig")
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (2, 21600)
    destination = {"OnFailure": {"Destination": {"Fn::GetAtt": ["ScheduleDeadLetters", "Arn"]}}}
    assert config["DestinationConfig"] == destination


# --- the queues, one for sweeps and one for pushes


def mappings(**parameters: str) -> dict[str, Any]:
    """What the function takes from each queue, by the queue's name."""
    found = of_type("AWS::Lambda::EventSourceMapping", **parameters)
    return {it["EventSourceArn"]["Fn::GetAtt"][0]: it for it in found}


def test_function_takes_from_both_queues():
    assert sorted(mappings()) == ["PushQueue", "WorkQueue"]


@pytest.mark.parametrize(
    ("queue", "batch", "window"), [("WorkQueue", "100", 1), ("PushQueue", 5, 0)]
)
def test_function_takes_from_the_queue_and_returns_only_what_failed(queue, batch, window):
    assert mappings(BatchSize="100")[queue] == {
        "EventSourceArn": {"Fn::GetAtt": [queue, "Arn"]},
        "FunctionName": {"Ref": "RescanFunction"},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumBatchingWindowInSeconds": window,
        "BatchSize": batch,
        "ScalingConfig": {"MaximumConcurrency": 2},
    }


def test_load_on_anchore_is_what_the_parameters_say():
    found = mappings(MaxConcurrency="50", PushConcurrency="7", BatchSize="10")
    assert {it: found[it]["BatchSize"] for it in found} == {"WorkQueue": "10", "PushQueue": 5}
    assert {queue: it["ScalingConfig"] for queue, it in found.items()} == {
        "WorkQueue": {"MaximumConcurrency": "50"},
        "PushQueue": {"MaximumConcurrency": "7"},
    }


@pytest.mark.parametrize("queue", ["WorkQueue", "PushQueue"])
def test_message_stays_hidden_six_times_as_long_as_the_function_may_take(queue):
    timeout = properties("RescanFunction")["Timeout"]
    window = mappings()[queue]["MaximumBatchingWindowInSeconds"]
    assert properties(queue)["VisibilityTimeout"] >= 6 * timeout + window


@pytest.mark.parametrize("queue", ["WorkQueue", "PushQueue"])
def test_message_that_crashed_five_times_goes_to_dead_letters(queue):
    assert properties(queue)["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["WorkDeadLetters", "Arn"]},
        "maxReceiveCount": 5,
    }


def test_every_queue_is_encrypted():
    queues = of_type("AWS::SQS::Queue")
    assert [queue["SqsManagedSseEnabled"] for queue in queues] == [True] * 6


def test_dead_letters_outlive_the_queue_that_they_come_from():
    kept = {
        name: it["Properties"]["MessageRetentionPeriod"] / DAY
        for name, it in resources().items()
        if it["Type"] == "AWS::SQS::Queue"
    }
    assert kept == {
        "WorkQueue": 4,
        "PushQueue": 4,
        "WorkDeadLetters": 14,
        "PushDeadLetters": 14,
        "ScheduleDeadLetters": 14,
        "NoticeDeadLetters": 14,
    }
