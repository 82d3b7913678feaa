"""Calls of AWS that fail as planned: refused, done but unanswered, or the end of the process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rescan.kernel.errors import LedgerUnavailable, PublishFailed, QueueUnavailable, RescanError
from rescan.work.ports import Ledger, Outbox, WorkQueue
from rescan.work.topics import Topic
from tests.support.fakes import calls_of

CALLS: dict[str, type[RescanError]] = {
    "read": LedgerUnavailable,
    "write": LedgerUnavailable,
    "mark_swept": LedgerUnavailable,
    "claim": LedgerUnavailable,
    "notice": LedgerUnavailable,
    "clear_in_flight": LedgerUnavailable,
    "publish": PublishFailed,
    "send": QueueUnavailable,
}
_EVERY_CALL = frozenset[str]().union(*map(calls_of, (Ledger, Outbox, WorkQueue, Topic)))


class Fault(StrEnum):
    """What becomes of a call."""

    REFUSED = "refused"
    UNANSWERED = "done, and answered as failed"
    CRASH_BEFORE = "the process ends before it"
    CRASH_AFTER = "the process ends behind it"


class Crash(Exception):
    """The process ended."""


@dataclass
class Faults:
    """The faults of one delivery, by call; the first `spared` of those calls go well, and `most`
    fail (None: all that follow). `first` runs once before the call of that name.
    """

    planned: Mapping[str, Fault] = field(default_factory=dict)
    first: dict[str, Callable[[], None]] = field(default_factory=dict)
    spared: int = 0
    most: int | None = None

    def __post_init__(self) -> None:
        """ValueError: no call could meet one of the faults."""
        if unknown := self.planned.keys() - _EVERY_CALL:
            raise ValueError(f"no port has the calls {sorted(unknown)}")

    def met_by(self, name: str) -> Fault | None:
        """What becomes of the call that is made now."""
        fault = self.planned.get(name)
        if fault is None or self.most == 0:
            return None
        if self.spared:
            self.spared -= 1
            return None
        if self.most is not None:
            self.most -= 1
        return fault


class Faulty:
    """A fake with the same calls, of which some fail; `faults` may be exchanged at any time."""

    def __init__(self, fake: object) -> None:
        self.faults = Faults()
        self._fake = fake

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if (first := self.faults.first.pop(name, None)) is not None:
                first()
            fault = self.faults.met_by(name)
            if fault is Fault.CRASH_BEFORE:
                raise Crash(name)
            if fault is Fault.REFUSED:
                raise CALLS.get(name, LedgerUnavailable)(f"refused: {name}")
            answer = getattr(self._fake, name)(*arguments)
            if fault is Fault.CRASH_AFTER:
                raise Crash(name)
            if fault is Fault.UNANSWERED:
                raise CALLS.get(name, LedgerUnavailable)(f"no answer: {name}")
            return answer

        return call
