"""What the person who deploys may say, and that it reaches the function."""

import json
import re
from typing import Any

import pytest
from msgspec.structs import fields

from rescan.settings import Settings
from tests.support.template import PARAMETERS, refused, resources, template

TOPIC = "arn:aws:sns:eu-central-1:123456789012:stops"
QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/work"
PUSHES = "https://sqs.eu-central-1.amazonaws.com/123456789012/pushes"


def environment(**parameters: str) -> dict[str, Any]:
    function = resources(**parameters)["RescanFunction"]["Properties"]
    variables: dict[str, Any] = function["Environment"]["Variables"]
    return variables


def referenced(node: Any) -> set[str]:
    """The names that Ref and Fn::Sub mention below the node."""
    if isinstance(node, dict):
        named = {node["Ref"]} if "Ref" in node else set()
        return named.union(*map(referenced, node.values()))
    if isinstance(node, list):
        return set().union(*map(referenced, node))
    return set(re.findall(r"\$\{([^}]+)\}", node)) if isinstance(node, str) else set()


def test_function_gets_every_setting_and_no_other_variable():
    powertools = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL"}
    assert set(environment()) == {field.name.upper() for field in fields(Settings)} | powertools


def test_defaults_of_the_template_are_those_of_the_settings():
    variables = environment() | {
        "STOP_TOPIC_ARN": TOPIC,
        "WORK_QUEUE_URL": QUEUE,
        "PUSH_QUEUE_URL": PUSHES,
        "LEDGER_TABLE": "ledger",
    }
    read = Settings.parse({name: str(value) for name, value in variables.items()})
    assert read == Settings(
        anchore_url=PARAMETERS["AnchoreUrl"],
        anchore_secret_arn=PARAMETERS["AnchoreSecretArn"],
        stop_topic_arn=TOPIC,
        work_queue_url=QUEUE,
        push_queue_url=PUSHES,
        ledger_table="ledger",
    )


@pytest.mark.parametrize(
    ("parameter", "variable", "value"),
    [
        ("AnchoreUrl", "ANCHORE_URL", "https://anchore.example.org/v2"),
        ("AnchoreSecretArn", "ANCHORE_SECRET_ARN", PARAMETERS["AnchoreSecretArn"] + "XyZ123"),
        ("AnchoreDialect", "ANCHORE_DIALECT", "arazzo"),
        ("AnchoreAccount", "ANCHORE_ACCOUNT", "platform"),
        ("PolicyId", "POLICY_ID", "anchore_secure_default"),
        ("VulnerabilityType", "VULNERABILITY_TYPE", "non-os"),
        ("VendorOnly", "VENDOR_ONLY", "false"),
        ("BaseImage", "BASE_IMAGE", "true"),
        ("WatchedTags", "WATCHED_TAGS", "team/app:1.4,*/payments/*"),
        ("Watch", "WATCH", "running"),
        ("RunningWithinHours", "RUNNING_WITHIN_HOURS", "6"),
        ("CaBundle", "CA_BUNDLE", "/opt/ca.pem"),
        ("MaxBodyMb", "MAX_BODY_MB", "128"),
        ("ReadTimeoutSeconds", "READ_TIMEOUT_SECONDS", "60"),
        ("AddMissingImages", "ADD_MISSING_IMAGES", "true"),
        ("MinSweepMinutes", "MIN_SWEEP_MINUTES", "30"),
        ("Refresh", "REFRESH", "feed"),
        ("MaxConcurrency", "MAX_CONCURRENCY", "50"),
        ("PushConcurrency", "PUSH_CONCURRENCY", "20"),
        ("PendingHours", "PENDING_HOURS", "0.5"),
        ("NoticeWindowSeconds", "NOTICE_WINDOW_SECONDS", "300"),
        ("DigestAbove", "DIGEST_ABOVE", "25"),
        ("ReminderHours", "REMINDER_HOURS", "0"),
        ("NotEvaluatedHours", "NOT_EVALUATED_HOURS", "12"),
        ("SweepHours", "SWEEP_HOURS", "24"),
        ("DueDays", "DUE_DAYS", "exploited=3,critical=15,high=30"),
        ("DailySummary", "DAILY_SUMMARY", "7"),
        ("AnchoreUiLink", "ANCHORE_UI_LINK", "https://anchore.example.com/{digest}"),
        ("TeamAnnotation", "TEAM_ANNOTATION", "team"),
        ("Teams", "TEAMS", "payments/*=payments,*/web-*=frontend"),
        ("LogLevel", "POWERTOOLS_LOG_LEVEL", "DEBUG"),
    ],
)
def test_parameter_reaches_its_variable_and_no_other(parameter, variable, value):
    assert environment(**{parameter: value}) == environment() | {variable: value}


def test_topic_queue_and_ledger_of_the_stack_are_those_that_the_function_uses():
    names = ("STOP_TOPIC_ARN", "WORK_QUEUE_URL", "PUSH_QUEUE_URL", "LEDGER_TABLE")
    assert {name: environment()[name] for name in names} == {
        "STOP_TOPIC_ARN": {"Ref": "StopTopic"},
        "WORK_QUEUE_URL": {"Ref": "WorkQueue"},
        "PUSH_QUEUE_URL": {"Ref": "PushQueue"},
        "LEDGER_TABLE": {"Ref": "Ledger"},
    }


@pytest.mark.parametrize(("chat", "topic"), [("false", ""), ("true", {"Ref": "ChatNotices"})])
def test_function_has_a_chat_topic_only_when_one_is_wanted(chat, topic):
    assert environment(ChatTopic=chat) == environment() | {"CHAT_TOPIC_ARN": topic}


@pytest.mark.parametrize(
    ("parameter", "smallest", "largest"),
    [
        ("MaxConcurrency", 2, 100),  # what Lambda takes
        ("PushConcurrency", 2, 100),
        ("BatchSize", 1, 100),  # as many threads as a container has
        ("PendingHours", 0, 24),  # as the settings
        ("RunningWithinHours", 1, 720),
        ("DigestAbove", 1, None),
        ("ReminderHours", 0, None),
        ("NotEvaluatedHours", 0, None),
    ],
)
def test_number_is_bounded(parameter, smallest, largest):
    declared = template()["Parameters"][parameter]
    assert (declared["MinValue"], declared.get("MaxValue")) == (smallest, largest)


def test_every_parameter_is_used():
    parsed = template()
    parameters = set(parsed.pop("Parameters"))
    assert parameters - referenced(parsed) == set()


def test_every_parameter_stands_in_one_group_of_the_console():
    parsed = template()
    groups = parsed["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [name for group in groups for name in group["Parameters"]]
    assert sorted(shown) == sorted(parsed["Parameters"])


def test_every_parameter_has_a_default_but_the_two_that_cannot():
    parameters = template()["Parameters"]
    assert {name for name, it in parameters.items() if "Default" not in it} == set(PARAMETERS)


@pytest.mark.parametrize(
    ("parameter", "value", "accepted"),
    [
        pytest.param("AnchoreUrl", "https://anchore.example.com", True, id="url"),
        pytest.param("AnchoreUrl", "https://anchore.example.com:8443/v2/", True, id="url-with-v2"),
        pytest.param("AnchoreUrl", "http://10.1.2.3:8228", True, id="url-without-tls"),
        pytest.param("AnchoreUrl", "anchore.example.com", False, id="url-without-scheme"),
        pytest.param("AnchoreUrl", "https://me:secret@anchore.example.com", False, id="url-secret"),
        pytest.param("AnchoreSecretArn", PARAMETERS["AnchoreSecretArn"], True, id="secret"),
        pytest.param(
            "AnchoreSecretArn",
            "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:team/anchore-AbCdEf",
            True,
            id="secret-of-another-partition",
        ),
        pytest.param(
            "AnchoreSecretArn",
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:anchore",
            False,
            id="secret-without-its-random-suffix",
        ),
        pytest.param("SecretKmsKeyArn", "", True, id="no-key"),
        pytest.param(
            "SecretKmsKeyArn",
            "arn:aws:kms:eu-central-1:123456789012:key/0fb8b5f1-5d4b-4c2c-9d43-2b1f0a7d3c11",
            True,
            id="key",
        ),
        pytest.param(
            "SecretKmsKeyArn",
            "arn:aws:kms:eu-central-1:123456789012:alias/anchore",
            False,
            id="alias-of-a-key",
        ),
        pytest.param("RepositoryPrefix", "", True, id="every-repository"),
        pytest.param("RepositoryPrefix", "team/", True, id="prefix"),
        pytest.param("RepositoryPrefix", "Team/*", False, id="prefix-with-a-star"),
        pytest.param("NotificationEmail", "", True, id="no-mail"),
        pytest.param("NotificationEmail", "team@example.com", True, id="mail"),
        pytest.param("NotificationEmail", "a@example.com,b@example.com", False, id="two-mails"),
        pytest.param("DailySummary", "", True, id="no-summary"),
        pytest.param("DailySummary", "0", True, id="summary-at-midnight"),
        pytest.param("DailySummary", "23", True, id="summary-late"),
        pytest.param("DailySummary", "24", False, id="summary-at-no-hour"),
        pytest.param("DailySummary", "07:30", False, id="summary-at-a-minute"),
        pytest.param("DailySummary", "true", False, id="summary-without-an-hour"),
        pytest.param("AlarmTopicArn", "", True, id="alarms-to-the-stop-topic"),
        pytest.param("AlarmTopicArn", TOPIC, True, id="alarms-to-another-topic"),
        pytest.param("AlarmTopicArn", TOPIC + ".fifo", False, id="alarms-to-a-fifo-topic"),
        pytest.param("RunbookUrl", "https://git.example.com/a/docs/operations.md", True, id="page"),
        pytest.param("RunbookUrl", "https://git.example.com/a#top", False, id="part-of-a-page"),
        pytest.param("PermissionsBoundaryArn", "", True, id="no-boundary"),
        pytest.param(
            "PermissionsBoundaryArn",
            "arn:aws-us-gov:iam::123456789012:policy/team/ceiling",
            True,
            id="boundary",
        ),
        pytest.param(
            "PermissionsBoundaryArn",
            "arn:aws:iam::123456789012:role/ceiling",
            False,
            id="boundary-that-is-no-policy",
        ),
        pytest.param("CaBundle", "/opt/ca.pem", True, id="path"),
        pytest.param("CaBundle", "ca.pem", False, id="relative-path"),
        pytest.param(
            "CaLayerArn", "arn:aws:lambda:eu-central-1:123456789012:layer:ca:3", True, id="layer"
        ),
        pytest.param(
            "CaLayerArn",
            "arn:aws:lambda:eu-central-1:123456789012:layer:ca",
            False,
            id="layer-without-version",
        ),
    ],
)
def test_parameter_accepts(parameter, value, accepted):
    pattern = template()["Parameters"][parameter]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, value)) is accepted


# --- rules over several parameters


SUBNETS, GROUPS = {"SubnetIds": "subnet-1,subnet-2"}, {"SecurityGroupIds": "sg-1"}


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        pytest.param({}, None, id="neither"),
        pytest.param(SUBNETS | GROUPS, None, id="both"),
        pytest.param(SUBNETS, "SubnetIds needs SecurityGroupIds, ", id="subnets-alone"),
        pytest.param(GROUPS, "SecurityGroupIds needs SubnetIds, ", id="groups-alone"),
    ],
)
def test_subnets_and_security_groups_come_together(parameters, refusal):
    said = refused(**parameters)
    assert [it.startswith(refusal) for it in said] == [True] if refusal else said == []


# --- the 4 KB that Lambda has for the environment

REGION, ACCOUNT = "us-gov-west-1", "123456789012"
LONGEST_STACK = 128 * "s"
LONGEST_TOPIC = f"arn:aws-us-gov:sns:{REGION}:{ACCOUNT}:{LONGEST_STACK}-ChatNotices-{12 * 'X'}"
# What the template itself sets, at its longest: CloudFormation cuts generated names to the limits.
GENERATED = {
    "POWERTOOLS_SERVICE_NAME": LONGEST_STACK,
    "STOP_TOPIC_ARN": LONGEST_TOPIC,
    "CHAT_TOPIC_ARN": LONGEST_TOPIC,
    "WORK_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com.cn/{ACCOUNT}/{80 * 'q'}",
    "PUSH_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com.cn/{ACCOUNT}/{80 * 'p'}",
    "LEDGER_TABLE": f"{LONGEST_STACK}-Ledger-{13 * 'X'}",
}
LONGEST_NUMBER = 20 * "9"
EXAMPLES = {
    "AnchoreUrl": "https://anchore.example.com:8443/v2",
    "AnchoreSecretArn": PARAMETERS["AnchoreSecretArn"],
    "AnchoreAccount": "platform-team",
    "PolicyId": "anchore_secure_default",
    "WatchedTags": "reg.example.com:5000/team/app:1.4, */payments/*:prod-*",
    "AnchoreUiLink": "https://anchore.example.com/#/images/{registry}/{repository}/{tag}/{digest}",
    "TeamAnnotation": "example.com/team",
    "Teams": "payments/*=payments, */web-*=Front end",
    "CaBundle": "/opt/certs/ca.pem",
    "DueDays": "exploited=3,critical=15,high=30",
}


def longest(parameter: dict[str, Any]) -> str:
    """A value of the parameter that no other exceeds."""
    if "AllowedValues" in parameter:
        return str(max(map(str, parameter["AllowedValues"]), key=len))
    if parameter["Type"] == "Number":
        return str(parameter.get("MaxValue", LONGEST_NUMBER))
    return str(parameter["MaxLength"] * "x")


def free_texts() -> dict[str, dict[str, Any]]:
    """The parameters that become variables as they are written, by name."""
    variables = template()["Resources"]["RescanFunction"]["Properties"]["Environment"]["Variables"]
    parameters = template()["Parameters"]
    named = {it["Ref"] for it in variables.values() if "Ref" in it} & set(parameters)
    return {
        name: parameters[name]
        for name in named
        if parameters[name]["Type"] == "String" and "AllowedValues" not in parameters[name]
    }


def test_the_longest_environment_fits_into_lambda():
    """4 KB, of which Lambda measures the names and values as one JSON text."""
    parsed = template()
    variables = {
        **parsed["Globals"]["Function"]["Environment"]["Variables"],
        **parsed["Resources"]["RescanFunction"]["Properties"]["Environment"]["Variables"],
    }
    worst = {
        name: GENERATED.get(name) or longest(parsed["Parameters"][value["Ref"]])
        for name, value in variables.items()
    }
    assert len(json.dumps(worst, separators=(",", ":"))) <= 4096


def test_every_free_text_has_an_example():
    assert free_texts().keys() - {"DailySummary"} == EXAMPLES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_text_that_becomes_a_variable_is_as_long_in_json_as_it_looks(name):
    pattern, example = free_texts()[name]["AllowedPattern"], EXAMPLES[name]
    assert re.fullmatch(pattern, example)
    assert [it for it in '"\\ü\n\t' if re.fullmatch(pattern, example + it + example)] == []
