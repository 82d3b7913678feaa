"""The list of findings that stop an image: worst first, bounded, honestly cut."""

from collections.abc import Iterator

from rescan.notice.markdown import Quote
from rescan.notice.paragraphs import paragraph
from rescan.stopping import StoppingFinding

__all__ = ["findings_list", "fix_of"]

_MOST_FINDINGS = 40


def findings_list(findings: tuple[StoppingFinding, ...], noun: str) -> Iterator[str]:
    """One finding is two lines or a few more; nothing at all when there is none."""
    if not findings:
        return
    shown = findings[:_MOST_FINDINGS]
    how_many = f"{len(shown):,} of {len(findings):,} shown"
    yield f"{noun.upper()}S THAT STOP THE IMAGE, WORST FIRST ({how_many})"
    for number, finding in enumerate(shown, 1):
        yield from _finding(number, finding.bounded())
    if len(shown) < len(findings):
        yield ""
        yield f"{how_many}. The others are in Anchore, under the digest above."


def _finding(number: int, finding: StoppingFinding) -> Iterator[str]:
    yield from paragraph(f"{number:3}. {_name(finding)}", hanging=5)
    details = _details(finding)
    if details:
        yield from paragraph("; ".join(details), first=5, hanging=5)
    if not finding.listed and finding.message:
        yield from paragraph(finding.message, first=5, hanging=5)


def _name(finding: StoppingFinding) -> str:
    if finding.vulnerability is None:
        return f"POLICY  {finding.rule}"
    package = f"{finding.package or 'a package not named'} {finding.version or ''}".rstrip()
    return f"{finding.severity.name}  {finding.vulnerability}  {package}"


def _details(finding: StoppingFinding) -> list[str]:
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


def fix_of(finding: StoppingFinding, quote: Quote = str) -> str:
    """The version with the fix, or that there is none, or that nobody knows."""
    if finding.fixed_in is not None:
        return f"fixed in {quote(finding.fixed_in)}"
    if finding.known_severity is None:
        return "severity, version and fix not known"
    if not finding.listed:
        return "version and fix not known"
    return "no fix: vendor will not fix" if finding.will_not_fix else "no fix"
