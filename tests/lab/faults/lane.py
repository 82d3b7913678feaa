"""A function of its own between an Anchore and an AWS that fail as told."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.lab.faults.anchore import LoopbackAnchore
from tests.lab.faults.aws_proxy import AwsProxy, Journal
from tests.lab.faults.container import Container
from tests.lab.faults.moto_server import Aws
from tests.lab.faults.outcome import Messages
from tests.lab.faults.pump import Pump
from tests.lab.faults.sqs_front import SqsFront
from tests.lab.faults.stack import Stack
from tests.recordings.enterprise_image import Image
from tests.support.aws_server import SESSION
from tests.support.lambda_poller import trace_of
from tests.support.paths import ROOT
from tests.support.runtime_api import Invocation

_EVENTS = ROOT / "events"
_PUSH = json.loads((_EVENTS / "ecr-push.json").read_text())
_SCHEDULE = json.loads((_EVENTS / "schedule-rule.json").read_text())
_CHECK = json.loads((_EVENTS / "schedule-check.json").read_text())
_SETTINGS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "READ_TIMEOUT_SECONDS": "1",
    "MAX_BODY_MB": "1",
    "TEAMS": "*/payments-*=payments,*/web-*=web",
}
_PLENTY_SECONDS = 30.0
_PUBLISH = {"publish": "notices"}
# Runs of the publisher that fail, before it is left alone.
_TRIES = 3


class Lane:
    """Its servers run from `with` on, its function from the first event on.

    `seconds`: the time of an invocation. `push_skew`: how far the clock of whoever sends pushes is
    off.
    """

    def __init__(self, aws: Aws, name: str, runtime_client: Path, log: Path) -> None:
        self.stack = Stack(SESSION, aws.url, name)
        self._sqs = SqsFront()
        self.aws = AwsProxy(aws.url, self._sqs, self._crashes)
        self.anchore = LoopbackAnchore(self._crashes)
        environment = {
            **_SETTINGS,
            "AWS_ENDPOINT_URL": self.aws.url,
            "ANCHORE_URL": self.anchore.url,
            "ANCHORE_SECRET_ARN": aws.secret_arn,
            "STOP_TOPIC_ARN": self.stack.topic,
            "WORK_QUEUE_URL": self._sqs.url,
            "PUSH_QUEUE_URL": self._sqs.push_url,
            "LEDGER_TABLE": self.stack.table,
        }
        self.container = Container(environment, runtime_client, log)
        self._open = ExitStack()
        self.begin()

    def __enter__(self) -> "Lane":
        for part in (self.aws, self.anchore, self.container):
            self._open.enter_context(part)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def begin(self, **settings: str) -> None:
        """Begin anew, with these variables besides: nothing remembered, nothing wrong."""
        self.container.deploy(**settings)
        self.pump = Pump(self._invoke)
        self._sqs.sweeps, self._sqs.pushes = self.pump.sweeps.queue, self.pump.pushes.queue
        self.heal()
        self.stack.forget()
        self.anchore.gone_through.clear()
        self.anchore.too_late = 0
        self.aws.journal = Journal()
        self.container.crashes = self.container.deaths = 0
        self.push_skew = timedelta()

    def heal(self) -> None:
        """End whatever fault there is."""
        self.seconds = _PLENTY_SECONDS
        self.pump.throttled_until = 0.0
        self.pump.sweeps.is_full = False
        self.aws.heal()
        self.anchore.heal()

    def sweep(self) -> None:
        """The schedule's event."""
        self.pump.events.put(_SCHEDULE)

    def check_feeds(self) -> None:
        """The event of the feed clock's schedule."""
        self.pump.events.put(_CHECK)

    def publish(self) -> None:
        """The schedule's minutes pass: claims of those who died end, and the publisher runs until
        it comes no further."""
        tries = 0 if self.pump.is_throttled else _TRIES
        while tries:
            self.stack.end_claim()
            ended = self._invoke(_PUBLISH, trace_of(1))
            if ended.error is not None:
                tries -= 1
            elif not (ended.answer["published"] and ended.answer["left"]):
                return

    def messages(self, redriven: int) -> Messages:
        """Where the messages of both queues are; so many dead letters were redriven."""
        lanes = self.pump.lanes
        return Messages(
            sum(lane.queue.sent for lane in lanes),
            sum(lane.poller.done for lane in lanes),
            sum(len(lane.queue.messages) for lane in lanes),
            sum(len(lane.dead.messages) for lane in lanes),
            redriven,
        )

    def push(self, image: Image) -> None:
        """Put on their queue what ECR and EventBridge make of a push."""
        detail = _PUSH["detail"] | {
            "repository-name": image.repository,
            "image-tag": image.tag,
            "image-digest": image.parent_digest,
        }
        time = datetime.now(UTC) + self.push_skew
        event = _PUSH | {"time": time.isoformat(timespec="seconds"), "detail": detail}
        self.pump.pushes.queue.send(json.dumps(event))

    def _crashes(self) -> int:
        return self.container.crashes

    def _invoke(self, event: Any, trace: str) -> Invocation:
        return self.container.invoke(event, self.seconds, trace)
