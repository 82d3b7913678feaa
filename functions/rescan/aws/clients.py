"""The clients of AWS, with timeouts that fit into the reserve and safe retries.

Each call ends within the reserve of time that the handler keeps (`app.py`).
"""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from rescan.kernel.side_by_side import MOST

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


_CONNECT_SECONDS = 3


def sns_client(session: boto3.Session, read_seconds: float = 10) -> "SNSClient":
    """SNS, never retried: after a read timeout the message may have been accepted already."""
    return session.client("sns", config=_config(read_seconds, attempts=1))


def secrets_client(
    session: boto3.Session, read_seconds: float = 5, region: str | None = None
) -> "SecretsManagerClient":
    """Secrets Manager of the region, or of the function's; tried twice: reading changes nothing."""
    config = _config(read_seconds, attempts=2)
    return session.client("secretsmanager", region_name=region, config=config)


def dynamodb_client(session: boto3.Session, read_seconds: float = 2) -> "DynamoDBClient":
    """DynamoDB, tried twice: it answers in milliseconds, and a STOP does not wait for it long.

    A conditional write that is retried may meet its own first try; reading again shows that.
    """
    config = _config(read_seconds, attempts=2, connect_seconds=1)
    return session.client("dynamodb", config=config)


def sqs_client(session: boto3.Session, read_seconds: float = 5) -> "SQSClient":
    """SQS, tried three times: a message that is sent twice only repeats work."""
    return session.client("sqs", config=_config(read_seconds, attempts=3))


def _config(
    read_seconds: float, *, attempts: int, connect_seconds: float = _CONNECT_SECONDS
) -> Config:
    return Config(
        connect_timeout=connect_seconds,
        read_timeout=read_seconds,
        retries={"total_max_attempts": attempts},
        max_pool_connections=MOST,
    )
