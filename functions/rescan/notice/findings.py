"""Findings in words: a numbered list for a mail, a line each for a chat, a name in a sentence."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.evaluation import FindingKey
from rescan.kernel.safe_text import one_line
from rescan.notice.content import Paragraph
from rescan.notice.foreign import foreign
from rescan.notice.mail import paragraph
from rescan.notice.platforms import on_platforms
from rescan.notice.wording import named

MOST_FINDINGS = 40
_NOT_DUE: Mapping[FindingKey, str] = {}


# --- a list for a mail


def stopping_list(
    findings: Sequence[BlockingFinding], noun: str, due: Mapping[FindingKey, str] = _NOT_DUE
) -> Paragraph:
    """The findings that stop the image, cut after the worst; nothing at all when there is none.

    `due` says by when each is to be gone, in words.
    """
    if not findings:
        return []
    shown = findings[:MOST_FINDINGS]
    how_many = f"{len(shown):,} of {len(findings):,} shown"
    lines = [f"{noun.upper()}S THAT STOP THE IMAGE, WORST FIRST ({how_many})"]
    lines += numbered(shown, due=due)
    if len(shown) < len(findings):
        lines += ["", f"{how_many}. The others are in Anchore, under the digest below."]
    return lines


def numbered(
    findings: Iterable[BlockingFinding], first: int = 1, due: Mapping[FindingKey, str] = _NOT_DUE
) -> Iterator[str]:
    """Each finding on two lines or a few more, numbered from `first` on."""
    for number, finding in enumerate(findings, first):
        yield from _finding(number, finding.bounded(), due.get(finding.key))


def _finding(number: int, finding: BlockingFinding, due: str | None) -> Iterator[str]:
    yield from paragraph(f"{number:3}. {_name(finding)}", hanging=5)
    if details := [*([due] if due else []), *_details(finding)]:
        yield from paragraph("; ".join(details), first=5, hanging=5)
    if not finding.listed and finding.message:
        yield from paragraph(foreign(finding.message), first=5, hanging=5)
    if finding.url is not None:
        yield f"     {finding.url}"


def _name(finding: BlockingFinding) -> str:
    if finding.vulnerability is None:
        return f"POLICY  {foreign(finding.rule)}"
    return f"{_how_bad(finding)}  {foreign(finding.vulnerability)}  {_package(finding)}"


def _how_bad(finding: BlockingFinding) -> str:
    """E.g. "HIGH", "HIGH, EXPLOITED (CISA KEV)"."""
    exploited = ", EXPLOITED (CISA KEV)" if finding.known_exploited else ""
    return f"{finding.severity.name}{exploited}"


def likelihood(finding: BlockingFinding) -> list[str]:
    """E.g. "EPSS 94 %": how likely an exploit is within 30 days."""
    if finding.epss is None:
        return []
    percent = f"{finding.epss.score:.0%}".removesuffix("%")
    return ["EPSS below 1 %" if percent == "0" else f"EPSS {percent} %"]


def _details(finding: BlockingFinding) -> list[str]:
    details = []
    if finding.vulnerability is not None:
        details += [*likelihood(finding), _fix(finding), foreign(finding.rule)]
    if finding.file is not None:
        details.append(foreign(finding.file))
    if finding.inherited_from_base is not None:
        details.append("base image" if finding.inherited_from_base else "own layer")
    if finding.locations > 1:
        details.append(f"in {finding.locations:,} places")
    if finding.platforms:
        details.append(on_platforms(finding.platforms))
    if finding.annotation is not None:
        details.append(f"annotated {foreign(finding.annotation)}")
    return details


# --- a line for a chat


def stopping_line(finding: BlockingFinding, due: str | None = None) -> str:
    """E.g. "HIGH `CVE-2020-25648` in `nss-tools 3.53.1`, EPSS 4 %, fixed in `3.53.2`".

    The page about it stands on a line of its own.
    """
    shown, when = finding.bounded(), f", {due}" if due else ""
    if shown.vulnerability is None:
        where = f", {on_platforms(shown.platforms)}" if shown.platforms else ""
        return f"POLICY {foreign(shown.rule)}: {foreign(shown.message)}{where}{when}"
    name = f"{_how_bad(shown)} {foreign(shown.vulnerability)} in {_package(shown)}"
    facts = [foreign(shown.file)] if shown.file else []
    facts += [on_platforms(shown.platforms)] if shown.platforms else []
    line = ", ".join([name, *facts, *likelihood(shown), _fix(shown)]) + when
    return f"{line}\n  {shown.url}" if shown.url else line


# --- in a sentence


def finding_name(key: FindingKey) -> str:
    """E.g. "CVE-2020-25648 nss-tools"; of other gates gate and trigger."""
    if key.gate.lower() != "vulnerabilities":
        return rule_name(key.gate, key.trigger)
    name = one_line(" ".join(key.what.split("+", 1)), 100)
    return foreign(name or "a finding not named")


def finding_names(findings: Iterable[BlockingFinding]) -> str:
    """E.g. "CVE-2020-25648 nss-tools and 4 more", the worst first."""
    return named(list(findings), lambda finding: finding_name(finding.key))


def exploited_now(findings: Iterable[BlockingFinding], most: int = 3) -> str:
    """E.g. "CVE-2023-4911 is now known to be exploited"; empty without any."""
    names = list(dict.fromkeys(finding.vulnerability or finding.rule for finding in findings))
    if not names:
        return ""
    are = "is" if len(names) == 1 else "are"
    shown = named(names, lambda name: foreign(name, 60), most)
    return f"{shown} {are} now known to be exploited"


def rule_name(gate: str, trigger: str) -> str:
    """E.g. "dockerfile/exposed_ports"."""
    return foreign(f"{one_line(gate, 40)}/{one_line(trigger, 40)}")


def counts_by_severity(findings: Iterable[BlockingFinding]) -> dict[str, int]:
    """How many findings have which severity, worst first."""
    counts = Counter(finding.severity for finding in findings)
    return {str(severity): counts[severity] for severity in sorted(counts, reverse=True)}


def _package(finding: BlockingFinding) -> str:
    return foreign(f"{finding.package or 'a package not named'} {finding.version or ''}")


def _fix(finding: BlockingFinding) -> str:
    """The version with the fix, or that there is none, or that nobody knows."""
    if finding.fixed_in is not None:
        return f"fixed in {foreign(finding.fixed_in)}"
    if finding.known_severity is None:
        return "severity, version and fix not known"
    if not finding.listed:
        return "version and fix not known"
    return "no fix: vendor will not fix" if finding.will_not_fix else "no fix"
