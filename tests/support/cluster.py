"""A cluster, Anchore with an inventory of it, and the function on both, in memory.

Anchore notes what runs whenever it looks: in contexts whose agent works, with the moment.
"""

import io
import json
import logging
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import uuid4

from aws_lambda_powertools import Logger

from rescan.events.commands import Gate, Sweep
from rescan.gate.data_version import DataVersion
from rescan.gate.evaluation import Evaluation
from rescan.gate.inventory import Inventory, Place, inventory_of
from rescan.gate.model import DetectedTag, ImageRecord, Trigger, TriggerKind, VulnerabilityList
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreForbidden
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.metrics import Tally
from rescan.kernel.watch_list import ListedTags
from rescan.ledger.entry import Entry, subject_of
from rescan.outbox.items import Channel
from rescan.outbox.notice import Notice
from rescan.settings import Settings
from rescan.work.parts import Container, Parts
from tests.support.anchore_answers import ROWS, WHERE
from tests.support.environment import LEAST
from tests.support.fakes import NOON, FakeDeferred, FakeLedger, FakeOutbox, FakeQueue, FakeTopic

HOUR = timedelta(hours=1)
WITHIN = 24 * HOUR
# A context, a tag and a digest.
Container_: TypeAlias = tuple[str, ImageTag, Digest]


@dataclass
class Cluster:
    """`verdicts` are those of the digests that Anchore has analyzed, `tags` what each is on.

    An agent that is `silent` notes nothing any more; of a context that is `hidden` nobody reports.
    `refused`: the inventory is. `parents` are the digests of indexes, `empty` those without rows.
    """

    settings: dict[str, str] = field(default_factory=dict)
    now: datetime = NOON
    verdicts: dict[Digest, str] = field(default_factory=dict)
    tags: dict[ImageTag, list[tuple[Digest, datetime]]] = field(default_factory=dict)
    runs: set[Container_] = field(default_factory=set)
    rows: dict[Container_, tuple[datetime, datetime]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    refused: bool = False
    parents: dict[Digest, Digest] = field(default_factory=dict)
    empty: set[Digest] = field(default_factory=set)
    is_dated: bool = True
    ledger: FakeLedger = field(default_factory=FakeLedger)
    queue: FakeQueue = field(default_factory=FakeQueue)
    topic: FakeTopic = field(default_factory=FakeTopic)
    requests: list[str] = field(default_factory=list)
    submitted: list[tuple[ImageTag, Digest | None, datetime | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        container = Container(
            settings=Settings.parse(LEAST | self.settings),
            anchore_until=lambda deadline: self,
            active_tags=self.active_tags,
            inventory=self.inventory,
            data_version=lambda deadline: DataVersion("of today"),
            topics={Channel.STOPS: self.topic},
            tally=Tally(),
            logger=Logger(f"c-{uuid4()}", logger_handler=logging.StreamHandler(io.StringIO())),
            clock=lambda: self.now,
            sleep=lambda seconds: None,
        )
        outbox, deferred = FakeOutbox(self.ledger), FakeDeferred()
        self.parts = Parts(container, self.queue, self.ledger, outbox, deferred, timedelta())

    # --- what happens

    def push(self, tag: ImageTag, digest: Digest, verdict: str | None) -> None:
        """The tag moves on to the image; a verdict: Anchore has analyzed it."""
        if verdict is not None:
            self.verdicts[digest] = verdict
            self.tags.setdefault(tag, []).append((digest, self.now))

    def start(self, context: str, tag: ImageTag, digest: Digest) -> None:
        self.runs.add((context, tag, digest))

    def stop(self, context: str, tag: ImageTag, digest: Digest) -> None:
        self.runs.discard((context, tag, digest))

    def sweep(self, *, later: timedelta = 6 * HOUR) -> datetime:
        """A sweep after so long, and all its work; when it began. AnchoreError."""
        self.now += later
        self.parts.sweep(Sweep(Trigger(TriggerKind.SCHEDULE)), Deadline.after(60))
        began, self.now = self.now, self.now + timedelta(minutes=5)
        self.work()
        return began

    def work(self) -> None:
        """Do what waits, but not what goes back meanwhile; then publish."""
        waiting, self.queue.sent[:] = list(self.queue.sent), []
        for gate, _ in waiting:
            self.parts.work(gate, Deadline.after(60))
        self.parts.publisher.run(Deadline.after(60))

    def gate(self, tag: ImageTag) -> None:
        """A push of what the tag is on, gated at once."""
        self.parts.work(Gate(tag, Trigger(TriggerKind.ECR_PUSH, self.now)), Deadline.after(60))
        self.parts.publisher.run(Deadline.after(60))

    # --- what is remembered and told

    def entry(self, tag: ImageTag, old: Digest | None = None) -> Entry | None:
        return self.ledger.entries.get(subject_of(None, tag, None, old))

    @property
    def notices(self) -> list[Notice]:
        return self.topic.notices

    @property
    def results(self) -> list[Any]:
        return [json.loads(notice.result) for notice in self.notices]

    # --- Anchore

    def inventory(self, deadline: Deadline) -> Inventory:
        self.requests.append("inventory")
        if self.refused:
            raise AnchoreForbidden("HTTP 403", **WHERE)
        for container in self.runs:
            if container[0] not in self.silent | self.hidden:
                since = self.rows.get(container, (self.now, self.now))[0]
                self.rows[container] = since, self.now
        rows = (
            (str(tag), digest, Place("kubernetes", context, seen, since if self.is_dated else None))
            for (context, tag, digest), (since, seen) in sorted(self.rows.items())
            if context not in self.hidden
        )
        return inventory_of(rows, self.now, WITHIN)

    def active_tags(self, deadline: Deadline, seen: AbstractSet[str]) -> ListedTags:
        on = {tag: history[-1][0] for tag, history in self.tags.items()}
        running = {
            tag: found
            for tag, digest in on.items()
            if (found := tuple(d for d in (digest, self.parents.get(digest)) if d and d in seen))
        }
        return ListedTags(tuple(on), running=running)

    def active_images(self, tag: ImageTag) -> list[ImageRecord]:
        self.requests.append("images")
        return self._records(tag)[:1]

    def tag_history(self, tag: ImageTag) -> list[ImageRecord]:
        self.requests.append("history")
        return self._records(tag)

    def _records(self, tag: ImageTag) -> list[ImageRecord]:
        newest_first = dict(self.tags.get(tag, ()))
        records = [
            ImageRecord(
                digest,
                (DetectedTag(str(tag), at),),
                self.parents.get(digest),
                analysis_status="analyzed",
            )
            for digest, at in newest_first.items()
        ]
        return sorted(records, key=lambda one: one.detected_at(tag) or NOON, reverse=True)

    def share(self, number: int) -> "Cluster":
        return self

    def refreshed_vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        self.requests.append("vulnerabilities")
        return self.vulnerabilities(digest, vtype)

    def vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        return VulnerabilityList([], ROWS.answer) if digest in self.empty else ROWS

    def evaluate(self, digest: Digest, tag: ImageTag, policy_id: str | None) -> Evaluation:
        self.requests.append("check")
        return Evaluation(
            image_digest=digest,
            evaluated_tag=str(tag),
            policy_id="p1",
            final_action=self.verdicts[digest],
            mapped_to_rule=True,
            problems=(),
        )

    def submit(
        self, tag: ImageTag, digest: Digest | None = None, since: datetime | None = None
    ) -> None:
        self.submitted.append((tag, digest, since))
