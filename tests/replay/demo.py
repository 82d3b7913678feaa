"""`make demo`: the real handler on a recorded Anchore and moto, and what its readers see.

python -m tests.replay.demo [--event events/ecr-push.json] [--recording stop]
"""

import argparse
import json
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws
from msgspec import Struct
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tests.replay.har import Recording, ReplayError, read_recording
from tests.replay.router import SeenRequest
from tests.replay.server import ReplayServer

ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT / "tests" / "recordings"
REGION = "eu-central-1"
# The recording that shows an event best, where it is not `stop`.
_FITTING = {
    "ecr-push-superseded": "superseded_push",
    "schedule-rule": "sweep",
    "schedule-scheduler": "sweep",
    "schedule-tags": "sweep",
}
_STYLES = {"stop": "bold red", "warn": "yellow", "go": "bold green"}


class Mail(Struct, frozen=True):
    """A notice as an e-mail subscription shows it, and its attributes."""

    subject: str
    body: str
    attributes: dict[str, str]


class Shown(Struct, frozen=True):
    """What happened: the requests to Anchore, the answer or the error, the mails."""

    requests: tuple[SeenRequest, ...]
    answer: dict[str, Any] | None
    error: str | None
    mails: tuple[Mail, ...]


class _Context(LambdaContext):
    """What Lambda tells a handler of its invocation, as far as it is used."""

    def __init__(self) -> None:
        self._function_name = "anchore-rescan"
        self._memory_limit_in_mb = 512
        self._invoked_function_arn = f"arn:aws:lambda:{REGION}:123456789012:function:rescan"
        self._aws_request_id = str(uuid.uuid4())

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 300_000


def run(event: object, recording: Recording) -> Shown:
    """Run `rescan.app.handler` on the event; nothing of it is patched."""
    with mock_aws(), ReplayServer(recording) as anchore:
        queue_url = _set_up_aws(anchore.url)
        # Imported here: the handler's logger reads the environment when it is made.
        from rescan.app import handler  # noqa: PLC0415

        answer, error = None, None
        try:
            answer = handler(event, _Context())
        except Exception as raised:  # noqa: BLE001 - shown, whatever it is
            error = f"{type(raised).__name__}: {raised}"
        mails = tuple(_mails(queue_url))
        return Shown(tuple(anchore.replay.seen), answer, error, mails)


def _set_up_aws(anchore_url: str) -> str:
    """Make the topic, a queue that reads along, and the secret; returns the queue's URL."""
    os.environ.update(
        AWS_DEFAULT_REGION=REGION,
        POWERTOOLS_SERVICE_NAME="anchore-rescan",
        POWERTOOLS_LOG_LEVEL="CRITICAL",
    )
    topic = boto3.client("sns").create_topic(Name="stops")["TopicArn"]
    sqs = boto3.client("sqs")
    queue_url = sqs.create_queue(QueueName="readers")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    boto3.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue["Attributes"]["QueueArn"]
    )
    secret = boto3.client("secretsmanager").create_secret(
        Name="anchore", SecretString=json.dumps({"username": "demo", "password": "demo-only"})
    )
    os.environ.update(
        ANCHORE_URL=anchore_url, ANCHORE_SECRET_ARN=secret["ARN"], STOP_TOPIC_ARN=topic
    )
    return queue_url


def _mails(queue_url: str) -> Iterator[Mail]:
    sqs = boto3.client("sqs")
    while found := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
        for message in found:
            envelope = json.loads(message["Body"])
            attributes = envelope["MessageAttributes"]
            yield Mail(
                envelope["Subject"],
                envelope["Message"],
                {name: attributes[name]["Value"] for name in attributes},
            )
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])


def show(shown: Shown, event: Path, recording: Recording, console: Console) -> None:
    """Print it for a person; colours only where the terminal has them."""
    console.print(f"\n[bold]{event.name}[/bold] on the recording [bold]{recording.name}[/bold]")
    console.print(f"[dim]{recording.comment}[/dim]\n" if recording.comment else "")
    console.print(_requests(shown.requests))
    console.print(_verdict(shown))
    for mail in shown.mails:
        console.print(_mail(mail))
    if not shown.mails:
        console.print("[dim]No notice was published: only a STOP is.[/dim]")


def _requests(requests: tuple[SeenRequest, ...]) -> Table:
    table = Table(title="What Anchore was asked", title_justify="left", expand=True)
    table.add_column("status", width=6)
    table.add_column("request", overflow="fold")
    for request in requests:
        style = "green" if request.status == 200 else "red"
        table.add_row(Text(str(request.status), style), Text(str(request)))
    return table


def _verdict(shown: Shown) -> Panel:
    if shown.answer is None:
        return Panel(Text(str(shown.error), "red"), title="The invocation failed")
    lines = [_result(result) for result in shown.answer.get("results", [shown.answer])]
    if ignored := shown.answer.get("ignored"):
        lines.append(Text(f"ignored: {ignored}"))
    if "batchItemFailures" in shown.answer:
        lines = [Text(json.dumps(shown.answer))]
    return Panel(Group(*lines), title="What the function answered")


def _result(result: dict[str, Any]) -> Text:
    outcome = str(result.get("outcome"))
    text = Text.assemble((outcome.upper(), _STYLES.get(outcome, "bold")), "  ")
    text.append(f"{result.get('tag', '')}\n{result.get('imageDigest') or 'no digest'}\n")
    text.append(f"{result.get('reason')}\nnotification: {result.get('notification')}\n")
    counts = result.get("vulnerabilities")
    if isinstance(counts, dict):
        text.append("vulnerabilities: " + ", ".join(f"{n} {word}" for word, n in counts.items()))
    return text


def _mail(mail: Mail) -> Panel:
    head = Text.assemble(
        ("From:    ", "bold"), "AWS Notifications\n", ("Subject: ", "bold"), mail.subject, "\n"
    )
    routed = {name: value for name, value in mail.attributes.items() if name != "result"}
    attributes = "\n".join(f"{name} = {value}" for name, value in routed.items())
    foot = Text(f"\nAttributes that subscriptions filter on:\n{attributes}", "dim")
    return Panel(Group(head, Text(mail.body), foot), title="The e-mail", width=82)


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 when the handler answered or refused as recorded, 2 on a wrong argument."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__.split("\n")[0])
    parser.add_argument("--event", type=Path, default=ROOT / "events" / "ecr-push.json")
    parser.add_argument("--recording", help="a name in tests/recordings, or a HAR file")
    chosen = parser.parse_args(arguments)
    name = chosen.recording or _FITTING.get(chosen.event.stem, "stop")
    path = Path(name) if Path(name).is_file() else RECORDINGS / f"{name}.har"
    try:
        event, recording = json.loads(chosen.event.read_text()), read_recording(path)
    except (OSError, ValueError, ReplayError) as error:
        known = ", ".join(sorted(file.stem for file in RECORDINGS.glob("*.har")))
        parser.error(f"{error}\nRecordings: {known}")
    try:
        shown = run(event, recording)
    except ReplayError as error:
        parser.exit(1, f"The recording does not fit the event: {error}\n")
    show(shown, chosen.event, recording, Console())
    return 0


if __name__ == "__main__":
    sys.exit(main())
