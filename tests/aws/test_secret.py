"""Reading the secret: from moto's Secrets Manager, and with the errors that AWS answers."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    BotoCoreError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.stub import Stubber
from moto import mock_aws

from rescan.aws.clients import secrets_client
from rescan.aws.secret import SecretReader
from rescan.kernel.errors import SecretUnusable
from rescan.settings import Settings
from tests.support.environment import LEAST

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:anchore-AbCdEf"
ADVICE = " Check ANCHORE_SECRET_ARN, the function's role and the secret's KMS key."


def client() -> Any:
    """A client of its own with keys that open nothing."""
    return boto3.Session("testing", "testing", region_name="eu-west-1").client("secretsmanager")


@pytest.fixture
def secrets() -> Iterator[Any]:
    with mock_aws():
        yield client()


def unusable(reader: SecretReader) -> SecretUnusable:
    with pytest.raises(SecretUnusable) as raised:
        reader()
    return raised.value


def test_the_string_is_read_as_it_stands(secrets: Any) -> None:
    created = secrets.create_secret(Name="anchore", SecretString=' {"token": "t"}\n')
    assert SecretReader(secrets, created["ARN"])() == ' {"token": "t"}\n'


def test_each_reading_gives_the_version_of_now(secrets: Any) -> None:
    arn = secrets.create_secret(Name="anchore", SecretString="first")["ARN"]
    reader = SecretReader(secrets, arn)
    readings = [reader()]
    secrets.put_secret_value(SecretId=arn, SecretString="second")
    assert [*readings, reader()] == ["first", "second"]


def test_a_secret_of_another_region_is_read_there(secrets: Any) -> None:
    session = boto3.Session("testing", "testing", region_name="eu-central-1")
    arn = secrets.create_secret(Name="anchore", SecretString="s")["ARN"]
    region = Settings.parse(LEAST | {"ANCHORE_SECRET_ARN": arn}).secret_region
    assert SecretReader(secrets_client(session, region=region), arn)() == "s"
    assert "ResourceNotFound" in str(unusable(SecretReader(secrets_client(session), arn)))


def test_a_binary_secret_is_refused_and_not_quoted(secrets: Any) -> None:
    arn = secrets.create_secret(Name="anchore", SecretBinary=b"s3cr3t-w0rd")["ARN"]
    error = unusable(SecretReader(secrets, arn))
    assert str(error) == (
        f"The secret {arn} cannot be read: it is binary, expected a string of JSON.{ADVICE}"
    )
    assert "s3cr3t" not in f"{error!r} {error.__cause__!r} {error.__context__!r}"


def test_a_secret_that_does_not_exist_is_named(secrets: Any) -> None:
    assert str(unusable(SecretReader(secrets, ARN))) == (
        f"The secret {ARN} cannot be read:"
        f" Secrets Manager answered ResourceNotFoundException.{ADVICE}"
    )


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDeniedException", 400),
        ("DecryptionFailure", 400),
        ("InvalidRequestException", 400),  # the secret is being deleted
        ("InternalServiceError", 500),
    ],
)
def test_an_error_that_secrets_manager_answers_is_named_by_its_code(code: str, status: int) -> None:
    stubbed = client()
    with Stubber(stubbed) as stubber:
        stubber.add_client_error(
            "get_secret_value", code, "User: arn:aws:sts::123456789012:x", http_status_code=status
        )
        error = unusable(SecretReader(stubbed, ARN))
    assert str(error) == (
        f"The secret {ARN} cannot be read: Secrets Manager answered {code}.{ADVICE}"
    )
    assert error.__cause__ is not None


class Broken:
    """A client whose connection fails; botocore's own error, raised where botocore raises it."""

    def __init__(self, error: BotoCoreError) -> None:
        self.error = error

    def get_secret_value(self, **_: object) -> None:
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url="https://user:s3cr3t@proxy.example.com"),
        EndpointConnectionError(endpoint_url="https://user:s3cr3t@proxy.example.com"),
        NoCredentialsError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_missing_answer_is_named_without_addresses(error: BotoCoreError) -> None:
    told = unusable(SecretReader(Broken(error), ARN))  # type: ignore[arg-type]
    assert str(told) == (
        f"The secret {ARN} cannot be read:"
        f" {type(error).__name__} (no answer of Secrets Manager).{ADVICE}"
    )
    assert told.__cause__ is error
