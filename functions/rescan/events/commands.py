"""What an event asks for, as one typed value."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, json

from rescan.gate.model import RescanRequest, Trigger
from rescan.gate.running import TagInventory
from rescan.kernel.errors import EventRefused
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.watch_list import WatchList
from rescan.settings import Settings


class Gate(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Gate one image.

    `answer_in_full`: the caller waits for the workflow's outputs. The fields from `sweep` on are
    the history of work that goes through the queue: the start of the sweep that asked for it, when
    the work was first seen, how often it was sent back, whether the image was submitted to Anchore,
    whether the ledger did not take its STOP, what was published of that STOP all the same, the
    version of the feeds when the sweep began, which only REFRESH=feed tells, where that sweep's
    inventory saw the tag, if it asked, and the digest that runs though the tag has moved on.
    """

    tag: ImageTag
    trigger: Trigger
    digest: Digest | None = None
    vtype: str | None = None
    policy_id: str | None = None
    answer_in_full: bool = False
    sweep: datetime | None = None
    first_seen: datetime | None = None
    attempt: int = 0
    submitted: bool = False
    unrecorded: bool = False
    published_id: str | None = None
    feeds: str | None = None
    running: TagInventory | None = None
    old_digest: Digest | None = None

    def request(self, settings: Settings) -> RescanRequest:
        """The workflow's inputs; the settings fill in what the event does not name."""
        return RescanRequest(
            tag=self.tag,
            trigger=self.trigger,
            vtype=self.vtype or settings.vulnerability_type,
            policy_id=self.policy_id or settings.policy_id,
            digest=self.digest,
            team=settings.routes.of(self.tag),
            feeds=self.feeds,
            old_digest=self.old_digest,
            running=self.known_running.digests if self.known_running else frozenset(),
        )

    @property
    def known_running(self) -> TagInventory | None:
        """What a sweep knows of where it runs; None: nothing, or not for certain."""
        return self.running if self.running and self.running.known else None

    def encode(self) -> str:
        """The body of the message that `parse_event` reads back."""
        return json.encode({"rescan": self}).decode()


class Sweep(Struct, frozen=True):
    """Gate every watched tag; None: those that the settings name."""

    trigger: Trigger
    watch_list: WatchList | None = None

    def watched(self, settings: Settings) -> WatchList:
        """The tags to gate; EventRefused when the dialect cannot list the active ones."""
        watch_list = self.watch_list or settings.watch_list
        if watch_list.needs_listing and settings.anchore_dialect == "arazzo":
            raise EventRefused(
                "patterns need a list of the active tags, which the arazzo dialect lacks",
                "tags without *",
            )
        return watch_list


class SweepPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Do one page of the sweep that began then, and send the next.

    `sent` is told apart from every other message for the page: one of them does it. `attempt` is
    how often it was sent back.
    """

    sweep: datetime
    page: int
    sent: str
    attempt: int = 0

    def encode(self) -> str:
        """The body of the message that `parse_event` reads back."""
        return json.encode({"sweep_page": self}).decode()


class Publish(Struct, frozen=True):
    """Publish the notices that wait in the outbox."""


class Summarize(Struct, frozen=True):
    """Write the daily summary; `due` is the schedule's moment for it, None when asked by hand."""

    due: datetime | None = None


class Check(Struct, frozen=True):
    """Look whether the feeds or the policy have changed, and sweep if they have."""


class Examine(Struct, frozen=True):
    """Check the way to Anchore and what the function has in AWS."""


class Ignored(Struct, frozen=True):
    """An event that asks for nothing, and why."""

    reason: str


class Batch(Struct, frozen=True):
    """An SQS batch, as Lambda delivers it."""

    event: Mapping[str, Any]


Event = Gate | Sweep | SweepPage | Publish | Summarize | Check | Examine | Ignored | Batch
