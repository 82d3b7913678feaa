"""The clients of AWS, with timeouts that fit behind the deadline and repetitions that harm nobody.

All end within the reserve that the handler keeps back (`app.py`).
"""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


_CONNECT_SECONDS = 3


def sns_client(session: boto3.Session, read_seconds: float = 10) -> "SNSClient":
    """SNS, asked once: after a read timeout it may have taken the message, and a second Publish
    would say it twice."""
    return session.client("sns", config=_config(read_seconds, attempts=1))


def secrets_client(session: boto3.Session, read_seconds: float = 5) -> "SecretsManagerClient":
    """Secrets Manager, asked twice at most: reading changes nothing."""
    return session.client("secretsmanager", config=_config(read_seconds, attempts=2))


def dynamodb_client(session: boto3.Session, read_seconds: float = 2) -> "DynamoDBClient":
    """DynamoDB, asked twice: it answers in milliseconds, and a STOP does not wait for it long.

    A conditional write that is repeated meets its own first try, which reading again shows.
    """
    config = _config(read_seconds, attempts=2, connect_seconds=1)
    return session.client("dynamodb", config=config)


def sqs_client(session: boto3.Session, read_seconds: float = 5) -> "SQSClient":
    """SQS, asked three times: a message that arrives twice is work done twice, no more."""
    return session.client("sqs", config=_config(read_seconds, attempts=3))


def _config(
    read_seconds: float, *, attempts: int, connect_seconds: float = _CONNECT_SECONDS
) -> Config:
    return Config(
        connect_timeout=connect_seconds,
        read_timeout=read_seconds,
        retries={"total_max_attempts": attempts},
    )
