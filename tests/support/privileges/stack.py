"""A stack with every optional resource, and what the function asks of AWS in it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import boto3
import pytest
from moto import mock_aws

from tests.support.deployed import DeployedStack, deploy
from tests.support.privileges.calls import Call, recorded_calls
from tests.support.privileges.paths import PATHS, Function

SECRET_KEY = "arn:aws:kms:eu-central-1:123456789012:key/0fb8b5f1-5d4b-4c2c-9d43-2b1f0a7d3c11"


@contextmanager
def deployed_stack() -> Iterator[DeployedStack]:
    """In the moto of this process, with a secret under a customer's key and a chat topic."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        session = boto3.Session()
        secret = session.client("secretsmanager").create_secret(
            Name="anchore", SecretString=json.dumps({"token": "none"})
        )["ARN"]
        yield deploy(session, AnchoreSecretArn=secret, SecretKmsKeyArn=SECRET_KEY, ChatTopic="true")


def calls_by_path(stack: DeployedStack) -> dict[str, set[Call]]:
    """By path, all of them driven one after the other."""
    function = Function(stack)
    return {path.__name__: _driven(path, function) for path, _ in PATHS}


def _driven(path: Callable[[Function], None], function: Function) -> set[Call]:
    with recorded_calls() as calls:
        path(function)
    return calls
