"""The workflow, run by this project: the function as the handler builds it, moto for AWS."""

from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws
from msgspec import convert

from rescan.bootstrap import build
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import RescanError
from rescan.kernel.metrics import Tally
from rescan_cli.replay.har import Recording
from rescan_cli.replay.server import ReplayServer
from tests.lab.conformance.run import SECRET, ListeningReplay, Outputs, Run

_REGION = "eu-central-1"


def run_by_handler(
    recording: Recording, event: Mapping[str, str], dialect: str, secret: str = SECRET
) -> tuple[Run, str]:
    """A direct invocation, and its outcome or the name of its error, which leaves no outputs."""
    listening = ListeningReplay(recording)
    with (
        pytest.MonkeyPatch.context() as environment,
        mock_aws(),
        ReplayServer(listening) as anchore,
    ):
        environment.setenv("AWS_DEFAULT_REGION", _REGION)
        settings = _aws(secret) | {"ANCHORE_URL": anchore.url, "ANCHORE_DIALECT": dialect}
        if dialect == "arazzo":
            settings["WATCHED_TAGS"] = event["tag"]
        answer = _answer(event, settings)
    return Run(tuple(listening.asked), convert(answer, Outputs)), answer["outcome"]


def _answer(event: Mapping[str, str], settings: dict[str, str]) -> dict[str, Any]:
    function = build(settings, Logger(service="conformance", level="CRITICAL"), Tally())
    try:
        return function.handle(event, Deadline.after(60))
    except RescanError as error:
        return {"outcome": type(error).__name__}


def _aws(secret: str) -> dict[str, str]:
    topic = boto3.client("sns").create_topic(Name="stops")["TopicArn"]
    created = boto3.client("secretsmanager").create_secret(Name="anchore", SecretString=secret)
    return {"STOP_TOPIC_ARN": topic, "ANCHORE_SECRET_ARN": created["ARN"]}
