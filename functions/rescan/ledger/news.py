"""What there is to say about an image: the facts of one notice, before they become words."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Literal, TypeAlias

from msgspec import Struct, json

from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Severity, Step, Trigger
from rescan.gate.report import Report
from rescan.kernel.errors import AnchoreError, RescanError
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.team import UNROUTED


class EventType(StrEnum):
    """What kind of notice; subscriptions filter on it."""

    STOP = "STOP"
    REMINDER = "REMINDER"
    RECOVERED = "RECOVERED"
    NOT_EVALUATED = "NOT_EVALUATED"
    EXPIRING = "EXPIRING"
    SUMMARY = "SUMMARY"


# A SUMMARY is about no single image.
ImageEvent: TypeAlias = Literal[
    EventType.STOP,
    EventType.REMINDER,
    EventType.RECOVERED,
    EventType.NOT_EVALUATED,
    EventType.EXPIRING,
]


class ClearedBy(StrEnum):
    """What took a finding away."""

    FIXED = "fixed"
    ALLOWLISTED = "allowlisted"
    POLICY_CHANGED = "policy changed"
    NEW_DIGEST = "new digest"


class ClearedFinding(Struct, frozen=True):
    """A finding that stopped the image and no longer does; severity None: never known."""

    key: FindingKey
    severity: Severity | None
    by: ClearedBy


class Change(StrEnum):
    """What happened to a finding; the last four are those of ClearedBy."""

    ADDED = "added"
    SEVERITY_RAISED = "severity raised"
    FIXED = "fixed"
    ALLOWLISTED = "allowlisted"
    POLICY_CHANGED = "policy changed"
    NEW_DIGEST = "new digest"


class ChangedFinding(Struct, frozen=True):
    """A finding to which something happened; `before` is the severity that was raised."""

    key: FindingKey
    severity: Severity | None
    change: Change
    before: Severity | None = None


class Changes(Struct, frozen=True):
    """What is different from what was last said of the image, `since` then.

    New findings come first, then those that are gone, both worst first. `more` findings are gone
    that nobody kept the names of.
    """

    since: datetime
    policy_changed: bool = False
    findings: tuple[ChangedFinding, ...] = ()
    more: int = 0


class Failing(Struct, frozen=True):
    """Since when no real evaluation has come about, at which step it fails, and why.

    The cause of an entry that was stored without one is OTHER.
    """

    since: datetime
    step: str
    reason: str
    cause: FailureCause = FailureCause.OTHER

    @classmethod
    def of_report(cls, report: Report, since: datetime) -> "Failing":
        """What keeps the report from being a verdict."""
        cause = report.cause or FailureCause.OTHER
        return cls(since, report.failed_step, report.reason, cause)

    @classmethod
    def of_error(cls, error: RescanError, since: datetime) -> "Failing":
        """An attempt that ended with the error; before the first request its step is the first."""
        step = error.step if isinstance(error, AnchoreError) else Step.FIND_ACTIVE_IMAGE
        return cls(since, step, str(error), error.cause)


class News(Struct, frozen=True, kw_only=True):
    """One thing to say. The same facts have the same `id`.

    `report` is the evaluation behind it; a NOT_EVALUATED may have none. Of a STOP, `new` are the
    findings that were not said before; None means all of them (the first STOP, or one of an image
    about which nothing is remembered). `first_stop_at` is when the present STOP was first seen.
    `subject` is the ledger's entry, empty when nothing is remembered: all that is said of an image
    under one configured policy has the same. `previous_digest` is set when the tag has moved: while
    stopped since the last notice, otherwise since the last evaluation. `policy_changed` says that
    the same image was judged by another state of the policy at the evaluation before. `cleared` is
    what a RECOVERED is about, worst first; it may be cut, `cleared_total` is not. `changes` is None
    where nothing is remembered to compare with. `team` is to be told. `turn` counts what was
    decided about the entry: of two in the same moment the later one has the higher.
    """

    event_type: ImageEvent
    id: str
    tag: ImageTag
    trigger: Trigger
    at: datetime
    subject: str = ""
    turn: int = 0
    policy_id: str | None = None
    report: Report | None = None
    new: frozenset[FindingKey] | None = None
    first_stop_at: datetime | None = None
    previous_digest: Digest | None = None
    policy_changed: bool = False
    cleared: tuple[ClearedFinding, ...] = ()
    cleared_total: int = 0
    changes: Changes | None = None
    failing: Failing | None = None
    team: str = UNROUTED

    @classmethod
    def unremembered(cls, event_type: ImageEvent, report: Report, now: datetime) -> "News":
        """The news of a report about whose image nothing is remembered: it is news each time."""
        return cls(
            event_type=event_type,
            id=stable_id(report.tag, report.image_digest, report.policy_id, now),
            tag=report.tag,
            trigger=report.trigger,
            at=now,
            policy_id=report.policy_id,
            report=report,
            team=report.team,
        )


def stable_id(*facts: Any) -> str:
    """The same for the same facts, which JSON must be able to hold; 32 hexadecimal digits."""
    return sha256(json.encode(facts)).hexdigest()[:32]
