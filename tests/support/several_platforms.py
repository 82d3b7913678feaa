"""An Anchore that has an image of several platforms, each of which comes to what the test says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from msgspec import Raw

from rescan.gate.evaluation import Evaluation, Finding
from rescan.gate.model import DetectedTag, ImageRecord, Vulnerability, VulnerabilityList
from rescan.kernel import errors
from rescan.kernel.image_tag import Digest, ImageTag
from tests.support.anchore_answers import WHERE
from tests.support.entries import finding

INDEX = Digest(f"sha256:{'1' * 64}")
OLD_INDEX = Digest(f"sha256:{'2' * 64}")
NEWEST_AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
# What a platform may come to besides a final action.
STATUSES = ("analyzing", "not_analyzed", "analysis_failed")
ERRORS: Mapping[str, errors.AnchoreError] = {
    "down": errors.AnchoreUnreachable("no connection", **WHERE),
    "timeout": errors.AnchoreTimeout("no answer", **WHERE),
    "throttled": errors.AnchoreThrottled("HTTP 429", retry_after=600.0, **WHERE),
    "forbidden": errors.AnchoreForbidden("HTTP 403", **WHERE),
}


def digest_of(arch: str) -> Digest:
    """The digest of this platform of the image."""
    return Digest(f"sha256:{sha256(arch.encode()).hexdigest()}")


@dataclass
class Platforms:
    """`comes_to` says what each architecture comes to, the newest record first.

    A final action, one of STATUSES or ERRORS; "doubt": it is go, and no rule is mapped. `cves` are
    the findings of each, `rows` those whose list is empty. `asked` has the requests, `shares` the
    numbers of platforms that shared what time was left.
    """

    comes_to: dict[str, str]
    cves: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    empty: frozenset[str] = frozenset()
    allowlisted: frozenset[str] = frozenset()
    others: tuple[ImageRecord, ...] = ()
    parent: Digest | None = INDEX
    history_is_unknown: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)
    shares: list[int] = field(default_factory=list)

    def active_images(self, tag: ImageTag) -> list[ImageRecord]:
        self.asked.append(("list", ""))
        return self._records(tag)[:1]

    def tag_history(self, tag: ImageTag) -> list[ImageRecord]:
        self.asked.append(("history", ""))
        if self.history_is_unknown:
            raise errors.ImageUnknown("HTTP 404", **WHERE)
        return self._records(tag)

    def share(self, number: int) -> "Platforms":
        self.shares.append(number)
        return self

    def refreshed_vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        return self._listed("forced", digest)

    def vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        return self._listed("plain", digest)

    def evaluate(self, digest: Digest, tag: ImageTag, policy_id: str | None) -> Evaluation:
        arch = self._arch("check", digest)
        if (error := ERRORS.get(self.comes_to[arch])) is not None:
            raise error
        return Evaluation(
            image_digest=digest,
            evaluated_tag=str(tag),
            policy_id="p",
            final_action="go" if self.comes_to[arch] == "doubt" else self.comes_to[arch],
            policy_digest="policy-1",
            mapped_to_rule=self.comes_to[arch] != "doubt",
            problems=(),
            findings=tuple(map(self._finding, self.cves.get(arch, ()))),
        )

    def submit(
        self, tag: ImageTag, digest: Digest | None = None, since: datetime | None = None
    ) -> None:
        raise NotImplementedError

    def _finding(self, cve: str) -> Finding:
        return finding(cve, allowlisted=cve in self.allowlisted)

    def _listed(self, how: str, digest: Digest) -> VulnerabilityList:
        arch = self._arch(how, digest)
        cves = () if arch in self.empty else self.cves.get(arch, ()) or ("CVE-0",)
        rows = [Vulnerability(vuln=cve, severity="High", package_name="lib") for cve in cves]
        return VulnerabilityList(rows, Raw(b'{"vulnerabilities":[]}'))

    def _arch(self, how: str, digest: Digest) -> str:
        arch = next(each for each in self.comes_to if digest_of(each) == digest)
        self.asked.append((how, arch))
        return arch

    def _records(self, tag: ImageTag) -> list[ImageRecord]:
        records = [
            ImageRecord(
                digest=digest_of(arch),
                tags=(DetectedTag(str(tag), NEWEST_AT - timedelta(minutes=number)),),
                parent_digest=self.parent,
                image_status="active",
                analysis_status=came_to if came_to in STATUSES else "analyzed",
                platform=None if came_to in STATUSES else f"linux/{arch}",
            )
            for number, (arch, came_to) in enumerate(self.comes_to.items())
        ]
        return [*records, *self.others]
