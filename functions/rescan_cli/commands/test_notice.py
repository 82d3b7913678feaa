"""anchore-rescan test-notice: a sample STOP to the topic, to see who gets it and how."""

import os

import boto3
import click
from botocore.exceptions import ClientError, NoCredentialsError

from rescan.aws.clients import sns_client
from rescan.aws.sns_topic import StopTopic
from rescan.kernel.clock import utc_now
from rescan.kernel.errors import PublishFailed, SettingsError
from rescan.kernel.safe_text import one_line
from rescan.kernel.team import UNROUTED
from rescan.outbox.notice import Notice
from rescan_cli.exit_status import ExitStatus
from rescan_cli.sample import sample_notice


@click.command("test-notice")
@click.option("--topic", metavar="ARN", help="The topic. [STOP_TOPIC_ARN]")
@click.option("--team", metavar="NAME", default=UNROUTED, show_default=True, help="Its team.")
def command(topic: str | None, team: str) -> ExitStatus:
    """Publish a sample STOP, marked TEST, to the topic, as every STOP is published.

    It has a STOP's attributes, so that filter policies treat it as one. Subject and body begin
    with TEST, image and policy are named so, and the id in `result` begins with TEST-.
    """
    arn = topic or os.environ.get("STOP_TOPIC_ARN", "")
    if not _is_topic(arn):
        raise SettingsError(
            "STOP_TOPIC_ARN",
            arn or None,
            "the ARN of an SNS topic, here or in --topic",
            "arn:aws:sns:eu-central-1:123456789012:stops",
        )
    stops = StopTopic(sns_client(boto3.Session(region_name=arn.split(":")[3])), arn)
    notice = sample_notice(utc_now(), team)
    try:
        confirmed = stops.confirmed_subscriptions()
    except PublishFailed:  # who may publish need not be allowed to look
        confirmed = None
    message_id = _published(stops, notice)
    readers = "an unknown number of" if confirmed is None else str(confirmed)
    click.echo(f"Sent {one_line(notice.subject, 99)!r} as {message_id}.")
    click.echo(f"{arn} has {readers} confirmed subscriptions.")
    return ExitStatus.PASSED


def _published(topic: StopTopic, notice: Notice) -> str:
    try:
        return topic.publish(notice)
    except PublishFailed as error:
        if _is_refusal(error.__cause__):
            raise click.ClickException(str(error)) from error
        raise


def _is_refusal(cause: BaseException | None) -> bool:
    """Whether the caller can fix it: credentials, permission, or another topic."""
    if isinstance(cause, ClientError):
        status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return status in (401, 403, 404)
    return isinstance(cause, NoCredentialsError)


def _is_topic(arn: str) -> bool:
    return arn.startswith("arn:") and arn.split(":")[2:3] == ["sns"] and arn.count(":") == 5
