"""What a notice is about, in short: by this notices are put together, and in order.

The notice itself may have 250 kB; of a thousand that wait, only the gists are read.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from msgspec.structs import replace

from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.model import Severity, TriggerKind
from rescan.kernel.safe_text import one_line
from rescan.ledger.news import ComparedNews
from rescan.notice.expiring import Expiring
from rescan.notice.facts import policy_id, team_of
from rescan.notice.outage import Outage
from rescan.notice.recovery import Recovery
from rescan.notice.stop import Stop
from rescan.notice.told import Told
from rescan.outbox.envelope import Envelope, Issue, IssueKind

_MOST_ISSUES = 50
_VARYING = re.compile(r"sha256:[0-9a-f]+|\d+")


def envelope_of(told: Told) -> Envelope:
    """The gist of the same that `notice_of` tells."""
    news, report = told.news, told.news.report
    envelope = Envelope(
        id=news.id,
        team=team_of(news),
        event_type=news.event_type,
        subject=news.subject,
        tag=news.tag,
        at=news.at,
        turn=news.turn,
        digest=report.image_digest if report else None,
        policy_id=policy_id(news),
        final_action=report.final_action if report else None,
        pushed=news.trigger.kind is TriggerKind.ECR_PUSH,
    )
    match told:
        case Stop():
            return _of_stop(envelope, told)
        case Recovery():
            return _of_recovery(envelope, told)
        case Outage():
            return _of_outage(envelope, told)
        case Expiring():
            return _of_expiring(envelope, told)


def _of_stop(envelope: Envelope, stop: Stop) -> Envelope:
    issues = [*_policy(stop.news), *map(_finding, stop.told)]
    return replace(
        envelope,
        worst=stop.worst,
        fix_available=stop.fix_available,
        issues=_once(issues),
        findings=len(stop.told),
    )


def _of_recovery(envelope: Envelope, recovery: Recovery) -> Envelope:
    cleared = (
        _named(finding.key.gate, finding.key.trigger, finding.key.what, finding.severity)
        for finding in recovery.cleared
    )
    issues = [*_policy(recovery.news), *cleared]
    return replace(envelope, worst=recovery.worst, issues=_once(issues), findings=recovery.total)


def _of_outage(envelope: Envelope, outage: Outage) -> Envelope:
    failing = outage.failing
    reason = one_line(failing.reason.replace(str(envelope.tag), "the tag"), 200)
    said = f"{outage.words} ({one_line(failing.step, 80)})"
    key = _VARYING.sub("#", f"{failing.step} {outage.words} {reason}")
    failure = Issue(IssueKind.FAILURE, key, said)
    return replace(envelope, cause=outage.cause, issues=(failure,))


def _of_expiring(envelope: Envelope, expiring: Expiring) -> Envelope:
    issues = (
        replace(_finding(finding), until=ending.until)
        for ending in expiring.look.soon
        for finding in ending.findings
    )
    return replace(
        envelope,
        worst=expiring.worst,
        fix_available=expiring.fix_available,
        issues=_once(issues),
        findings=len(expiring.findings),
    )


def _policy(news: ComparedNews) -> Iterator[Issue]:
    """A policy that has changed since the last evaluation of the same image comes first."""
    evaluation = news.report.evaluation
    if news.policy_changed and evaluation is not None:
        name = policy_id(news) or "not named"
        yield Issue(IssueKind.POLICY, f"{name} {evaluation.policy_digest}", one_line(name, 120))


def _finding(finding: BlockingFinding) -> Issue:
    if finding.vulnerability is None:
        what = finding.key.what or finding.message
        return _named(finding.gate, finding.trigger, what, finding.known_severity)
    return Issue(
        IssueKind.FINDING,
        finding.vulnerability.upper(),
        one_line(finding.vulnerability, 60),
        finding.severity,
        one_line(finding.package or finding.file or "", 80) or None,
        one_line(finding.fixed_in or "", 80) or None,
    )


def _named(gate: str, trigger: str, what: str, severity: Severity | None) -> Issue:
    """A finding that no row describes."""
    rank = severity or Severity.UNKNOWN
    if gate.lower() == "vulnerabilities":
        vulnerability, _, package = what.partition("+")
        name = one_line(vulnerability, 60) or "not named"
        package_name = one_line(package, 80) or None
        return Issue(IssueKind.FINDING, vulnerability.upper(), name, rank, package_name)
    rule = f"{one_line(gate, 40)}/{one_line(trigger, 40)}"
    return Issue(IssueKind.FINDING, f"{rule} {what}", f"{rule}: {one_line(what, 80)}", rank)


def _once(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Each key once, the first of them; as many as are kept."""
    by_key: dict[str, Issue] = {}
    for issue in issues:
        by_key.setdefault(issue.key, issue)
    return tuple(islice(by_key.values(), _MOST_ISSUES))
