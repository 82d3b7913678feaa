"""What there is to report of an image: the facts of one notice, before they become words.

The news of each kind is a type of its own, with the facts of its kind alone; `News` is any of them.
News that contradicts itself, such as a STOP whose report is no STOP, cannot be made: NoticeInvalid.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, ClassVar, Literal, Self, TypeAlias

from msgspec import Struct, json

from rescan.gate.allowlist_expiry import AllowlistExpiry
from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Outcome, Trigger
from rescan.gate.report import Report
from rescan.gate.running import Running
from rescan.kernel.errors import NoticeInvalid
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.team import UNROUTED
from rescan.ledger.changes import Change, Changes, ClearedFinding
from rescan.ledger.failing import Failing
from rescan.ledger.old_image import OldImage


class EventType(StrEnum):
    """What kind of notice; subscriptions filter on it."""

    STOP = "STOP"
    REMINDER = "REMINDER"
    RECOVERED = "RECOVERED"
    NOT_EVALUATED = "NOT_EVALUATED"
    EXPIRING = "EXPIRING"
    ENDED = "ENDED"
    SUMMARY = "SUMMARY"


# A SUMMARY is about no single image.
ImageEvent: TypeAlias = Literal[
    EventType.STOP,
    EventType.REMINDER,
    EventType.RECOVERED,
    EventType.NOT_EVALUATED,
    EventType.EXPIRING,
    EventType.ENDED,
]


class EndCause(StrEnum):
    """Why a STOP ends although nothing says that it is fixed."""

    NO_LONGER_WATCHED = "no longer watched"
    NO_LONGER_RUNNING = "no longer seen running"
    BACK_UNDER_ITS_TAG = "back under its tag"


# --- what the news of several kinds has


class ImageNews(Struct, frozen=True, kw_only=True):
    """The facts that news of every kind has; the same facts have the same `id`.

    `subject` is the key of the ledger's entry, which all news of an image under one configured
    policy shares; it is empty when nothing is remembered. `turn` counts what was decided about the
    entry: of two in the same moment the later one has the higher. `team` receives the notice.
    `report` is what the workflow came to; None after an error. `anchore_url` is where Anchore's UI
    shows the image; None when nobody said how it forms its addresses. `running` is where the image
    runs; None: not known. `old` is set when it runs under a tag that has moved on.
    """

    event_type: ClassVar[ImageEvent]

    id: str
    tag: ImageTag
    trigger: Trigger
    at: datetime
    subject: str = ""
    turn: int = 0
    policy_id: str | None = None
    team: str = UNROUTED
    report: Report | None = None
    anchore_url: str | None = None
    running: Running | None = None
    old: OldImage | None = None


class EvaluatedNews(ImageNews, frozen=True, kw_only=True):
    """News of a verdict.

    `previous_digest` is set when the tag has moved: while stopped since the last notice, otherwise
    since the last evaluation.
    """

    outcomes: ClassVar[tuple[Outcome, ...]] = (Outcome.STOP, Outcome.WARN, Outcome.GO)

    report: Report
    previous_digest: Digest | None = None

    def __post_init__(self) -> None:
        if self.report.outcome not in self.outcomes:
            raise _contradiction(self.event_type, self.report, " or ".join(self.outcomes))

    @classmethod
    def unremembered(cls, report: Report, now: datetime) -> Self:
        """The news of an image about which nothing is remembered: every report is news."""
        return cls(
            id=stable_id(report.tag, report.image_digest, report.policy_id, now),
            tag=report.tag,
            trigger=report.trigger,
            at=now,
            policy_id=report.policy_id,
            report=report,
            team=report.team,
        )

    @property
    def expiry(self) -> AllowlistExpiry:
        """What will stop the image once items of allowlists end."""
        return self.report.expiry(self.at)


class ComparedNews(EvaluatedNews, frozen=True, kw_only=True):
    """News of a STOP, which begins, lasts or ends, compared with what was known before.

    `first_stop_at` is when the STOP was first seen. `policy_changed` says that the evaluation
    before judged the same image by another state of the policy. `changes` is None where nothing is
    remembered to compare with.
    """

    first_stop_at: datetime | None = None
    policy_changed: bool = False
    changes: Changes | None = None


# --- the news of each kind


class StoppedNews(ComparedNews, frozen=True, kw_only=True):
    """The image is stopped; `due` are the dates (UTC) by which findings are to be gone."""

    outcomes = (Outcome.STOP,)

    due: Mapping[FindingKey, date] = {}

    @property
    def due_at(self) -> date | None:
        """The date by which the first of them is to be gone; None when none is due."""
        return min(self.due.values(), default=None)


class StopNews(StoppedNews, frozen=True, kw_only=True):
    """The image is stopped, and that is new.

    `new` are the findings that were not reported before; None means all of them (the first STOP,
    or one of an image about which nothing is remembered).
    """

    event_type = EventType.STOP

    new: frozenset[FindingKey] | None = None

    @property
    def exploited(self) -> frozenset[FindingKey]:
        """Those that were known not to be exploited when they were last reported, and are."""
        changed = self.changes.findings if self.changes else ()
        return frozenset(each.key for each in changed if each.change is Change.EXPLOITED)


class ReminderNews(StoppedNews, frozen=True, kw_only=True):
    """The image is still stopped, by nothing that was not reported before."""

    event_type = EventType.REMINDER


class RecoveredNews(ComparedNews, frozen=True, kw_only=True):
    """The image is no longer stopped.

    `cleared` are the findings that stopped it, worst first; it may be cut, `cleared_total` is not.
    """

    event_type = EventType.RECOVERED
    outcomes = (Outcome.GO, Outcome.WARN)

    cleared: tuple[ClearedFinding, ...] = ()
    cleared_total: int = 0


class ExpiringNews(EvaluatedNews, frozen=True, kw_only=True):
    """Items of allowlists end soon without which the image will be stopped."""

    event_type = EventType.EXPIRING
    outcomes = (Outcome.GO, Outcome.WARN)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.expiry.soon:
            problem = f"no allowlist item that {self.tag} needs ends within 14 days"
            raise NoticeInvalid(f"{problem}, expected one for an EXPIRING")


class NotEvaluatedNews(ImageNews, frozen=True, kw_only=True):
    """The image could not be evaluated for a while, which never ends a STOP.

    `first_stop_at` is set while the image is stopped.
    """

    event_type = EventType.NOT_EVALUATED

    failing: Failing
    first_stop_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.report is not None and self.report.outcome.is_verdict:
            raise _contradiction(self.event_type, self.report, "no verdict")


class EndedNews(ImageNews, frozen=True, kw_only=True):
    """A STOP ends without a verdict: nothing is known to be fixed, and nobody looks any more.

    `asked_at` is when the image had its last result under this policy.
    """

    event_type = EventType.ENDED

    cause: EndCause
    asked_at: datetime
    first_stop_at: datetime | None = None


News: TypeAlias = (
    StopNews | ReminderNews | RecoveredNews | NotEvaluatedNews | ExpiringNews | EndedNews
)


def _contradiction(kind: EventType, report: Report, expected: str) -> NoticeInvalid:
    article = "an" if kind is EventType.EXPIRING else "a"
    found = f"the outcome of {report.tag} is {report.outcome}"
    return NoticeInvalid(f"{found}, expected {expected} for {article} {kind}")


def stable_id(*facts: Any) -> str:
    """The same for the same facts, which JSON must be able to hold; 32 hexadecimal digits."""
    return sha256(json.encode(facts)).hexdigest()[:32]
