"""What the function answers to {"doctor": true}: built as in Lambda, on an Anchore that answers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws
from moto.sns.models import sns_backends

from rescan.bootstrap import build
from rescan.kernel.deadline import Deadline
from rescan.kernel.metrics import Tally
from tests.support.echoes import ENCODINGS
from tests.support.replayed_image import DIGEST, TAG
from tests.support.scripted_server import Act, ScriptedServer, refused_port, respond
from tests.support.scripted_server import json as answer

SECRET = {"username": "watcher", "password": "s3cr3t-pass/w+rd"}
REGION = "eu-central-1"
EVENT = {"doctor": True}


def said(value: Any) -> Act:
    return answer(json.dumps(value).encode())


VERSION = said({"api": {"version": "2"}, "service": {"version": "5.22.0"}})
TAGS = said({"items": [{"full_tag": TAG, "image_digest": DIGEST}], "total_rows": 1})
POLICIES = said([{"policy_id": "p-1", "name": "Default", "active": True}])
ROW = {"context": "prod-eu/payments", "image_tag": TAG, "last_seen": datetime.now(UTC).isoformat()}
INVENTORY = said({"items": [ROW, ROW | {"context": "old", "last_seen": "2026-01-01T00:00:00Z"}]})
VERDICTS = (said({"vulnerabilities": []}), said({"evaluations": []}))
WELL = (VERSION, TAGS, POLICIES, *VERDICTS, INVENTORY)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The variables of a stack with a reader of its chat topic."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield _stack(boto3.Session())


def _stack(aws: boto3.Session) -> dict[str, str]:
    dynamodb: Any = aws.client("dynamodb")
    dynamodb.create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "subject", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "subject", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    secret = json.dumps(SECRET)
    made = aws.client("secretsmanager").create_secret(Name="anchore", SecretString=secret)
    stops, chat = (aws.client("sns").create_topic(Name=it)["TopicArn"] for it in ("stops", "chat"))
    # moto counts no subscription by itself.
    sns_backends["123456789012"][REGION].topics[chat].subscriptions_confimed = 1
    return {
        "ANCHORE_SECRET_ARN": made["ARN"],
        "STOP_TOPIC_ARN": stops,
        "CHAT_TOPIC_ARN": chat,
        "WORK_QUEUE_URL": aws.client("sqs").create_queue(QueueName="work")["QueueUrl"],
        "PUSH_QUEUE_URL": aws.client("sqs").create_queue(QueueName="pushes")["QueueUrl"],
        "LEDGER_TABLE": "ledger",
    }


def examined(
    environment: dict[str, str], *acts: Act, seconds: float = 60, **changes: str
) -> dict[str, dict[str, str]]:
    """Each check of the answer by its name."""
    with ScriptedServer(*acts) as server:
        variables = {**environment, "ANCHORE_URL": server.url, **changes}
        function = build(variables, Logger(service="doctor", level="CRITICAL"), Tally())
        told = function.handle(EVENT, Deadline.after(seconds))
    assert json.loads(json.dumps(told)) == told
    return {check["name"]: check for check in told["checks"]}


def states(checks: dict[str, dict[str, str]]) -> dict[str, str]:
    return {name: check["state"] for name, check in checks.items()}


def test_a_function_that_is_well(stack: dict[str, str]) -> None:
    checks = examined(stack, *WELL)
    assert states(checks) == {
        "Proxy": "ok",
        "DNS": "ok",
        "TCP": "ok",
        "TLS": "unknown",  # of a loopback server
        "Credentials": "ok",
        "Version": "ok",
        "Authorization": "ok",
        "Features": "ok",
        "Policy": "ok",
        "Role: vulnerabilities": "ok",
        "Role: evaluation": "ok",
        "Inventory": "ok",
        "Topic": "ok",
        "Chat topic": "ok",
        "Queue": "ok",
        "Push queue": "ok",
        "Table": "ok",
    }
    assert checks["Inventory"]["detail"] == "running images: 1, in contexts: 2, 1 of them stale"
    assert checks["Topic"]["detail"] == "0 confirmed subscriptions, 0 pending"
    assert {tuple(check) for check in checks.values()} == {("name", "state", "detail", "advice")}


def test_a_topic_is_failed_only_when_nobody_reads_any(stack: dict[str, str]) -> None:
    checks = examined(stack, *WELL, CHAT_TOPIC_ARN="")
    assert (checks["Topic"]["state"], checks["Chat topic"]["state"]) == ("failed", "unknown")


def test_a_secret_that_cannot_be_read_hides_nothing_of_the_way_and_of_aws(
    stack: dict[str, str],
) -> None:
    missing = f"{stack['ANCHORE_SECRET_ARN'][:-6]}Ab12Cd"
    checks = examined(stack, *WELL, ANCHORE_SECRET_ARN=missing)
    assert "Secrets Manager answered ResourceNotFound" in checks["Credentials"]["detail"]
    assert checks["Version"]["detail"] == "not before Credentials is fixed"
    assert states(checks)["TCP"] == states(checks)["Queue"] == states(checks)["Table"] == "ok"


def test_an_anchore_that_is_away_hides_nothing_of_aws(stack: dict[str, str]) -> None:
    with refused_port() as port:
        checks = examined(stack, *WELL, ANCHORE_URL=f"http://127.0.0.1:{port}")
    assert checks["TCP"]["detail"] == f"no connection to 127.0.0.1:{port}: Connection refused"
    assert checks["Version"]["detail"] == "not before TCP is fixed"
    assert states(checks)["Credentials"] == states(checks)["Table"] == "ok"


def test_what_is_not_there_is_named_by_its_variable(stack: dict[str, str]) -> None:
    gone = {"LEDGER_TABLE": "gone", "WORK_QUEUE_URL": f"{stack['WORK_QUEUE_URL']}-gone"}
    checks = examined({**stack, **gone}, *WELL)
    for name, variable in (("Table", "LEDGER_TABLE"), ("Queue", "WORK_QUEUE_URL")):
        assert checks[name]["state"] == "failed"
        assert variable in checks[name]["advice"]


def test_a_function_in_place_has_no_queue_and_no_table(stack: dict[str, str]) -> None:
    checks = examined(stack, *WELL, WORK_QUEUE_URL="", PUSH_QUEUE_URL="", LEDGER_TABLE="")
    assert states(checks)["Queue"] == states(checks)["Table"] == "unknown"


def test_a_server_that_tells_no_number_is_spoken_to_all_the_same(stack: dict[str, str]) -> None:
    checks = examined(stack, said({"service": {"version": "dev"}}), *WELL[1:])
    assert checks["Features"]["detail"] == "the server's version is no number"
    assert states(checks)["Policy"] == "ok"


def test_a_setting_that_the_server_does_not_know_is_a_trouble(stack: dict[str, str]) -> None:
    old = said({"service": {"version": "5.3.0"}, "api": {"version": "2"}})
    checks = examined(stack, old, *WELL[1:], BASE_IMAGE="true")
    assert checks["Features"]["state"] == "failed"
    assert checks["Features"]["advice"].startswith("Set BASE_IMAGE to false, or")


@pytest.mark.parametrize(
    ("answered", "said_of_it"),
    [
        pytest.param(respond(403, b'{"message": "not you"}'), "not you", id="refused"),
        pytest.param(respond(404, b"{}"), "HTTP 404", id="missing"),
        pytest.param(said({"items": []}), "the inventory is empty", id="empty"),
    ],
)
@pytest.mark.parametrize(("watch", "state"), [("all", "unknown"), ("running", "failed")])
def test_an_inventory_that_does_not_tell_what_runs(
    stack: dict[str, str], answered: Act, said_of_it: str, watch: str, state: str
) -> None:
    checks = examined(stack, *WELL[:-1], answered, WATCH=watch)
    assert checks["Inventory"]["state"] == state
    assert checks["Inventory"]["detail"].startswith("what runs is not known: ")
    assert said_of_it in checks["Inventory"]["detail"]


def test_an_inventory_that_no_sweep_reads_is_not_asked_for(stack: dict[str, str]) -> None:
    checks = examined(stack, *WELL, WATCH="active")
    assert checks["Inventory"]["state"] == "unknown"
    assert checks["Inventory"]["detail"].startswith("no sweep asks what runs")


def test_an_invocation_without_time_answers_all_the_same(stack: dict[str, str]) -> None:
    checks = examined(stack, *WELL, seconds=0)
    assert set(states(checks).values()) == {"unknown"}
    assert checks["Proxy"]["detail"] == "no time was left for it"


# The detector itself is tried in all of them.
@pytest.mark.parametrize("encoding", sorted(ENCODINGS)[::6])
def test_credentials_that_anchore_echoes_are_in_no_answer(
    encoding: str, stack: dict[str, str]
) -> None:
    encoded = ENCODINGS[encoding](SECRET["password"])
    echo = {"service": {"version": f"5.9 {encoded}"[:40]}, "api": {"version": encoded}}
    named = [{"policy_id": encoded, "name": encoded, "active": True}]
    refused = respond(403, json.dumps({"message": f"not for {encoded}"}).encode())
    checks = examined(stack, said(echo), TAGS, said(named), refused)
    shown = json.dumps(checks)
    assert encoded not in shown
    assert SECRET["password"] not in shown
