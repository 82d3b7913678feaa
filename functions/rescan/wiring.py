"""Puts the parts together: the one place that knows the environment and every adapter."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import boto3
import requests
from aws_lambda_powertools import Logger
from botocore.config import Config

from rescan.anchore.active_tags import list_active_tags
from rescan.anchore.arazzo import ArazzoDialect
from rescan.anchore.client import AnchoreClient
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.dialect import Dialect
from rescan.anchore.enterprise import EnterpriseDialect
from rescan.anchore.transport import Transport, new_session
from rescan.aws.partitions import dns_suffix
from rescan.aws.publisher import StopTopic
from rescan.aws.secret import SecretReader
from rescan.deadline import Deadline
from rescan.dispatcher import Dispatcher
from rescan.errors import SettingsError
from rescan.gatekeeper import Gatekeeper
from rescan.image_tag import ImageTag
from rescan.settings import Settings

__all__ = ["build"]

# Within the reserve that the handler keeps behind the deadline. Publish is sent once: after a
# read timeout the message may have been taken, and a second one would say it twice.
_SNS = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 1})
_SECRETS = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})


def build(
    environment: Mapping[str, str], logger: Logger, session: requests.Session | None = None
) -> Dispatcher:
    """The function, ready to handle events; SettingsError when the environment is wrong."""
    settings = Settings.parse(environment)
    _check_ca_bundle(settings)
    if not settings.encrypted:
        logger.warning("ANCHORE_URL is no https URL: the credentials travel unencrypted")
    aws = boto3.Session()
    transport = Transport(
        session or new_session(),
        settings.base_url,
        AnchoreAuth(
            SecretReader(aws.client("secretsmanager", config=_SECRETS), settings.anchore_secret_arn)
        ),
        account=settings.anchore_account,
        ca_bundle=settings.ca_bundle,
        read_seconds=settings.read_timeout_seconds,
        max_body_bytes=settings.max_body_mb * 1024 * 1024,
    )
    topic = StopTopic(aws.client("sns", config=_SNS), settings.stop_topic_arn)
    dialect = _dialect(settings)
    return Dispatcher(
        settings,
        Gatekeeper(lambda deadline: AnchoreClient(transport, dialect, deadline), topic.publish),
        _active_tags(transport, settings),
        dns_suffix,
        logger,
    )


def _dialect(settings: Settings) -> Dialect:
    if settings.anchore_dialect == "arazzo":
        return ArazzoDialect()
    return EnterpriseDialect(vendor_only=settings.vendor_only, base_image=settings.base_image)


def _active_tags(
    transport: Transport, settings: Settings
) -> Callable[[Deadline], Iterable[ImageTag]]:
    return lambda deadline: list_active_tags(
        transport, deadline, running_only=settings.running_only
    )


def _check_ca_bundle(settings: Settings) -> None:
    if settings.ca_bundle is not None and not Path(settings.ca_bundle).is_file():
        raise SettingsError(
            "CA_BUNDLE", settings.ca_bundle, "the path of a PEM file in the function", "/opt/ca.pem"
        )
