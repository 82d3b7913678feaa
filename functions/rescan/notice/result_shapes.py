"""The shapes of the attribute `result`, version 1, as docs/notice.schema.json describes them."""

from collections.abc import Sequence

from msgspec import Struct

__all__ = [
    "ChangedFinding",
    "Changes",
    "Cleared",
    "ClearedFinding",
    "Failing",
    "Finding",
    "HeldBack",
    "HeldFinding",
    "Image",
    "Result",
    "Stopping",
    "Trigger",
    "Vulnerabilities",
]


class Image(Struct, frozen=True):
    """The image; `digest` is the one that was evaluated."""

    registry: str
    repository: str
    tag: str
    full_tag: str
    digest: str | None


class Trigger(Struct, frozen=True):
    """What woke the function."""

    kind: str
    at: str | None


class Finding(Struct, frozen=True):
    """One reason why an image is stopped."""

    new: bool
    severity: str
    gate: str
    trigger: str
    vulnerability: str | None
    package: str | None
    file: str | None
    version: str | None
    listed: bool
    fixed_in: str | None
    will_not_fix: bool
    locations: int
    inherited_from_base: bool | None
    message: str
    recommendation: str | None
    rule_id: str
    policy_id: str


class Stopping(Struct, frozen=True):
    """What stops the image."""

    total: int
    new: int
    shown: int
    by_severity: dict[str, int]
    problem: str | None
    findings: Sequence[Finding]


class Vulnerabilities(Struct, frozen=True):
    """All vulnerabilities of the image."""

    by_severity: dict[str, int] | None
    problem: str | None


class ClearedFinding(Struct, frozen=True):
    """What stopped the image and no longer does."""

    gate: str
    trigger: str
    what: str
    severity: str | None
    by: str


class Cleared(Struct, frozen=True):
    """What cleared a STOP."""

    total: int
    shown: int
    findings: Sequence[ClearedFinding]


class ChangedFinding(Struct, frozen=True):
    """A finding to which something happened."""

    change: str
    gate: str
    trigger: str
    what: str
    severity: str | None
    before: str | None


class Changes(Struct, frozen=True):
    """What is different from what was last said of the image."""

    since: str
    new_digest: bool
    policy_changed: bool
    total: int
    shown: int
    findings: Sequence[ChangedFinding]


class HeldFinding(Struct, frozen=True):
    """What an allowlist holds back until then; None: until when is not known."""

    until: str | None
    gate: str
    trigger: str
    what: str
    severity: str


class HeldBack(Struct, frozen=True):
    """What would stop the image, and is held back for a while."""

    total: int
    shown: int
    findings: Sequence[HeldFinding]


class Failing(Struct, frozen=True):
    """What keeps the image from being evaluated."""

    since: str
    step: str
    reason: str


class Result(Struct, frozen=True, kw_only=True):
    """The whole; the parts that a kind of notice does not have are None."""

    version: str
    id: str
    event_type: str
    at: str
    image: Image
    outcome: str | None
    final_action: str | None
    reason: str | None
    policy_id: str | None
    trigger: Trigger
    evaluated_at: str | None
    first_stop_at: str | None
    previous_digest: str | None
    stopping: Stopping | None
    cleared: Cleared | None
    held_back: HeldBack
    changes: Changes | None
    failing: Failing | None
    vulnerabilities: Vulnerabilities | None
    notes: Sequence[str]
