"""An Anchore and a topic in memory, and the function on them, without a queue and a ledger."""

import io
import json
import logging
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger

from rescan.aws.ecr_domains import dns_suffix
from rescan.events.dispatcher import Dispatcher
from rescan.gate.data_version import DataVersion
from rescan.gate.evaluation import Allowlisted, Evaluation, Finding
from rescan.gate.inventory import Inventory
from rescan.gate.model import DetectedTag, ImageRecord, VulnerabilityList
from rescan.kernel import errors
from rescan.kernel.deadline import Deadline
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.metrics import Tally
from rescan.kernel.publish_fault import PublishFault
from rescan.kernel.watch_list import ListedTags
from rescan.memory.invocation import Invocation
from rescan.outbox.items import Channel
from rescan.outbox.notice import Notice
from rescan.settings import Settings
from rescan.work.parts import Container
from tests.support.anchore_answers import ROWS, WHERE
from tests.support.environment import LEAST
from tests.support.fakes import NOON
from tests.support.one_platform import OnePlatform

DIGEST = Digest("sha256:" + "c" * 64)
UNREACHABLE = errors.AnchoreUnreachable("no connection", **WHERE)


@dataclass
class Log:
    stream: io.StringIO = field(default_factory=io.StringIO)

    def lines(self, message: str) -> list[dict[str, Any]]:
        lines = map(json.loads, self.stream.getvalue().splitlines())
        return [line for line in lines if line["message"] == message]


@dataclass
class Estate(OnePlatform):
    """An Anchore that knows tags by what gating them comes to, and a topic that keeps notices.

    An outcome is a final action, "unknown", "analyzing", or an exception; each evaluation has the
    same `findings`. The topic takes `sns_seconds` for a notice. It refuses all, or those whose
    subjects hold one of the words that it `refuses`.
    """

    outcomes: dict[str, Any] = field(default_factory=dict)
    publish_fails: bool = False
    refuses: tuple[str, ...] = ()
    fault: PublishFault = PublishFault.MOMENT
    notices: list[Notice] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    clock: Callable[[], None] = lambda: None
    requests: list[tuple[object, ...]] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    allowlisted: tuple[Allowlisted, ...] = ()
    sns_seconds: float = 0.0
    deadlines: list[float] = field(default_factory=list)
    now: datetime = NOON
    log: Log = field(default_factory=Log)
    inventory: Inventory = field(default_factory=lambda: Inventory(doubt="the inventory is empty"))

    def handle(
        self, event: object, deadline: Deadline | None = None, **settings: str
    ) -> dict[str, Any]:
        """What the function answers to the event."""
        container = self.container(**settings)
        function = Dispatcher(
            lambda: Invocation(container).handlers, self.examined, dns_suffix, container.logger
        )
        return function.handle(event, deadline or Deadline.after(60))

    def examined(self, deadline: Deadline) -> dict[str, Any]:
        """What the checks come to: nothing here is looked at."""
        return {"checks": []}

    def container(self, **settings: str) -> Container:
        """What a new container has here."""
        handler = logging.StreamHandler(self.log.stream)
        return Container(
            settings=Settings.parse(LEAST | settings),
            anchore_until=self._until,
            active_tags=self.active_tags,
            inventory=lambda deadline: self.inventory,
            data_version=lambda deadline: DataVersion("of today"),
            topics={Channel.STOPS: self},
            tally=Tally(),
            logger=Logger(service=f"test-{uuid4()}", logger_handler=handler),
            clock=lambda: self.now,
            sleep=self._sleep,
        )

    def _until(self, deadline: Deadline) -> "Estate":
        self.deadlines.append(deadline.at)
        return self

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @property
    def subjects(self) -> list[str]:
        return [notice.subject for notice in self.notices]

    @property
    def teams(self) -> list[object]:
        return [notice.attributes["team"] for notice in self.notices]

    def active_tags(self, deadline: Deadline, seen: AbstractSet[str]) -> ListedTags:
        return ListedTags(tuple(ImageTag.parse(name) for name in self.outcomes))

    def active_images(self, tag: ImageTag) -> list[ImageRecord]:
        self.asked.append(str(tag))
        self.clock()
        outcome = self.outcomes.get(str(tag), "unknown")
        if isinstance(outcome, Exception):
            raise outcome
        if outcome == "unknown":
            return []
        status = outcome if outcome == "analyzing" else "analyzed"
        return [ImageRecord(DIGEST, (DetectedTag(str(tag)),), analysis_status=status)]

    def refreshed_vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        self.requests.append(("refresh", vtype))
        return ROWS

    def submit(
        self, tag: ImageTag, digest: Digest | None = None, since: datetime | None = None
    ) -> None:
        raise NotImplementedError

    def vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        raise NotImplementedError

    def evaluate(self, digest: Digest, tag: ImageTag, policy_id: str | None) -> Evaluation:
        self.requests.append(("check", policy_id))
        return Evaluation(
            image_digest=digest,
            evaluated_tag=str(tag),
            policy_id="p1",
            final_action=self.outcomes[str(tag)],
            mapped_to_rule=True,
            problems=(),
            findings=self.findings,
            allowlisted=self.allowlisted,
        )

    def publish(self, notice: Notice) -> str:
        self._sleep(self.sns_seconds)
        if self.publish_fails or any(word in notice.subject for word in self.refuses):
            raise errors.PublishFailed("SNS did not take the notice.", self.fault)
        self.notices.append(notice)
        return f"message-{len(self.notices)}"

    def confirmed_subscriptions(self) -> int:
        raise NotImplementedError
