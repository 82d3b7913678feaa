"""What a chat message lists below its first sentence: the facts, and the worst findings."""

from collections.abc import Iterable, Iterator

from rescan.gate.blocking_findings import BlockingFinding
from rescan.kernel.safe_text import one_line
from rescan.ledger.changes import ClearedFinding
from rescan.ledger.news import ImageNews
from rescan.notice.ahead import end_of, unsure
from rescan.notice.expiring import Expiring
from rescan.notice.expiring_mail import later
from rescan.notice.facts import policy_id, previous_digest, team_of
from rescan.notice.findings_list import fix_of
from rescan.notice.markdown import code
from rescan.notice.outage import Outage
from rescan.notice.paragraphs import by_severity, counted
from rescan.notice.recovered_mail import CLEARED
from rescan.notice.recovery import Recovery
from rescan.notice.stop import Stop, StopCause, counts_of
from rescan.notice.times import moment

_MOST_FINDINGS = 10
_MOST_NOTES = 2


def stop_lines(stop: Stop, room: int) -> Iterator[str]:
    """At most `room` characters, line ends included, if the facts leave that."""
    facts = list(_facts(stop.news))
    if stop.cause is not StopCause.FINDINGS:
        facts.append(f"Why: {code(one_line(stop.report.reason, 300))}")
    if stop.told:
        facts.append(f"Stopping: {by_severity(counts_of(stop.told))}")
    if stop.known:
        facts.append(f"{counted(len(stop.known), 'known finding')} besides")
    findings = [_stopping(finding.bounded()) for finding in stop.told[:_MOST_FINDINGS]]
    yield from facts
    yield from _listed(findings, len(stop.told), room - _length(facts))


def recovered_lines(recovery: Recovery, room: int) -> Iterator[str]:
    """The same of a RECOVERED."""
    facts = list(_facts(recovery.news))
    counts = [f"{number:,} {CLEARED[by]}" for by, number in recovery.by_cause().items()]
    if counts:
        facts.append(f"Cleared: {', '.join(counts)}")
    findings = [_cleared(finding) for finding in recovery.cleared[:_MOST_FINDINGS]]
    yield from facts
    yield from _listed(findings, recovery.total, room - _length(facts))


def outage_lines(outage: Outage) -> Iterator[str]:
    """The same of a NOT_EVALUATED, which has no findings."""
    yield from _facts(outage.news)
    yield f"Step {code(one_line(outage.failing.step, 80))}: {code(outage.failing.reason)}"


def expiring_lines(expiring: Expiring, room: int) -> Iterator[str]:
    """The same of an EXPIRING; each finding comes with the end of what holds it back."""
    look = expiring.look
    facts = [
        f"Ends {end_of(look.soon[0], look)}",
        *_facts(expiring.news),
        *later(expiring),
        *unsure(look, code),
    ]
    pairs = [(ending, finding) for ending in look.soon for finding in ending.findings]
    findings = [
        f"{_stopping(finding.bounded())}, allowlisted until {moment(ending.until)}"
        for ending, finding in pairs[:_MOST_FINDINGS]
    ]
    yield from facts
    yield from _listed(findings, len(pairs), room - _length(facts))


def _facts(news: ImageNews) -> Iterator[str]:
    yield f"Image {code(str(news.tag))}"
    digest = news.report.image_digest if news.report else None
    if (previous := previous_digest(news)) is not None:
        yield f"The tag has moved from {code(one_line(previous, 80))}"
    if digest is not None:
        yield f"Digest {code(one_line(digest, 80))}"
    yield f"Team {code(team_of(news))}"
    if policy := policy_id(news):
        yield f"Policy {code(one_line(policy, 200))}"
    for note in news.report.notes[:_MOST_NOTES] if news.report else ():
        yield f"Note: {code(one_line(note, 300))}"


def _listed(findings: list[str], total: int, room: int) -> Iterator[str]:
    """Those that fit, and how many there are."""
    room -= 40  # the last line
    shown = 0
    for line in findings:
        room -= _length([line])
        if room < 0:
            break
        shown += 1
        yield line
    if shown < total:
        yield f"{shown:,} of {total:,} shown, the worst ones"


def _length(lines: Iterable[str]) -> int:
    return sum(len(f"- {line}\n") for line in lines)


def _stopping(finding: BlockingFinding) -> str:
    if finding.vulnerability is None:
        return f"POLICY {code(finding.rule)}: {code(finding.message)}"
    package = f"{finding.package or 'a package not named'} {finding.version or ''}"
    named = f"{finding.severity.name} {code(finding.vulnerability)} in {code(package)}"
    file = f", {code(finding.file)}" if finding.file else ""
    return f"{named}{file}, {fix_of(finding, code)}"


def _cleared(finding: ClearedFinding) -> str:
    severity = "UNKNOWN" if finding.severity is None else finding.severity.name
    return f"{severity} {code(one_line(finding.key.what, 240))}, {CLEARED[finding.by]}"
