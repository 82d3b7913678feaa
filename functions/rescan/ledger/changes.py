"""What has happened to the findings of an image since it was last reported."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Severity


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
    EXPLOITED = "known to be exploited"
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
    """What has changed since the image was last reported, at `since`.

    New findings come first, then those that are gone, both worst first. `more` findings are gone
    whose names were not kept.
    """

    since: datetime
    policy_changed: bool = False
    findings: tuple[ChangedFinding, ...] = ()
    more: int = 0
