"""The findings that stop an image, joined with the vulnerability rows: worst first, each once."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.advisory import Advisory, Epss
from rescan.gate.evaluation import Finding, FindingKey, RuleSet
from rescan.gate.model import Severity, Vulnerability
from rescan.gate.vulnerability_index import InstalledPackage, VulnerabilityIndex
from rescan.kernel.safe_text import one_line


class BlockingFinding(Struct, frozen=True, kw_only=True):
    """One reason why an image is stopped.

    Two may share one `key`: messages that differ in nothing but numbers.
    `known_severity` is None when no row describes the vulnerability at all, and for findings of
    gates other than vulnerabilities; UNKNOWN is what a vendor says of one that it lists.
    `vulnerability` and `package` are None for findings of gates other than vulnerabilities.
    `file` is what Anchore names instead of the package, as it does for java and gem.
    `listed` says whether a row of the vulnerability list describes the package: only then does
    `fixed_in` None mean that there is no fix. In `fixed_in` the suggested fix comes first.
    `locations` counts the paths of the package. `known_exploited`, `epss`, `cvss` and `url` are
    those of `Advisory`; `annotation` is what Anchore's users say of it (VEX), `detected_at` when
    Anchore first saw it in the image (aware), `rule_set` the name of the rule's set. `platforms`
    are those that have it, of an image with several.
    """

    key: FindingKey
    gate: str
    trigger: str
    known_severity: Severity | None = None
    vulnerability: str | None = None
    package: str | None = None
    file: str | None = None
    version: str | None = None
    listed: bool = False
    fixed_in: str | None = None
    will_not_fix: bool = False
    locations: int = 1
    inherited_from_base: bool | None = None
    message: str = ""
    rule_id: str = ""
    policy_id: str = ""
    recommendation: str | None = None
    known_exploited: bool | None = None
    epss: Epss | None = None
    cvss: float | None = None
    url: str | None = None
    suggested_fix: str | None = None
    annotation: str | None = None
    detected_at: datetime | None = None
    rule_set: str | None = None
    platforms: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """For order and for counts: one that is not known ranks as UNKNOWN."""
        return Severity.UNKNOWN if self.known_severity is None else self.known_severity

    @property
    def rule(self) -> str:
        """The gate and the trigger, as Anchore's users write them."""
        return f"{self.gate}/{self.trigger}"

    def bounded(self) -> "BlockingFinding":
        """The same, the key included, with every text on one line, safe to show and cut."""
        return replace(
            self,
            gate=one_line(self.gate, 40),
            trigger=one_line(self.trigger, 40),
            vulnerability=one_line(self.vulnerability or "", 60) or None,
            package=one_line(self.package or "", 120) or None,
            file=one_line(self.file or "", 120) or None,
            version=one_line(self.version or "", 80) or None,
            fixed_in=one_line(self.fixed_in or "", 120) or None,
            message=one_line(self.message, 240),
            rule_id=one_line(self.rule_id, 80),
            policy_id=one_line(self.policy_id, 80),
            recommendation=one_line(self.recommendation or "", 240) or None,
            suggested_fix=one_line(self.suggested_fix or "", 80) or None,
            annotation=one_line(self.annotation or "", 80) or None,
            rule_set=one_line(self.rule_set or "", 120) or None,
            platforms=tuple(one_line(name, 60) for name in self.platforms[:20]),
        )


def blocking_findings(
    findings: Iterable[Finding],
    rows: Iterable[Vulnerability] | VulnerabilityIndex,
    rule_sets: Iterable[RuleSet] = (),
) -> tuple[BlockingFinding, ...]:
    """Known to be exploited first, then the worst severity, the likeliest, those with a fix.

    A finding that the answer repeats, one for each place of the package, is one with several
    locations. The time grows with the findings plus the rows, not with their product.
    """
    index = rows if isinstance(rows, VulnerabilityIndex) else VulnerabilityIndex(rows)
    repeated: dict[tuple[str, str, str, str], list[Finding]] = {}
    for finding in findings:
        if finding.stops:
            repeated.setdefault(finding.identity, []).append(finding)
    names = {rule_set.id: rule_set.name for rule_set in rule_sets}
    return worst_first(
        _joined(same, index, names.get(same[0].policy_id)) for same in repeated.values()
    )


def told_once(
    platforms: Iterable[tuple[str, Iterable[BlockingFinding]]],
) -> tuple[BlockingFinding, ...]:
    """The findings of an image's platforms, worst first, each once with those that have it.

    Where they differ, as the package's version may, the worst one is told.
    """
    found: dict[object, dict[str, BlockingFinding]] = {}
    for platform, findings in platforms:
        for finding in findings:
            of_package = finding.vulnerability is not None
            same = finding.key, finding.policy_id, None if of_package else finding.message
            found.setdefault(same, {}).setdefault(platform, finding)
    return worst_first(_of_all(by_platform) for by_platform in found.values())


def _of_all(by_platform: dict[str, BlockingFinding]) -> BlockingFinding:
    worst = worst_first(by_platform.values())[0]
    locations = max(finding.locations for finding in by_platform.values())
    return replace(worst, platforms=tuple(by_platform), locations=locations)


def any_fix(findings: Iterable[BlockingFinding]) -> bool | None:
    """Whether any of them has a fix; None when no row of the vulnerability list describes any."""
    listed = [finding for finding in findings if finding.listed]
    return any(finding.fixed_in for finding in listed) if listed else None


def any_exploited(findings: Iterable[BlockingFinding]) -> bool | None:
    """Whether any of them is known to be exploited; None when nobody says of any."""
    said = [f.known_exploited for f in findings if f.known_exploited is not None]
    return any(said) if said else None


def worst_severity(findings: Iterable[BlockingFinding]) -> Severity:
    """The worst that any of them has, wherever it stands."""
    return max((finding.severity for finding in findings), default=Severity.UNKNOWN)


def worst_first(findings: Iterable[BlockingFinding]) -> tuple[BlockingFinding, ...]:
    """In the order of `blocking_findings`."""
    return tuple(sorted(findings, key=_rank))


def _joined(same: list[Finding], rows: VulnerabilityIndex, rule_set: str | None) -> BlockingFinding:
    finding = same[0]
    vulnerability, called = _vulnerability_and_package(finding)
    row = rows.package(vulnerability, called) if vulnerability and called else None
    advisory = rows.advisory(vulnerability) if vulnerability else Advisory()
    return BlockingFinding(
        key=finding.key,
        gate=finding.gate,
        trigger=finding.trigger,
        known_severity=_severity(vulnerability, row, rows),
        vulnerability=vulnerability,
        package=(row and row.name) or called,
        file=_file(called, row),
        version=row.version if row else None,
        listed=row is not None,
        fixed_in=row.fixed_in if row else None,
        will_not_fix=row.will_not_fix if row else False,
        locations=max(len(same), row.locations if row else 1),
        inherited_from_base=_inherited(same, row),
        message=finding.message,
        rule_id=finding.rule_id,
        policy_id=finding.policy_id,
        recommendation=finding.recommendation,
        known_exploited=advisory.known_exploited,
        epss=advisory.epss,
        cvss=advisory.cvss,
        url=advisory.url,
        suggested_fix=row.suggested_fix if row else None,
        annotation=row.annotation if row else None,
        detected_at=row.detected_at if row else None,
        rule_set=rule_set,
    )


def _vulnerability_and_package(finding: Finding) -> tuple[str | None, str | None]:
    """Only this gate names both; elsewhere the trigger id is a hash. Packages may hold a plus."""
    vulnerability, plus, package = finding.trigger_id.partition("+")
    if finding.gate.lower() != "vulnerabilities" or not plus:
        return None, None
    return vulnerability or None, package or None


def _file(called: str | None, row: InstalledPackage | None) -> str | None:
    by_name = row is None or called in (row.name, f"{row.name}-{row.version}")
    return None if by_name else called


def _severity(
    vulnerability: str | None, row: InstalledPackage | None, rows: VulnerabilityIndex
) -> Severity | None:
    if row is not None and row.severity is not Severity.UNKNOWN:
        return row.severity
    return rows.severity(vulnerability) if vulnerability else None


def _inherited(same: list[Finding], row: InstalledPackage | None) -> bool | None:
    known = (f.inherited_from_base for f in same if f.inherited_from_base is not None)
    return next(known, row.inherited_from_base if row else None)


def _rank(finding: BlockingFinding) -> tuple[bool, int, float, bool, str, str, str, str, str]:
    return (
        not finding.known_exploited,
        -finding.severity,
        -finding.epss.score if finding.epss else 0.0,
        finding.fixed_in is None,
        finding.vulnerability or "",
        finding.package or "",
        finding.rule,
        finding.message,
        finding.policy_id,
    )
