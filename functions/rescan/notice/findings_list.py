"""Lists of findings: worst first, bounded, honestly cut; and their names in a sentence."""

from collections.abc import Iterator

from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.evaluation import FindingKey
from rescan.kernel.safe_text import one_line
from rescan.notice.markdown import Quote
from rescan.notice.paragraphs import paragraph

MOST_FINDINGS = 40


def findings_list(findings: tuple[BlockingFinding, ...], noun: str) -> Iterator[str]:
    """One finding is two lines or a few more; nothing at all when there is none."""
    if not findings:
        return
    shown = findings[:MOST_FINDINGS]
    how_many = f"{len(shown):,} of {len(findings):,} shown"
    yield f"{noun.upper()}S THAT STOP THE IMAGE, WORST FIRST ({how_many})"
    yield from listed(shown)
    if len(shown) < len(findings):
        yield ""
        yield f"{how_many}. The others are in Anchore, under the digest below."


def listed(findings: tuple[BlockingFinding, ...], first: int = 1) -> Iterator[str]:
    """The findings alone, numbered from `first` on."""
    for number, finding in enumerate(findings, first):
        yield from _finding(number, finding.bounded())


def named(names: list[str], most: int = 3) -> str:
    """E.g. "CVE-1 curl, CVE-2 zlib and 4 more"."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def called(key: FindingKey) -> str:
    """E.g. "CVE-2020-25648 nss-tools"; of other gates gate and trigger."""
    if key.gate.lower() != "vulnerabilities":
        return f"{one_line(key.gate, 40)}/{one_line(key.trigger, 40)}"
    return one_line(" ".join(key.what.split("+", 1)), 100) or "a finding not named"


def _finding(number: int, finding: BlockingFinding) -> Iterator[str]:
    yield from paragraph(f"{number:3}. {_name(finding)}", hanging=5)
    details = _details(finding)
    if details:
        yield from paragraph("; ".join(details), first=5, hanging=5)
    if not finding.listed and finding.message:
        yield from paragraph(finding.message, first=5, hanging=5)


def _name(finding: BlockingFinding) -> str:
    if finding.vulnerability is None:
        return f"POLICY  {finding.rule}"
    package = f"{finding.package or 'a package not named'} {finding.version or ''}".rstrip()
    return f"{finding.severity.name}  {finding.vulnerability}  {package}"


def _details(finding: BlockingFinding) -> list[str]:
    details = []
    if finding.vulnerability is not None:
        details += [fix_of(finding), finding.rule]
    if finding.file is not None:
        details.append(finding.file)
    if finding.inherited_from_base is not None:
        details.append("base image" if finding.inherited_from_base else "own layer")
    if finding.locations > 1:
        details.append(f"in {finding.locations:,} places")
    return details


def fix_of(finding: BlockingFinding, quote: Quote = str) -> str:
    """The version with the fix, or that there is none, or that nobody knows."""
    if finding.fixed_in is not None:
        return f"fixed in {quote(finding.fixed_in)}"
    if finding.known_severity is None:
        return "severity, version and fix not known"
    if not finding.listed:
        return "version and fix not known"
    return "no fix: vendor will not fix" if finding.will_not_fix else "no fix"
