"""The facts of a rescan, as frozen values: what was asked, and what Anchore answered.

Fields that Anchore may leave out are optional here: that an answer does not say is a fact of its
own, and the verdict (`verdict.py`) must not take it for "no".
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum, StrEnum

from msgspec import Raw, Struct, json

from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.json_decoding import NULL
from rescan.kernel.metrics import Metric
from rescan.kernel.team import UNROUTED


class Step(StrEnum):
    """The workflow's steps, by the names that the Arazzo document gives them."""

    FIND_ACTIVE_IMAGE = "findActiveImage"
    REFRESH_VULNERABILITIES = "refreshVulnerabilities"
    REGATE = "regate"
    # Not of the workflow: the active tags that a sweep asks for, what runs, a missing image's
    # submission, and which data Anchore judges by.
    LIST_TAGS = "listActiveTags"
    LIST_INVENTORIES = "listInventories"
    ADD_IMAGE = "addImage"
    LIST_FEEDS = "listFeeds"
    LIST_POLICIES = "listPolicies"


class Outcome(StrEnum):
    """What a rescan came to; only the first three are verdicts."""

    STOP = "stop"
    WARN = "warn"
    GO = "go"
    NOT_FOUND = "not_found"
    PENDING = "pending"
    NOT_EVALUATED = "not_evaluated"

    @property
    def is_verdict(self) -> bool:
        """Whether the policy was really evaluated."""
        return self in (Outcome.STOP, Outcome.WARN, Outcome.GO)


class Notification(StrEnum):
    """Whether the outcome was published.

    `queued`: its notice waits for the publisher; `known`: a STOP that was reported before.
    """

    PUBLISHED = "published"
    QUEUED = "queued"
    KNOWN = "known"
    NONE = "none"


class Severity(IntEnum):
    """Anchore's order of severities; a word that it does not know ranks as unknown.

    Source: `SEVERITY_ORDERING` of the engine's vulnerabilities gate, compared in lower case.
    """

    UNKNOWN = 0
    NEGLIGIBLE = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5

    @classmethod
    def parse(cls, text: str | None) -> "Severity":
        """The severity of the word, in whatever case."""
        return cls.__members__.get((text or "").upper(), cls.UNKNOWN)

    def __str__(self) -> str:
        return self.name.lower()


class TriggerKind(StrEnum):
    """What woke the function."""

    ECR_PUSH = "ecr_push"
    SCHEDULE = "schedule"
    DIRECT = "direct"


class Trigger(Struct, frozen=True):
    """What woke the function, and when the event happened (aware; None when it does not say)."""

    kind: TriggerKind
    at: datetime | None = None

    @property
    def is_push(self) -> bool:
        """Whether it is a push or a replication."""
        return self.kind is TriggerKind.ECR_PUSH


class RescanRequest(Struct, frozen=True):
    """The workflow's inputs, authorization apart: that one lives in the client.

    `digest` is the one that the trigger names: no other image is gated, unless the tag was
    detected on another after `trigger.at`; while `awaits_push`, that must be known to be a later
    push. `team` owns the image, by the name of its repository.
    `feeds` is the version of the feeds when the work was begun, if that is known; `fresh_digests`
    are the images of which no refresh is forced, since one was on these feeds. `running` are the
    digests that the inventory saw; a platform that Anchore has not analyzed and that is not among
    them is waited for only while `awaits_analysis`. `old_digest` is the image to gate, though the
    tag may have moved on: it runs under the tag still. `stopped`: the last that is known of the
    image is a STOP.
    """

    tag: ImageTag
    trigger: Trigger
    vtype: str = "all"
    policy_id: str | None = None
    digest: Digest | None = None
    team: str = UNROUTED
    feeds: str | None = None
    fresh_digests: frozenset[Digest] = frozenset()
    running: frozenset[Digest] = frozenset()
    awaits_analysis: bool = True
    awaits_push: bool = False
    old_digest: Digest | None = None
    stopped: bool = False


class DetectedTag(Struct, frozen=True):
    """A full tag of an image, and when Anchore first saw it there (aware)."""

    full_tag: str
    detected_at: datetime | None = None


class ImageRecord(Struct, frozen=True):
    """One image as Anchore lists it, with all its tags in no order.

    `tags` is None in a dialect whose records carry no tags; `team` comes from an annotation.
    `platform` is e.g. "linux/arm64"; None: Anchore does not say, as before the analysis.
    """

    digest: Digest
    tags: tuple[DetectedTag, ...] | None
    parent_digest: Digest | None = None
    image_status: str | None = None
    analysis_status: str | None = None
    team: str | None = None
    platform: str | None = None

    @property
    def is_of_index(self) -> bool:
        """Whether it was found through an index, which may have other platforms besides."""
        return self.parent_digest not in (None, self.digest)

    def bears(self, tag: ImageTag) -> bool:
        """Whether the image is active and bears exactly this tag, as far as the record tells."""
        return self.is_active and (self.tags is None or bool(self._named(tag)))

    @property
    def is_active(self) -> bool:
        """Whether the image is active, as far as the record tells."""
        return self.image_status in (None, "active")

    def is_called(self, digest: Digest) -> bool:
        """Whether that is the image's digest, or that of the index it is a platform of."""
        return digest in (self.digest, self.parent_digest)

    def detected_at(self, tag: ImageTag) -> datetime | None:
        """When Anchore last detected the tag on this image."""
        return max((t.detected_at for t in self._named(tag) if t.detected_at), default=None)

    def _named(self, tag: ImageTag) -> list[DetectedTag]:
        return [named for named in self.tags or () if tag.is_called(named.full_tag)]


class Vulnerability(Struct, frozen=True, gc=False):
    """One row of Anchore's list, with the fields that are used; rows repeat per package path.

    Real servers write an absent value as the string "None"; `present()` reads such a field. The
    fields that are kept as JSON are read for blocking findings alone, and leniently: an image has
    rows by the ten thousand, and one that is odd there must not cost the list.
    """

    vuln: str | None = None
    severity: str | None = None
    package: str | None = None
    package_name: str | None = None
    package_version: str | None = None
    package_path: str | None = None
    fix: str | None = None
    will_not_fix: bool | None = None
    inherited_from_base: bool | None = None
    url: Raw = NULL
    nvd_data: Raw = NULL
    vendor_data: Raw = NULL
    is_kev: Raw = NULL
    epss: Raw = NULL
    suggested_fix_version: Raw = NULL
    annotation_status: Raw = NULL
    detected_at: Raw = NULL


class _Answer(Struct, frozen=True):
    vulnerabilities: Raw


class VulnerabilityList(Struct, frozen=True):
    """The rows of one answer, decoded, and that `answer`: JSON with them as `vulnerabilities`."""

    rows: Sequence[Vulnerability]
    answer: bytearray | Raw

    def counted(self) -> "VulnerabilityList":
        """Only what is counted of each row: without the answer, which takes most of the memory."""
        rows = [Vulnerability(vuln=row.vuln, severity=row.severity) for row in self.rows]
        return VulnerabilityList(rows, Raw(b'{"vulnerabilities":[]}'))

    @property
    def document(self) -> Raw:
        """The rows as they were sent, a JSON array. To find them takes a pass over the answer."""
        return json.decode(self.answer, type=_Answer).vulnerabilities

    def by_severity(self) -> dict[str, int]:
        """How many rows have which severity, worst first; severities without a row are left out."""
        counts: Counter[Severity] = Counter()
        for word, rows in Counter(row.severity for row in self.rows).items():
            counts[Severity.parse(word)] += rows
        return {str(severity): counts[severity] for severity in sorted(counts, reverse=True)}


def present(value: str | None) -> str | None:
    """The value of a row's field; None for what servers write when there is none."""
    return None if value in (None, "", "None") else value


def outcome_metric(outcome: Outcome) -> Metric:
    """The metric that counts the outcome."""
    return Metric[f"OUTCOME_{outcome.name}"]
