"""The built artifact, run by awslambdaric between a loopback Anchore and moto's server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rescan_cli.replay.har import read_recording
from rescan_cli.replay.server import ReplayServer
from tests.support.artifacts import host_artifact
from tests.support.aws_server import LoopbackAws, loopback_aws
from tests.support.lambda_process import copy_runtime_client, lambda_process
from tests.support.paths import ROOT
from tests.support.runtime_api import Invocation, RuntimeApi
from tests.support.scripted_server import Act, ScriptedServer, drip, respond, silence
from tests.support.scripted_server import json as json_answer

pytestmark = pytest.mark.slow

SECRET = {"username": "watcher", "password": "s3cr3t-pass"}
ENCODED = "d2F0Y2hlcjpzM2NyM3QtcGFzcw"
TAG = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/payments/api:2.4.1"


@pytest.fixture(scope="module")
def aws() -> Iterator[LoopbackAws]:
    with loopback_aws(SECRET) as running:
        yield running


@pytest.fixture(scope="module")
def runtime_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_runtime_client(tmp_path_factory.mktemp("runtime_client"))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "function.log"


class Function:
    """Starts the function on an Anchore, and keeps what it printed."""

    def __init__(self, aws: LoopbackAws, runtime_client: Path, log: Path) -> None:
        self.aws = aws
        self.log = log
        self._runtime_client = runtime_client

    @contextmanager
    def on(self, anchore_url: str, **settings: str) -> Iterator[RuntimeApi]:
        environment = self.aws.environment() | {"ANCHORE_URL": anchore_url} | settings
        with (
            self.log.open("ab") as log,
            lambda_process(host_artifact(), self._runtime_client, environment, log) as api,
        ):
            yield api

    def replayed(self, recording: str, event: object, **settings: str) -> Invocation:
        path = ROOT / "tests" / "recordings" / f"{recording}.har"
        with (
            ReplayServer(read_recording(path)) as server,
            self.on(server.url, **settings) as api,
        ):
            return api.invoke(event)


@pytest.fixture
def function(aws: LoopbackAws, runtime_client: Path, log: Path) -> Iterator[Function]:
    function = Function(aws, runtime_client, log)
    yield function
    aws.received()


def event(name: str) -> Any:
    return json.loads((ROOT / "events" / f"{name}.json").read_text())


def test_an_ecr_push_becomes_a_stop_in_a_subscribed_queue(function: Function) -> None:
    ended = function.replayed("stop", event("ecr-push"))
    assert ended.error is None
    result = ended.answer["results"][0]
    assert (result["tag"], result["outcome"], result["notification"]) == (TAG, "stop", "published")
    (envelope,) = function.aws.received()
    attributes = {k: v["Value"] for k, v in envelope["MessageAttributes"].items()}
    assert envelope["Subject"].startswith("STOP")
    assert (attributes["event_type"], attributes["repository"]) == ("STOP", "payments/api")
    assert json.loads(attributes["result"])["image"]["digest"] == result["imageDigest"]


def test_a_batch_answers_its_failures_alone(function: Function) -> None:
    records = event("sqs-batch")["Records"] + [
        {"messageId": "poison", "eventSource": "aws:sqs", "body": "{"}
    ]
    ended = function.replayed("stop", {"Records": records})
    assert ended.answer == {"batchItemFailures": [{"itemIdentifier": "poison"}]}
    assert len(function.aws.received()) == 2


def test_a_sweep_gates_every_active_tag(function: Function) -> None:
    ended = function.replayed("sweep", event("schedule-scheduler"))
    outcomes = sorted(result["outcome"] for result in ended.answer["results"])
    assert outcomes == ["go", "not_found", "stop"]
    assert len(function.aws.received()) == 1


@pytest.mark.parametrize(
    ("recording", "settings"),
    [
        pytest.param("unauthorized", {}, id="enterprise"),
        pytest.param(
            "arazzo_unauthorized", {"ANCHORE_DIALECT": "arazzo", "WATCHED_TAGS": TAG}, id="arazzo"
        ),
    ],
)
def test_refused_credentials_fail_the_invocation_and_appear_nowhere(
    function: Function, recording: str, settings: dict[str, str]
) -> None:
    ended = function.replayed(recording, event("ecr-push"), **settings)
    assert ended.error["errorType"] == "AnchoreUnauthorized"
    assert ended.error["errorMessage"].startswith("findActiveImage: HTTP 401")
    told = function.log.read_text() + json.dumps(ended.error)
    assert "image failed" in told
    assert not any(word in told for word in (SECRET["password"], ENCODED))


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(silence, id="silence"),
        pytest.param(
            drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x" * 3000, every=0.02), id="dripped-headers"
        ),
    ],
)
def test_an_error_is_handed_back_before_lambda_would_kill_the_process(
    function: Function, act: Act
) -> None:
    with ScriptedServer(act) as anchore, function.on(anchore.url) as api:
        api.wait_until_asked()  # the init phase has a time of its own
        ended = api.invoke(event("ecr-push"), seconds=5.0)
    assert ended.error["errorType"] == "AnchoreTimeout"
    assert ended.seconds_left > 0


def test_the_artifact_checks_what_it_reaches(function: Function) -> None:
    with (
        ScriptedServer(respond(401, b"Unauthorized")) as anchore,
        function.on(anchore.url, LEDGER_TABLE="gone", WORK_QUEUE_URL=function.aws.queue_url) as api,
    ):
        checks = {it["name"]: it for it in api.invoke({"doctor": True}).answer["checks"]}
    assert checks["TCP"]["detail"] == f"127.0.0.1:{anchore.port}: answers"
    assert [checks[it]["state"] for it in ("Credentials", "Version", "Queue", "Table")] == [
        "ok",
        "failed",
        "ok",
        "failed",
    ]
    assert SECRET["password"] not in function.log.read_text() + json.dumps(checks)


def test_a_wrong_setting_is_told_by_name_to_every_event(function: Function) -> None:
    with function.on("anchore.example.com") as api:
        errors = [api.invoke(event("ecr-push")).error for _ in range(2)]
    assert [error["errorType"] for error in errors] == ["SettingsError"] * 2
    said = {error["errorMessage"] for error in errors}
    assert len(said) == 1
    assert said.pop().startswith("ANCHORE_URL is 'anchore.example.com'. Expected")


def test_a_container_is_built_before_it_asks_for_its_first_event(function: Function) -> None:
    """What Lambda calls the init phase. Building warns of an address like this one."""
    with function.on("http://anchore.example.com") as api:
        api.wait_until_asked()
        assert function.log.read_text().count("ANCHORE_URL is no https URL") == 1


def test_a_rotated_secret_works_in_a_warm_container(function: Function) -> None:
    entries = read_recording(ROOT / "tests" / "recordings" / "go.har").entries
    answers = [json_answer(entry.body) for entry in entries[:3]]
    with (
        ScriptedServer(*answers, respond(401, b"Unauthorized"), *answers) as anchore,
        function.on(anchore.url) as api,
    ):
        first = api.invoke({"tag": TAG})
        function.aws.put_secret({"username": "watcher", "password": "another-pass"})
        second = api.invoke({"tag": TAG})
    function.aws.put_secret(SECRET)
    assert [ended.answer["outcome"] for ended in (first, second)] == ["go", "go"]
    authorizations = [head.partition("Authorization: ")[2][:30] for head in anchore.requests]
    assert len(set(authorizations[:4])) == len(set(authorizations[4:])) == 1
    assert authorizations[3] != authorizations[4]
