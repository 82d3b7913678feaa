"""The ways through the function: built as in Lambda, on an Anchore that was recorded."""

import io
import json
import logging
from collections.abc import Callable
from typing import Any

import httpx
import requests
from aws_lambda_powertools import Logger

from rescan.bootstrap import build
from rescan.kernel.deadline import Deadline
from rescan.kernel.metrics import Tally
from rescan_cli.replay.har import read_recording
from rescan_cli.replay.mount import RouterAdapter
from rescan_cli.replay.router import Replay
from tests.support.deployed import DeployedStack
from tests.support.paths import ROOT

TAG = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/payments/api:2.4.1"
IN_PLACE = {"WORK_QUEUE_URL": "", "PUSH_QUEUE_URL": "", "LEDGER_TABLE": ""}


class Function:
    """The function in the environment that its stack gives it, and its queue."""

    def __init__(self, stack: DeployedStack) -> None:
        self._environment = stack.environment()
        log = logging.StreamHandler(io.StringIO())
        self._logger = Logger(service="privileges", logger_handler=log)
        self._sqs, self._stack = stack.client("sqs"), stack

    def waiting(self) -> list[Any]:
        """The messages of a sweep that may be taken now; they are."""
        queue = self._stack.name("WorkQueue")
        answer = self._sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer["Messages"]]

    def gone_back(self) -> int:
        """How many pushes wait for their time."""
        name, queue = "ApproximateNumberOfMessagesDelayed", self._stack.name("PushQueue")
        answer = self._sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])
        return int(answer["Attributes"][name])

    def on(self, recording: str, event: object, **settings: str) -> dict[str, Any]:
        """The answer of a new container to one event."""
        environment = self._environment | settings
        function = build(environment, self._logger, Tally(), _session(recording))
        return function.handle(event, Deadline.after(60))

    def works(self, recording: str, *bodies: object, **settings: str) -> None:
        """The function takes the messages, and all are done."""
        records = [
            {"messageId": str(number), "eventSource": "aws:sqs", "body": json.dumps(body)}
            for number, body in enumerate(bodies)
        ]
        answer = self.on(recording, {"Records": records}, **settings)
        assert answer == {"batchItemFailures": []}


def _session(recording: str) -> requests.Session:
    replay = Replay(read_recording(ROOT / "tests" / "recordings" / f"{recording}.har"))

    def answer(request: httpx.Request) -> httpx.Response:
        # Recordings hold what is read; that an image is submitted needs no answer but a yes.
        return (
            httpx.Response(200, text="{}") if request.method == "POST" else replay.answer(request)
        )

    session = requests.Session()
    session.mount("https://", RouterAdapter(answer))
    return session


def _event(name: str) -> Any:
    return json.loads((ROOT / "events" / f"{name}.json").read_text())


# --- in place


def push_in_place(function: Function) -> None:
    [result] = function.on("stop", _event("ecr-push"), **IN_PLACE)["results"]
    assert (result["outcome"], result["notification"]) == ("stop", "published")


def sweep_in_place(function: Function) -> None:
    results = function.on("sweep", _event("schedule-rule"), **IN_PLACE)["results"]
    assert sorted(result["outcome"] for result in results) == ["go", "not_found", "stop"]


def direct_in_place(function: Function) -> None:
    assert function.on("go", {"tag": TAG}, **IN_PLACE)["outcome"] == "go"


# --- through the queue; each finds what the ones before have left in the ledger


def pending(function: Function) -> None:
    function.works("pending", _event("ecr-push"))
    assert function.gone_back() == 1


def submitted(function: Function) -> None:
    function.works("not_found_404", _event("ecr-push"), ADD_MISSING_IMAGES="true")
    assert function.gone_back() == 2


def stop(function: Function) -> None:
    function.works("stop", _event("ecr-push"))


def reminder(function: Function) -> None:
    function.works("stop", _event("ecr-push"), REMINDER_HOURS="0")


def published(function: Function) -> None:
    answer = function.on("stop", {"publish": "notices"})
    # To both topics, the STOP alone: the REMINDER repeats it.
    assert (answer["published"], answer["left"]) == (2, 0)


def published_in_place(function: Function) -> None:
    assert function.on("stop", {"publish": "notices"}, **IN_PLACE)["results"] == []


def summary(function: Function) -> None:
    answer = function.on("stop", _event("schedule-summarize"))
    assert (answer["stopped"], answer["quiet"]) == (1, False)  # no sweep has begun yet


def summary_published(function: Function) -> None:
    assert function.on("stop", {"publish": "notices"})["published"] == 2


def summary_in_place(function: Function) -> None:
    assert function.on("stop", _event("schedule-summarize"), **IN_PLACE)["results"] == []


def sweep(function: Function) -> None:
    assert function.on("sweep", _event("schedule-rule"))["enqueued"] == 3


def feeds_unchanged(function: Function) -> None:
    assert function.on("sweep", _event("schedule-check"))["feeds"] == "unchanged"


def feeds_in_place(function: Function) -> None:
    assert function.on("sweep", _event("schedule-check"), **IN_PLACE)["results"] == []


def direct(function: Function) -> None:
    answer = function.on("go", {"tag": TAG})
    assert (answer["outcome"], answer["notification"]) == ("go", "queued")  # RECOVERED


def skipped(function: Function) -> None:
    # On a slow machine what went back may be among them; a sweep's message names its sweep.
    swept = [it["rescan"] for it in function.waiting() if it["rescan"].get("sweep")]
    [message] = [{"rescan": it} for it in swept if it["tag"]["tag"] == "2.4.1"]
    function.works("go", message)


def refused_credentials(function: Function) -> None:
    function.works("unauthorized", _event("ecr-push"), NOT_EVALUATED_HOURS="0")


def doctor(function: Function) -> None:
    checks = function.on("sweep", {"doctor": True})["checks"]
    of_aws = {it["name"]: it["state"] for it in checks if "opic" in it["name"]}
    assert of_aws == {"Topic": "failed", "Chat topic": "failed"}  # moto counts no subscription


# What each takes of AWS. Where Anchore is asked, its credentials are read first.
SECRET = {"secretsmanager:GetSecretValue"}
REMEMBERED = SECRET | {"dynamodb:GetItem", "dynamodb:PutItem"}
# That a scan of Anchore's found something is noted.
GATED = REMEMBERED | {"dynamodb:UpdateItem"}
# The claim and the end of it are updates. That many notices are about one thing is put down.
FOUND = {"dynamodb:UpdateItem", "dynamodb:Query"}
PUBLISHED = {
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PutItem",
    "sns:Publish",
}
WENT_BACK = SECRET | {"dynamodb:GetItem", "sqs:SendMessage"}
MEASURED = {"dynamodb:Scan", "sns:GetTopicAttributes"}
EXAMINED = SECRET | {"sns:GetTopicAttributes", "sqs:GetQueueAttributes", "dynamodb:GetItem"}

PATHS: list[tuple[Callable[[Function], None], set[str]]] = [
    (push_in_place, SECRET | {"sns:Publish"}),
    (sweep_in_place, SECRET | {"sns:Publish"}),
    (direct_in_place, SECRET),
    (pending, WENT_BACK),
    (submitted, WENT_BACK),
    # News is written in a transaction, which needs the actions of what it does.
    (stop, GATED),
    (reminder, GATED),
    (published, FOUND | PUBLISHED),
    (published_in_place, set()),
    (summary, {"dynamodb:Scan", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"}),
    (summary_published, FOUND | PUBLISHED - {"dynamodb:PutItem"}),
    (summary_in_place, set()),
    (sweep, REMEMBERED | MEASURED | {"sqs:SendMessage", "dynamodb:UpdateItem"}),
    (feeds_unchanged, SECRET | {"dynamodb:GetItem"}),
    (feeds_in_place, set()),
    (direct, GATED),
    (skipped, {"dynamodb:GetItem", "dynamodb:UpdateItem"}),
    (refused_credentials, REMEMBERED),
    (doctor, EXAMINED),
]
