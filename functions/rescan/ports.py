"""What the queue's work needs of AWS: ledger, queue and topic, which `aws/` implements."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from rescan.events import Gate
from rescan.image_tag import ImageTag
from rescan.memory import Entry
from rescan.notice.notice import Notice

__all__ = ["Glance", "Ledger", "Page", "SweepRecord", "Topic", "WorkQueue"]


class Page(Struct, frozen=True):
    """An entry of the ledger, and the notices that are decided and not yet published."""

    entry: Entry
    outbox: tuple[Notice, ...] = ()


class Glance(Struct, frozen=True):
    """What a sweep reads of an entry; `unsaid`: a notice of it is not yet published."""

    tag: ImageTag
    stopped: bool
    unsaid: bool
    evaluated_at: datetime | None
    sweep: datetime | None


class SweepRecord(Struct, frozen=True):
    """A full sweep: when it began, and how many tags it enqueued."""

    started: datetime
    expected: int


class Ledger(Protocol):
    """Each call raises LedgerUnavailable."""

    def read(self, subject: str) -> Page | None:
        """The page; None when nothing is remembered."""
        ...

    def write(self, page: Page) -> None:
        """Write the page if the one there has the version before; LedgerConflict otherwise."""
        ...

    def clear_outbox(self, entry: Entry) -> None:
        """Its notices were published; nothing is done when the entry was written meanwhile."""
        ...

    def mark_swept(self, subject: str, sweep: datetime) -> None:
        """The sweep's message was read, and the entry is good enough as it is."""
        ...

    def glances(self) -> Iterator[Glance]:
        """Every entry."""
        ...

    def last_sweep(self) -> SweepRecord | None:
        """The last full sweep."""
        ...

    def record_sweep(self, sweep: SweepRecord) -> None:
        """Remember a full sweep."""
        ...

    def claim_slot(self, now: datetime, horizon: timedelta) -> datetime | None:
        """A moment at which the stack may publish; None when all within the horizon are taken."""
        ...


class WorkQueue(Protocol):
    """Each call raises QueueUnavailable."""

    def send(self, gate: Gate, delay: timedelta) -> None:
        """One message; the delay is at most 15 minutes."""
        ...

    def send_all(self, gates: Iterable[Gate]) -> int:
        """Many messages at once; how many were taken, which is all."""
        ...


class Topic(Protocol):
    """Where notices go."""

    def publish(self, notice: Notice) -> str:
        """The message id; PublishFailed, NoticeInvalid."""
        ...

    def confirmed_subscriptions(self) -> int:
        """How many readers have confirmed; PublishFailed when SNS does not say."""
        ...
