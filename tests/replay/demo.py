"""`make demo`: the real handler on a recorded Anchore and moto, and what its readers see.

python -m tests.replay.demo [--event events/ecr-push.json] [--recording stop]
"""

import argparse
import io
import json
import os
import re
import sys
import uuid
from collections.abc import Iterator
from contextlib import redirect_stdout
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
# That dialect cannot list the active tags, so it must be told which ones to watch.
_ARAZZO = {"ANCHORE_DIALECT": "arazzo", "WATCHED_TAGS": "team/app:1.4"}
_STYLES = {"stop": "bold red", "warn": "bold yellow", "go": "bold green"}
_REST_OF_DIGEST = re.compile(r"(?<=sha256:[0-9a-f]{12})[0-9a-f]{52}")
# A mail reader's width; the notice itself has no line longer than 72 but long image names.
_WIDTH = 80


class Mail(Struct, frozen=True):
    """A notice as an e-mail subscription shows it, and its attributes."""

    subject: str
    body: str
    attributes: dict[str, str]


class Shown(Struct, frozen=True):
    """What happened: the requests to Anchore, the answer or the error, the mails.

    `tag` is the event's own, where it names one: a direct invocation's answer does not repeat it.
    """

    tag: str
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
        if recording.name.startswith("arazzo_"):
            os.environ.update(_ARAZZO)
        answer, error = _invoke(event)
        tag = str(event.get("tag")) if isinstance(event, dict) else ""
        return Shown(tag, tuple(anchore.replay.seen), answer, error, tuple(_mails(queue_url)))


def _invoke(event: object) -> tuple[dict[str, Any] | None, str | None]:
    """What the handler answers, or how it fails; what it prints is for CloudWatch."""
    with redirect_stdout(io.StringIO()):
        # Imported here: the handler's logger takes environment and stream when it is made.
        from rescan.app import handler  # noqa: PLC0415

        try:
            return handler(event, _Context()), None
        except Exception as raised:  # noqa: BLE001 - shown, whatever it is
            return None, f"{type(raised).__name__}: {raised}"


def _set_up_aws(anchore_url: str) -> str:
    """Make the topic, a queue that reads along, and the secret; returns the queue's URL."""
    os.environ.update(AWS_DEFAULT_REGION=REGION, POWERTOOLS_SERVICE_NAME="anchore-rescan")
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


def show(shown: Shown, title: Text, console: Console) -> None:
    """Print it for a person; colours only where the terminal has them."""
    console.print(title)
    console.rule("[bold]What Anchore was asked", align="left", style="dim")
    console.print(_requests(shown.requests))
    console.rule("[bold]What the function answered", align="left", style="dim")
    console.print(_answer(shown))
    for mail in shown.mails:
        console.print(_mail(mail))
    if not shown.mails:
        console.print("No notice was published: only a STOP is.", style="dim")


def _title(event: Path, recording: Recording) -> Text:
    title = Text.assemble(
        "\n", (event.name, "bold"), " on the recording ", (recording.name, "bold"), "\n"
    )
    return title.append(f"{recording.comment}\n", "dim")


def _requests(requests: tuple[SeenRequest, ...]) -> Table | Text:
    """A line a request, its parameters dim below; digests are cut, names and tags are not."""
    if not requests:
        return Text("Anchore was asked nothing.\n", "dim")
    table = Table.grid(padding=(0, 1))
    for request in requests:
        status = Text(str(request.status), "green" if request.status == 200 else "red")
        path = _REST_OF_DIGEST.sub("…", request.path)
        table.add_row(status, Text(f"{request.method} {path}"))
        table.add_row("", Text(" ".join(f"{n}={v}" for n, v in request.query), "dim"))
    table.add_row()
    return table


def _answer(shown: Shown) -> Text:
    if shown.answer is None:
        return Text(f"The invocation failed.\n{shown.error}\n", "red")
    if "batchItemFailures" in shown.answer:
        return Text(f"{json.dumps(shown.answer)}\n")
    if reason := shown.answer.get("ignored"):
        return Text(f"The event was ignored: {reason}.\n")
    results = shown.answer.get("results", [shown.answer])
    return Text("\n").join(_result(result, shown.tag) for result in results)


def _result(result: dict[str, Any], tag: str) -> Text:
    outcome = str(result["outcome"])
    text = Text.assemble((outcome.upper(), _STYLES.get(outcome, "bold")), "\n")
    text.append(f"{result.get('tag', tag)}\n{result['imageDigest'] or 'no image'}\n")
    text.append(f"{result['reason']}\n{_counted(result)}")
    return text.append(f"notification: {result['notification']}\n")


def _counted(result: dict[str, Any]) -> str:
    match result["vulnerabilities"]:
        case dict() as counts:
            said = ", ".join(f"{number} {severity}" for severity, number in counts.items())
            return f"vulnerabilities: {said or 'none'}\n"
        case list() as rows:
            return f"vulnerabilities: {len(rows)} of {result['vulnerabilitiesTotal']} in full\n"
        case _:
            return ""


def _mail(mail: Mail) -> Panel:
    head = Text.assemble(
        ("From:    ", "bold"), "AWS Notifications\n", ("Subject: ", "bold"), mail.subject, "\n"
    )
    routed = {name: value for name, value in mail.attributes.items() if name != "result"}
    attributes = "\n".join(f"{name} = {value}" for name, value in routed.items())
    foot = Text(f"Attributes that subscriptions filter on:\n{attributes}", "dim")
    return Panel(Group(head, Text(mail.body), foot), title="The e-mail", width=_WIDTH)


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
    console = Console(highlight=False)
    console.width = min(console.width, _WIDTH)
    show(shown, _title(chosen.event, recording), console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
