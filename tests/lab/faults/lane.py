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
from tests.lab.faults.pump import Pump
from tests.lab.faults.queues import Queues
from tests.recordings.enterprise_image import Image
from tests.support.aws_server import SESSION
from tests.support.paths import ROOT
from tests.support.runtime_api import Invocation

_EVENTS = ROOT / "events"
_PUSH = json.loads((_EVENTS / "ecr-push.json").read_text())
_SCHEDULE = json.loads((_EVENTS / "schedule-rule.json").read_text())
_SETTINGS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "READ_TIMEOUT_SECONDS": "1",
    "MAX_BODY_MB": "1",
    "TEAMS": "*/payments-*=payments,*/web-*=web",
}
_PLENTY_SECONDS = 30.0
_PUBLISH = {"publish": "notices"}
# An asynchronous invocation that fails is repeated twice.
_TRIES = 3


class Lane:
    """Its servers run from `with` on, its function from the first event on.

    `seconds`: the time of an invocation. `push_skew`: how far the clock of whoever sends pushes is
    off.
    """

    def __init__(self, aws: Aws, name: str, runtime_client: Path, log: Path) -> None:
        self.queues = Queues(SESSION, aws.url, name)
        self.aws = AwsProxy(aws.url, self.queues.later, self._crashes)
        self.anchore = LoopbackAnchore(self._crashes)
        environment = {
            **_SETTINGS,
            "AWS_ENDPOINT_URL": self.aws.url,
            "ANCHORE_URL": self.anchore.url,
            "ANCHORE_SECRET_ARN": aws.secret_arn,
            "STOP_TOPIC_ARN": self.queues.topic,
            "WORK_QUEUE_URL": self.queues.work,
            "LEDGER_TABLE": self.queues.table,
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

    def begin(self) -> None:
        """Begin anew: nothing remembered, nothing wrong."""
        self.heal()
        self.queues.forget()
        self.anchore.gone_through.clear()
        self.anchore.too_late = 0
        self.aws.journal = Journal()
        self.container.crashes = self.container.deaths = 0
        self.pump = Pump(self.queues, self._invoke)
        self.push_skew = timedelta()

    def heal(self) -> None:
        """End whatever fault there is."""
        self.seconds = _PLENTY_SECONDS
        self.aws.heal()
        self.anchore.heal()

    def sweep(self) -> bool:
        """Whether the schedule's event was handled at last; Lambda repeats it twice."""
        return any(self._invoke(_SCHEDULE).error is None for _ in range(_TRIES))

    def work(self) -> None:
        """Time passes until all work is done: what went back is taken again."""
        self.pump.run()
        while self.queues.move_to_work(self.queues.later) or self.queues.held(self.queues.work):
            self.pump.run()

    def publish(self) -> None:
        """The schedule's minutes pass: claims of those who died end, and the publisher runs until
        it comes no further."""
        tries = _TRIES
        while tries:
            self.queues.end_claim()
            ended = self._invoke(_PUBLISH)
            if ended.error is not None:
                tries -= 1
            elif not (ended.answer["published"] and ended.answer["left"]):
                return

    def push(self, image: Image) -> None:
        """Put on the queue what ECR and EventBridge make of a push."""
        detail = _PUSH["detail"] | {
            "repository-name": image.repository,
            "image-tag": image.tag,
            "image-digest": image.digest,
        }
        time = datetime.now(UTC) + self.push_skew
        event = _PUSH | {"time": time.isoformat(timespec="seconds"), "detail": detail}
        self.queues.send([json.dumps(event)])

    def _crashes(self) -> int:
        return self.container.crashes

    def _invoke(self, event: Any) -> Invocation:
        return self.container.invoke(event, self.seconds)
