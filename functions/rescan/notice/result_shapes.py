"""The shapes of the attribute `result`, version 2, as docs/notice.schema.json describes them."""

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType

from rescan.notice.running_shapes import Old, Running
from rescan.notice.summary_shapes import Summary


class Image(Struct, frozen=True):
    """The image; `digest` is the one that was evaluated."""

    registry: str
    repository: str
    tag: str
    full_tag: str
    digest: str | None


class Platform(Struct, frozen=True):
    """One platform of an image that has several."""

    platform: str
    digest: str
    outcome: str


class Trigger(Struct, frozen=True):
    """What woke the function."""

    kind: str
    at: str | None


class Epss(Struct, frozen=True):
    """How likely an exploit is, and which share of vulnerabilities is less likely: 0 to 1."""

    score: float
    percentile: float | None


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
    rule_set: str | None
    known_exploited: bool | None
    epss: Epss | None
    cvss: float | None
    url: str | None
    suggested_fix: str | None
    annotation: str | None
    detected_at: str | None
    due_at: str | UnsetType = UNSET
    platforms: Sequence[str] | UnsetType = UNSET


class Stopping(Struct, frozen=True, kw_only=True):
    """What stops the image."""

    total: int
    new: int
    shown: int = 0
    by_severity: dict[str, int]
    problem: str | None
    findings: Sequence[Finding] = ()


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
    """What has changed since the image was last reported."""

    since: str
    new_digest: bool
    policy_changed: bool
    total: int
    shown: int
    findings: Sequence[ChangedFinding]


class SuppressedFinding(Struct, frozen=True):
    """A finding that an allowlist suppresses; `until` None: nobody knows until when."""

    until: str | None
    gate: str
    trigger: str
    what: str
    severity: str


class Suppressed(Struct, frozen=True):
    """The findings that would stop the image, and are suppressed for a while."""

    total: int
    shown: int
    findings: Sequence[SuppressedFinding]


class Failing(Struct, frozen=True):
    """What keeps the image from being evaluated."""

    since: str
    step: str
    reason: str


class Ended(Struct, frozen=True):
    """Why a STOP ends without a verdict; `asked_at` is when the image had its last result."""

    cause: str
    asked_at: str


class GroupIssue(Struct, frozen=True):
    """What the images of a group have in common."""

    kind: str
    name: str
    severity: str
    packages: Sequence[str]
    fixed_in: Sequence[str]
    until: str | None
    known_exploited: bool | None
    now_exploited: bool | UnsetType = UNSET


class GroupMember(Struct, frozen=True):
    """One image of a group; `id` is that of the notice that it would have had alone."""

    id: str
    full_tag: str
    digest: str | None
    max_severity: str
    findings: int
    about: Sequence[str]
    known_exploited: bool | None
    due_at: str | UnsetType = UNSET
    running: Running | UnsetType = UNSET
    old: bool | UnsetType = UNSET


class Group(Struct, frozen=True, kw_only=True, rename={"issue": "matter"}):
    """A message about many images: `images` in all its parts, `total` with those told before."""

    issue: GroupIssue | None
    images: int
    total: int
    part: int
    parts: int
    exploited: int
    overdue: int | UnsetType = UNSET
    running: int | UnsetType = UNSET
    shown: int = 0
    members: Sequence[GroupMember] = ()


class Result(Struct, frozen=True, kw_only=True, rename={"suppressed": "held_back"}):
    """The whole; the parts that a kind of notice does not have are None.

    Only a SUMMARY has the field `summary`, only an ENDED the field `ended`, and only one image the
    field `running`. A date is written only where something is due, platforms only of an image that
    has several.
    """

    version: str = "2"
    id: str
    event_type: str
    at: str
    image: Image | None = None
    team: str
    outcome: str | None = None
    final_action: str | None = None
    reason: str | None = None
    policy_id: str | None = None
    policy_name: str | None = None
    anchore_url: str | None = None
    trigger: Trigger | None = None
    evaluated_at: str | None = None
    first_stop_at: str | None = None
    due_at: str | UnsetType = UNSET
    previous_digest: str | None = None
    stopping: Stopping | None = None
    cleared: Cleared | None = None
    suppressed: Suppressed | None = None
    changes: Changes | None = None
    failing: Failing | None = None
    group: Group | None = None
    vulnerabilities: Vulnerabilities | None = None
    notes: Sequence[str] = ()
    running: Running | UnsetType = UNSET
    old: Old | UnsetType = UNSET
    ended: Ended | UnsetType = UNSET
    summary: Summary | UnsetType = UNSET
    platforms: Sequence[Platform] | UnsetType = UNSET
