"""What a notice is about, in short: by this notices are put together, and in order.

The notice itself may have 250 kB; of a thousand that wait, only the gists are read.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from msgspec.structs import replace

from rescan.gate.blocking_findings import StoppingFinding
from rescan.gate.model import Severity
from rescan.kernel.safe_text import one_line
from rescan.ledger.news import News
from rescan.notice.expiring import Expiring
from rescan.notice.facts import policy_id, team_of
from rescan.notice.outage import Outage
from rescan.notice.recovery import Recovery
from rescan.notice.stop import Stop
from rescan.notice.told import Told
from rescan.outbox.envelope import Gist, Matter, MatterKind

_MOST_MATTERS = 50
_VARYING = re.compile(r"sha256:[0-9a-f]+|\d+")


def gist_of(told: Told) -> Gist:
    """The gist of the same that `notice_of` tells."""
    news, report = told.news, told.news.report
    gist = Gist(
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
    )
    match told:
        case Stop():
            return _of_stop(gist, told)
        case Recovery():
            return _of_recovery(gist, told)
        case Outage():
            return _of_outage(gist, told)
        case Expiring():
            return _of_expiring(gist, told)


def _of_stop(gist: Gist, stop: Stop) -> Gist:
    matters = [*_policy(stop.news), *map(_finding, stop.told)]
    return replace(
        gist,
        worst=stop.worst,
        fix_available=stop.fix_available,
        matters=_once(matters),
        findings=len(stop.told),
    )


def _of_recovery(gist: Gist, recovery: Recovery) -> Gist:
    cleared = (
        _named(finding.key.gate, finding.key.trigger, finding.key.what, finding.severity)
        for finding in recovery.cleared
    )
    matters = [*_policy(recovery.news), *cleared]
    return replace(gist, worst=recovery.worst, matters=_once(matters), findings=recovery.total)


def _of_outage(gist: Gist, outage: Outage) -> Gist:
    failing = outage.failing
    reason = one_line(failing.reason.replace(str(gist.tag), "the tag"), 200)
    said = f"{outage.cause} ({one_line(failing.step, 80)})"
    key = _VARYING.sub("#", f"{failing.step} {outage.cause} {reason}")
    failure = Matter(MatterKind.FAILURE, key, said)
    return replace(gist, cause=outage.cause, matters=(failure,))


def _of_expiring(gist: Gist, expiring: Expiring) -> Gist:
    matters = (
        replace(_finding(finding), until=ending.until)
        for ending in expiring.look.soon
        for finding in ending.findings
    )
    return replace(
        gist,
        worst=expiring.worst,
        fix_available=expiring.fix_available,
        matters=_once(matters),
        findings=len(expiring.findings),
    )


def _policy(news: News) -> Iterator[Matter]:
    """A policy that has changed since the last evaluation of the same image comes first."""
    evaluation = news.report.evaluation if news.report else None
    if news.policy_changed and evaluation is not None:
        name = policy_id(news) or "not named"
        yield Matter(MatterKind.POLICY, f"{name} {evaluation.policy_digest}", one_line(name, 120))


def _finding(finding: StoppingFinding) -> Matter:
    if finding.vulnerability is None:
        what = finding.key.what or finding.message
        return _named(finding.gate, finding.trigger, what, finding.known_severity)
    return Matter(
        MatterKind.FINDING,
        finding.vulnerability.upper(),
        one_line(finding.vulnerability, 60),
        finding.severity,
        one_line(finding.package or finding.file or "", 80) or None,
        one_line(finding.fixed_in or "", 80) or None,
    )


def _named(gate: str, trigger: str, what: str, severity: Severity | None) -> Matter:
    """A finding that no row describes."""
    rank = severity or Severity.UNKNOWN
    if gate.lower() == "vulnerabilities":
        vulnerability, _, package = what.partition("+")
        name = one_line(vulnerability, 60) or "not named"
        package_name = one_line(package, 80) or None
        return Matter(MatterKind.FINDING, vulnerability.upper(), name, rank, package_name)
    rule = f"{one_line(gate, 40)}/{one_line(trigger, 40)}"
    return Matter(MatterKind.FINDING, f"{rule} {what}", f"{rule}: {one_line(what, 80)}", rank)


def _once(matters: Iterable[Matter]) -> tuple[Matter, ...]:
    """Each key once, the first of them; as many as are kept."""
    by_key: dict[str, Matter] = {}
    for matter in matters:
        by_key.setdefault(matter.key, matter)
    return tuple(islice(by_key.values(), _MOST_MATTERS))
