"""Puts the parts together: the one place that knows the environment and every adapter."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import requests
from aws_lambda_powertools import Logger

from rescan.anchore.active_tags import list_active_tags
from rescan.anchore.arazzo import ArazzoDialect
from rescan.anchore.client import AnchoreClient
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.enterprise import EnterpriseDialect
from rescan.anchore.transport import Transport, new_session
from rescan.aws.clients import dynamodb_client, secrets_client, sns_client, sqs_client
from rescan.aws.ecr_domains import dns_suffix
from rescan.aws.ledger_table import LedgerTable
from rescan.aws.outbox_table import OutboxTable
from rescan.aws.secret import SecretReader
from rescan.aws.sns_topic import StopTopic
from rescan.aws.work_queue import WorkQueue
from rescan.direct.gatekeeper import Gatekeeper
from rescan.direct.mode import InPlace
from rescan.events.dispatcher import Dispatcher, Mode
from rescan.events.watched_tags import ActiveTags
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import SettingsError
from rescan.kernel.metrics import Tally
from rescan.outbox.grouping import GroupingRules
from rescan.outbox.items import Channel
from rescan.settings import Settings
from rescan.work.daily_summary import DailySummary, Schedule
from rescan.work.mode import Queued
from rescan.work.publisher import Publisher
from rescan.work.recorder import Recorder
from rescan.work.requeue import Requeue
from rescan.work.sweep import FullSweep
from rescan.work.topics import Topics
from rescan.work.worker import Worker

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


def build(
    environment: Mapping[str, str],
    logger: Logger,
    tally: Tally,
    session: requests.Session | None = None,
) -> Dispatcher:
    """The function, ready to handle events; SettingsError when the environment is wrong."""
    settings = Settings.parse(environment)
    _check_ca_bundle(settings)
    if not settings.encrypted:
        logger.warning("ANCHORE_URL is no https URL: the credentials travel unencrypted")
    aws = boto3.Session()
    secret = SecretReader(secrets_client(aws), settings.anchore_secret_arn)
    transport = Transport(
        session or new_session(),
        settings.base_url,
        AnchoreAuth(secret),
        account=settings.anchore_account,
        ca_bundle=settings.ca_bundle,
        read_seconds=settings.read_timeout_seconds,
        max_body_bytes=settings.max_body_mb * 1024 * 1024,
    )
    mode = _queued if settings.work_queue_url and settings.ledger_table else _in_place
    return Dispatcher(mode(settings, aws, transport, tally, logger), dns_suffix, logger)


def _in_place(
    settings: Settings, aws: boto3.Session, transport: Transport, tally: Tally, logger: Logger
) -> Mode:
    topics = Topics(_channels(settings, sns_client(aws)), tally)
    gatekeeper = Gatekeeper(settings, _anchore(transport, settings), topics, tally)
    return InPlace(settings, gatekeeper, _active_tags(transport, settings), logger)


def _queued(
    settings: Settings, aws: boto3.Session, transport: Transport, tally: Tally, logger: Logger
) -> Mode:
    channels = _channels(settings, sns_client(aws))
    topics = Topics(channels, tally)
    dynamodb, table = dynamodb_client(aws), str(settings.ledger_table)
    ledger, outbox = LedgerTable(dynamodb, table), OutboxTable(dynamodb, table)
    queue = WorkQueue(sqs_client(aws), str(settings.work_queue_url))
    worker = Worker(
        settings,
        _anchore(transport, settings),
        Recorder(ledger, topics, tally),
        Requeue(queue),
        tally,
    )
    active_tags = _active_tags(transport, settings)
    full_sweep = FullSweep(active_tags, ledger, queue, channels[Channel.STOPS], tally, logger)
    rules = GroupingRules(settings.digest_above, timedelta(seconds=settings.notice_window_seconds))
    publisher = Publisher(outbox, topics, rules, tally, logger)
    schedule = Schedule(timedelta(hours=settings.sweep_hours), settings.daily_summary)
    daily_summary = DailySummary(ledger, topics.channels, schedule, logger)
    return Queued(settings, worker, full_sweep, publisher, daily_summary, logger)


def _channels(settings: Settings, sns: "SNSClient") -> dict[Channel, StopTopic]:
    topics = {Channel.STOPS: StopTopic(sns, settings.stop_topic_arn)}
    if settings.chat_topic_arn is not None:
        topics[Channel.CHAT] = StopTopic(sns, settings.chat_topic_arn, "CHAT_TOPIC_ARN")
    return topics


def _anchore(transport: Transport, settings: Settings) -> Callable[[Deadline], AnchoreClient]:
    dialect = (
        ArazzoDialect()
        if settings.anchore_dialect == "arazzo"
        else EnterpriseDialect(
            vendor_only=settings.vendor_only,
            base_image=settings.base_image,
            team_annotation=settings.team_annotation,
        )
    )
    return lambda deadline: AnchoreClient(transport, dialect, deadline)


def _active_tags(transport: Transport, settings: Settings) -> ActiveTags:
    return lambda deadline: list_active_tags(
        transport, deadline, running_only=settings.running_only
    )


def _check_ca_bundle(settings: Settings) -> None:
    if settings.ca_bundle is not None and not Path(settings.ca_bundle).is_file():
        raise SettingsError(
            "CA_BUNDLE", settings.ca_bundle, "the path of a PEM file in the function", "/opt/ca.pem"
        )
