"""What a case came to: what was said and when, and where each message ended."""

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Role(StrEnum):
    """What becomes of an image: it stays a GO, becomes a STOP, or is a STOP no more."""

    CALM = "calm"
    FLIPS = "flips"
    MENDS = "mends"


class Stage(IntEnum):
    """The stages of a case, in their order; as a word: when a STOP was said."""

    BEFORE = 0
    FAULT = 1
    LATER = 2
    REDRIVEN = 3
    SWEEP = 4

    def __str__(self) -> str:
        return ("too early", "at once", "after it", "redriven", "next sweep")[self]


@dataclass(frozen=True)
class Said:
    """A notice as a reader of the topic has it."""

    stage: Stage
    role: Role
    event_type: str
    id: str


@dataclass(frozen=True)
class Messages:
    """Where the messages ended; `redriven`: how many the dead letters held after the fault."""

    sent: int
    done: int
    queued: int
    dead: int
    redriven: int

    @property
    def vanished(self) -> int:
        """How many are nowhere."""
        return self.sent - self.done - self.queued - self.dead


@dataclass(frozen=True)
class Outcome:
    """What a case came to.

    `disturbed`: how often a crash, a duplicate, a lost answer or a refusing ledger gave leave to
    say a role's notice again. `forgetful`: the ledger refused, so that the same notice may have
    several ids. `went_through`: the first stage in which Anchore answered go on the image that
    mends. `verdicts` are the ledger's in the end, `waiting` counts notices that nobody published
    then, `deaths` the processes that died by themselves, `delays` are those of all copies.
    `longest_chain` counts invocations of which each was started by a message of the one before;
    `failed_events` are those of the schedule that Lambda gave up, `strays` the messages that were
    handed over from the other lane's queue, `sweeps` those of which a message was.
    """

    said: tuple[Said, ...]
    messages: Messages
    disturbed: Counter[Role]
    forgetful: bool
    went_through: Stage | None
    verdicts: dict[Role, str]
    waiting: int
    deaths: int
    delays: tuple[int, ...]
    longest_chain: int
    failed_events: int
    strays: int
    sweeps: int

    def of(self, role: Role, event_type: str) -> list[Said]:
        """What was said of this kind about the role's image, in order."""
        return [said for said in self.said if (said.role, said.event_type) == (role, event_type)]
