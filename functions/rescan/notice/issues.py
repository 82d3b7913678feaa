"""What a notice is about, in short: by this notices are put together, and in order.

A notice may have 250 kB; of a thousand that wait, only the envelopes are read.
"""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.model import Severity
from rescan.kernel.safe_text import one_line
from rescan.ledger.changes import ClearedFinding
from rescan.ledger.failing import Failing
from rescan.ledger.news import ComparedNews
from rescan.outbox.envelope import Issue, IssueKind

_VARYING = re.compile(r"sha256:[0-9a-f]+|\d+")


def policy_issue(news: ComparedNews) -> Iterator[Issue]:
    """The policy, if it has changed since the last evaluation of the same image."""
    evaluation = news.report.evaluation
    if news.policy_changed and evaluation is not None:
        policy_id = news.report.policy_id or news.policy_id or "not named"
        key = f"{policy_id} {evaluation.policy_digest}"
        yield Issue(IssueKind.POLICY, key, one_line(evaluation.policy_name or policy_id, 120))


def exploited_issue(finding: BlockingFinding) -> Issue:
    """The vulnerability, of which it is news that it is known to be exploited."""
    issue = finding_issue(finding)
    return replace(issue, key=f"exploited {issue.key}", now_exploited=True)


def finding_issue(finding: BlockingFinding) -> Issue:
    """The vulnerability, or the gate and what it reports."""
    if finding.vulnerability is None:
        what = finding.key.what or finding.message
        return _unlisted(finding.gate, finding.trigger, what, finding.severity)
    return Issue(
        IssueKind.FINDING,
        finding.vulnerability.upper(),
        one_line(finding.vulnerability, 60),
        finding.severity,
        one_line(finding.package or finding.file or "", 80) or None,
        one_line(finding.fixed_in or "", 80) or None,
        known_exploited=finding.known_exploited,
    )


def cleared_issue(finding: ClearedFinding) -> Issue:
    """What stopped the image."""
    key = finding.key
    return _unlisted(key.gate, key.trigger, key.what, finding.severity or Severity.UNKNOWN)


def _unlisted(gate: str, trigger: str, what: str, severity: Severity) -> Issue:
    """A finding that no row of the vulnerability list describes."""
    name, package = unlisted_name(gate, trigger, what)
    if _is_vulnerability(gate):
        key = what.partition("+")[0].upper()
    else:
        key = f"{_rule(gate, trigger)} {what}"
    return Issue(IssueKind.FINDING, key, name, severity, package)


def unlisted_name(gate: str, trigger: str, what: str) -> tuple[str, str | None]:
    """The vulnerability, or the gate and what it reports; and the package of a vulnerability."""
    if _is_vulnerability(gate):
        vulnerability, _, package = what.partition("+")
        return one_line(vulnerability, 60) or "not named", one_line(package, 80) or None
    return f"{_rule(gate, trigger)}: {one_line(what, 80)}", None


def _is_vulnerability(gate: str) -> bool:
    return gate.lower() == "vulnerabilities"


def _rule(gate: str, trigger: str) -> str:
    return f"{one_line(gate, 40)}/{one_line(trigger, 40)}"


def failure_issue(failing: Failing, tag: str, words: str) -> Issue:
    """A failure at one step, in the words for its cause; equal for images that differ in names."""
    reason = one_line(failing.reason.replace(tag, "the tag"), 200)
    key = _VARYING.sub("#", f"{failing.step} {words} {reason}")
    return Issue(IssueKind.FAILURE, key, f"{words} ({one_line(failing.step, 80)})")
