"""Puts the function together: the one place that knows the environment and every adapter."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import boto3
import requests
from aws_lambda_powertools import Logger

from rescan.anchore.active_tags import list_active_tags, list_tag_page
from rescan.anchore.build import dialect_of, transport_of
from rescan.anchore.client import AnchoreClient
from rescan.anchore.data_version import read_data_version
from rescan.anchore.inventory import read_inventory
from rescan.anchore.transport import Transport, new_session
from rescan.aws.clients import dynamodb_client, secrets_client, sns_client, sqs_client
from rescan.aws.deferred_table import DeferredTable
from rescan.aws.ecr_domains import dns_suffix
from rescan.aws.ledger_table import LedgerTable
from rescan.aws.outbox_table import OutboxTable
from rescan.aws.page_table import PageTable
from rescan.aws.secret import SecretReader
from rescan.aws.sns_topic import StopTopic
from rescan.aws.work_queue import WorkQueue
from rescan.doctor.examination import Examination
from rescan.doctor.stack import Stack
from rescan.events.dispatcher import Dispatcher, Handlers
from rescan.kernel.clock import utc_now
from rescan.kernel.errors import SettingsError
from rescan.kernel.metrics import Tally
from rescan.kernel.side_by_side import SideBySide
from rescan.kernel.tag_pages import MOST_ROWS, TagPages
from rescan.memory.invocation import Invocation
from rescan.outbox.items import Channel
from rescan.settings import Settings
from rescan.work.lanes import Lanes
from rescan.work.parts import Container, Parts

# What the function takes without any answer, and 100 threads.
_OWN_MB = 150


def build(
    environment: Mapping[str, str],
    logger: Logger,
    tally: Tally,
    session: requests.Session | None = None,
    most_rows: int = MOST_ROWS,
) -> Dispatcher:
    """The function, ready to handle events; SettingsError when the environment is wrong.

    Sweeps of more rows of Anchore's list than `most_rows` go by pages.
    """
    settings = Settings.parse(environment)
    _check_ca_bundle(settings)
    if not settings.encrypted:
        logger.warning("ANCHORE_URL is no https URL: the credentials travel unencrypted")
    aws = boto3.Session()
    secrets = secrets_client(aws, region=settings.secret_region)
    secret = SecretReader(secrets, settings.anchore_secret_arn)
    transport = transport_of(settings, secret, session or new_session())
    dialect = dialect_of(settings)
    container = Container(
        settings=settings,
        anchore_until=lambda deadline: AnchoreClient(transport, dialect, deadline),
        active_tags=lambda deadline, seen: list_active_tags(transport, deadline, seen),
        inventory=lambda deadline: read_inventory(
            transport, deadline, utc_now(), timedelta(hours=settings.running_within_hours)
        ),
        tag_pages=_tag_pages(transport, most_rows),
        data_version=lambda deadline: read_data_version(transport, settings.policy_id, deadline),
        topics=_topics(settings, aws),
        tally=tally,
        logger=logger,
    )
    examination = Examination(
        settings=settings,
        environment=environment,
        transport=transport,
        read_secret=secret,
        stack=Stack(aws, environment).checks(),
    )
    side_by_side = SideBySide(_room(environment))
    return Dispatcher(
        _handlers(container, aws), examination.answer, dns_suffix, logger, side_by_side
    )


def _tag_pages(transport: Transport, most_rows: int) -> TagPages:
    return TagPages(
        most_rows,
        few=lambda deadline, seen: list_active_tags(transport, deadline, seen, most_rows),
        page=lambda deadline, seen, after: list_tag_page(transport, deadline, seen, after),
    )


def _handlers(container: Container, aws: boto3.Session) -> Callable[[], Handlers]:
    """On the queue and the table that the settings name, or on memory of each invocation's own."""
    settings = container.settings
    if settings.work_queue_url is None or settings.ledger_table is None:
        return lambda: Invocation(container).handlers
    dynamodb, table = dynamodb_client(aws), settings.ledger_table
    handlers = Parts(
        container,
        _queue(settings.work_queue_url, settings.push_queue_url, aws),
        LedgerTable(dynamodb, table),
        OutboxTable(dynamodb, table),
        DeferredTable(dynamodb, table),
        timedelta(seconds=settings.notice_window_seconds),
        PageTable(dynamodb, table),
    ).handlers
    return lambda: handlers


def _queue(work: str, pushes: str | None, aws: boto3.Session) -> WorkQueue | Lanes:
    client = sqs_client(aws)
    queue = WorkQueue(client, work)
    return Lanes(queue, WorkQueue(client, pushes, "PUSH_QUEUE_URL")) if pushes else queue


def _topics(settings: Settings, aws: boto3.Session) -> dict[Channel, StopTopic]:
    sns = sns_client(aws)
    topics = {Channel.STOPS: StopTopic(sns, settings.stop_topic_arn)}
    if settings.chat_topic_arn is not None:
        topics[Channel.CHAT] = StopTopic(sns, settings.chat_topic_arn, "CHAT_TOPIC_ARN")
    return topics


def _room(environment: Mapping[str, str]) -> int:
    """Bytes of answers at once; with what is decoded from them they take up to four times that."""
    memory = int(environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"))
    return max(0, memory - _OWN_MB) * 1024 * 1024 // 4


def _check_ca_bundle(settings: Settings) -> None:
    if settings.ca_bundle is not None and not Path(settings.ca_bundle).is_file():
        raise SettingsError(
            "CA_BUNDLE", settings.ca_bundle, "the path of a PEM file in the function", "/opt/ca.pem"
        )
