"""An Anchore that keeps what it has worked out, as the policy engine does: reports and evaluations.

A report is stored for each digest, with the data that it was scanned on. A plain read answers it
while the data are the same, and scans again when they are not. An evaluation is kept while the
policy and the report stay the same; that time passes does not end it. A scan that fails is not
stored: forced, it lists nothing; else the report before stands in.

Source: anchore-engine 1.1.0, GrypeProvider and EvaluationCacheManager (docs/anchore-rules.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Raw

from rescan.gate.data_version import DataVersion
from rescan.gate.evaluation import Allowlisted, Evaluation, Finding
from rescan.gate.model import DetectedTag, ImageRecord, Vulnerability, VulnerabilityList
from rescan.kernel import errors
from rescan.kernel.clock import Clock
from rescan.kernel.deadline import Deadline
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.watch_list import ListedTags
from tests.support.anchore_answers import WHERE
from tests.support.entries import finding
from tests.support.one_platform import OnePlatform

Cves = frozenset[str]
DOWN = errors.AnchoreUnreachable("no connection", **WHERE)
UNREADABLE = errors.AnchoreAnswerUnreadable("HTML", **WHERE)
INTERRUPTED = errors.AnchoreInterrupted("HTTP 504", **WHERE)


@dataclass(frozen=True)
class _Report:
    """`number` counts the scans."""

    data: int
    cves: Cves
    number: int


@dataclass
class ScanningAnchore(OnePlatform):
    """`known` are the CVEs of each digest on each version of the data, `allowed` those that the
    policy's allowlist holds back, with their ends (None: for ever).

    The `faults` are down, unreadable (lists of vulnerabilities), interrupted (forced refreshes),
    feeds_hidden and scans_fail. A `lazy` one never scans again by itself, as no server is known to
    do. `forced` and `scans` count.
    """

    now: Clock
    known: Mapping[tuple[Digest, int], Cves]
    tags: dict[ImageTag, Digest]
    data: int = 0
    policy: int = 0
    allowed: dict[str, datetime | None] = field(default_factory=dict)
    faults: frozenset[str] = frozenset()
    lazy: bool = False
    forced: int = 0
    scans: int = 0
    _stored: dict[Digest, _Report] = field(default_factory=dict)
    _kept: dict[tuple[Digest, ImageTag], tuple[tuple[int, int], Evaluation]] = field(
        default_factory=dict
    )

    # --- what is asked

    def data_version(self, deadline: Deadline) -> DataVersion:
        if "feeds_hidden" in self.faults:
            raise DOWN
        return DataVersion(f"data {self.data}", has_checksums=True)

    def active_tags(self, deadline: Deadline) -> ListedTags:
        return ListedTags(tuple(self.tags))

    def active_images(self, tag: ImageTag) -> list[ImageRecord]:
        if "down" in self.faults:
            raise DOWN
        return [ImageRecord(self.tags[tag], (DetectedTag(str(tag)),), analysis_status="analyzed")]

    def refreshed_vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        self.forced += 1
        scanned = self._scan(digest)
        if "interrupted" in self.faults:
            raise INTERRUPTED
        return self._listed(scanned.cves if scanned else Cves())

    def vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        return self._listed(self._report(digest).cves)

    def evaluate(self, digest: Digest, tag: ImageTag, policy_id: str | None) -> Evaluation:
        report = self._report(digest)
        version, kept = self._kept.get((digest, tag), (None, None))
        if kept is None or version != (self.policy, report.number):
            kept = self._evaluation(digest, tag, report.cves)
            self._kept[digest, tag] = (self.policy, report.number), kept
        return kept

    def submit(
        self, tag: ImageTag, digest: Digest | None = None, since: datetime | None = None
    ) -> None:
        raise NotImplementedError

    # --- how it is worked out

    def _scan(self, digest: Digest) -> _Report | None:
        if "scans_fail" in self.faults:
            return None
        self.scans += 1
        self._stored[digest] = _Report(self.data, self.known[digest, self.data], self.scans)
        return self._stored[digest]

    def _report(self, digest: Digest) -> _Report:
        stored = self._stored.get(digest)
        if stored is None or (stored.data != self.data and not self.lazy):
            stored = self._scan(digest) or stored
        return stored or _Report(-1, Cves(), 0)

    def _listed(self, cves: Cves) -> VulnerabilityList:
        if "unreadable" in self.faults:
            raise UNREADABLE
        rows = [Vulnerability(vuln=cve, severity="High", package_name="lib") for cve in cves]
        return VulnerabilityList(sorted(rows, key=lambda row: str(row.vuln)), Raw(b"[]"))

    def _evaluation(self, digest: Digest, tag: ImageTag, cves: Cves) -> Evaluation:
        held = {cve for cve in cves if cve in self.allowed and not self._has_ended(cve)}
        findings = [finding(cve, allowlisted=cve in held) for cve in sorted(cves)]
        return Evaluation(
            image_digest=digest,
            evaluated_tag=str(tag),
            policy_id="p",
            final_action="stop" if cves - held else "go",
            policy_digest=f"policy {self.policy}",
            mapped_to_rule=True,
            problems=(),
            findings=tuple(findings),
            allowlisted=tuple(self._holding(each) for each in findings if each.allowlisted),
        )

    def _has_ended(self, cve: str) -> bool:
        ends = self.allowed[cve]
        return ends is not None and ends <= self.now()

    def _holding(self, held: Finding) -> Allowlisted:
        until = self.allowed[held.trigger_id.partition("+")[0]]
        return Allowlisted(held, "accepted", ends=until is not None, until=until)
