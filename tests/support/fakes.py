"""AWS as the parts see it: the adapters in memory, whose calls are counted and may be refused.

The tests in `tests/aws` hold them and the adapters of AWS to the same contract.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, ClassVar

import msgspec
from msgspec import json

from rescan.events.commands import Gate, SweepPage
from rescan.kernel.errors import LedgerUnavailable, PublishFailed, QueueUnavailable
from rescan.kernel.publish_fault import PublishFault
from rescan.memory.deferred import MemoryDeferred
from rescan.memory.ledger import MemoryLedger
from rescan.memory.outbox import MemoryOutbox
from rescan.memory.queue import MemoryQueue
from rescan.outbox.items import Channel, NoticeKey, OutboxItem, PendingNotice, Unreadable
from rescan.outbox.notice import Notice
from rescan.work.ports import Ledger, Outbox

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def calls_of(port: type) -> frozenset[str]:
    """The names of the port's calls."""
    parts = [each for each in port.__mro__ if each.__module__.startswith("rescan.")]
    return frozenset(name for part in parts for name in vars(part) if not name.startswith("_"))


class _Counted:
    """Tells `called` of each call of the port, before it is made."""

    port: ClassVar[frozenset[str]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # A fake that is based on another one has the calls of that one, which are counted.
        for name in cls.port if "port" in vars(cls) else ():
            setattr(cls, name, _counted(name, getattr(cls, name)))


def _counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def counted(self: Any, *arguments: Any, **options: Any) -> Any:
        self.called(name)
        return call(self, *arguments, **options)

    return counted


class FakeLedger(_Counted, MemoryLedger):
    """The ledger in memory, and its outbox; `refuses`: the calls that raise LedgerUnavailable."""

    port = calls_of(Ledger)
    refuses: set[str] = msgspec.field(default_factory=set)
    garbled: set[NoticeKey] = msgspec.field(default_factory=set)
    calls: list[str] = msgspec.field(default_factory=list)

    def called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.refuses:
            raise LedgerUnavailable(f"refused: {name}")

    @property
    def due(self) -> dict[tuple[Channel, str], OutboxItem]:
        """Another name of the notices that wait."""
        return self.notices


class FakeOutbox(_Counted, MemoryOutbox):
    """The outbox in a fake ledger, which counts and refuses its calls too.

    Of the `garbled` of the ledger nothing can be decoded.
    """

    # What is in flight, or cannot be decoded, is known from other calls; the next one forgets.
    port = calls_of(Outbox) - {"in_flight", "unreadable", "forget"}

    def __init__(self, ledger: FakeLedger) -> None:
        super().__init__(ledger)
        self.called = ledger.called
        self._garbled = ledger.garbled

    def waiting(self, most: int) -> list[PendingNotice]:
        return [notice for notice in super().waiting(most) if notice.key not in self._garbled]

    def unreadable(self) -> list[Unreadable]:
        keys = [key for key in self._garbled if key in self._ledger.notices]
        return [Unreadable("#".join(key), "DecodeError", waits=True) for key in keys]

    def set_aside(self, notice: PendingNotice | Unreadable, reason: str) -> None:
        if isinstance(notice, PendingNotice):
            return super().set_aside(notice, reason)
        channel, name = notice.key.split("#", 1)
        key = (Channel(channel), name)
        self._ledger.aside[key] = self._ledger.notices.pop(key)
        return None


@dataclass
class FakeTopic:
    """Keeps what was published; `refuses` while it is down.

    Of a message that has one of the `refused` texts in its result it says that this is at `fault`.
    """

    notices: list[Notice] = field(default_factory=list)
    refuses: bool = False
    subscriptions: int = 1
    refused: set[str] = field(default_factory=set)
    fault: PublishFault = PublishFault.MESSAGE

    def publish(self, notice: Notice) -> str:
        if self.refuses:
            raise PublishFailed("SNS refused")
        if any(text in notice.result for text in self.refused):
            raise PublishFailed("SNS refused the message", self.fault)
        notice.check()
        self.notices.append(notice)
        return f"message-{len(self.notices)}"

    def confirmed_subscriptions(self) -> int:
        if self.refuses:
            raise PublishFailed("SNS refused")
        return self.subscriptions

    @property
    def said(self) -> list[str]:
        """The event types, in order."""
        return [str(notice.attributes["event_type"]) for notice in self.notices]

    @property
    def ids(self) -> list[str]:
        """The ids of the notices, in order."""
        return [json.decode(n.result)["id"] for n in self.notices]


class FakeDeferred(MemoryDeferred):
    """Deferred work in memory; `refuses` while the ledger is down."""

    refuses: bool = False

    def defer(self, gate: Gate, until: datetime) -> None:
        if self.refuses:
            raise LedgerUnavailable("refused: defer")
        super().defer(gate, until)


class FakeQueue(MemoryQueue):
    """The queue in memory; `refuses` while it is down."""

    refuses: bool = False

    def send(self, gate: Gate, delay: timedelta) -> None:
        self._check()
        super().send(gate, delay)

    def send_page(self, page: SweepPage, delay: timedelta) -> None:
        self._check()
        super().send_page(page, delay)

    def send_all(self, gates: Iterable[Gate]) -> int:
        # A sweep that fails to list its tags does so before anything is sent.
        every = list(gates)
        self._check()
        return super().send_all(every)

    @property
    def messages(self) -> list[tuple[str, timedelta]]:
        """What was sent, as it would be read back, with its delay."""
        return [(gate.encode(), delay) for gate, delay in self.sent]

    def _check(self) -> None:
        if self.refuses:
            raise QueueUnavailable("refused")
