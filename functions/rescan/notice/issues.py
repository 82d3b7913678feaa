"""What a notice is about, in short: by this notices are put together, and in order.

A notice may have 250 kB; of a thousand that wait, only the envelopes are read.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from msgspec.structs import replace

from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.model import Severity
from rescan.kernel.safe_text import one_line
from rescan.ledger.news import ComparedNews, Failing
from rescan.outbox.envelope import Issue, IssueKind

_MOST_ISSUES = 50
_VARYING = re.compile(r"sha256:[0-9a-f]+|\d+")


def once(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Each key once, the first of them; as many as are kept."""
    by_key: dict[str, Issue] = {}
    for issue in issues:
        by_key.setdefault(issue.key, issue)
    return tuple(islice(by_key.values(), _MOST_ISSUES))


def policy_issue(news: ComparedNews) -> Iterator[Issue]:
    """The policy, if it has changed since the last evaluation of the same image."""
    evaluation = news.report.evaluation
    if news.policy_changed and evaluation is not None:
        name = news.report.policy_id or news.policy_id or "not named"
        yield Issue(IssueKind.POLICY, f"{name} {evaluation.policy_digest}", one_line(name, 120))


def finding_issue(finding: BlockingFinding) -> Issue:
    """The vulnerability, or the gate and what it reports."""
    if finding.vulnerability is None:
        what = finding.key.what or finding.message
        return unlisted_issue(finding.gate, finding.trigger, what, finding.known_severity)
    return Issue(
        IssueKind.FINDING,
        finding.vulnerability.upper(),
        one_line(finding.vulnerability, 60),
        finding.severity,
        one_line(finding.package or finding.file or "", 80) or None,
        one_line(finding.fixed_in or "", 80) or None,
    )


def expiring_issue(finding: BlockingFinding, until: datetime) -> Issue:
    """A finding that an allowlist suppresses until then."""
    return replace(finding_issue(finding), until=until)


def unlisted_issue(gate: str, trigger: str, what: str, severity: Severity | None) -> Issue:
    """A finding that no row of the vulnerability list describes."""
    rank = severity or Severity.UNKNOWN
    if gate.lower() == "vulnerabilities":
        vulnerability, _, package = what.partition("+")
        name = one_line(vulnerability, 60) or "not named"
        package_name = one_line(package, 80) or None
        return Issue(IssueKind.FINDING, vulnerability.upper(), name, rank, package_name)
    rule = f"{one_line(gate, 40)}/{one_line(trigger, 40)}"
    return Issue(IssueKind.FINDING, f"{rule} {what}", f"{rule}: {one_line(what, 80)}", rank)


def failure_issue(failing: Failing, tag: str, words: str) -> Issue:
    """A failure at one step, in the words for its cause; equal for images that differ in names."""
    reason = one_line(failing.reason.replace(tag, "the tag"), 200)
    key = _VARYING.sub("#", f"{failing.step} {words} {reason}")
    return Issue(IssueKind.FAILURE, key, f"{words} ({one_line(failing.step, 80)})")
