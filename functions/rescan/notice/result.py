"""The attribute `result`: the notice for machines, as JSON of version 1.

Its schema is docs/notice.schema.json, which allows no further fields: whatever changes there
is a new version.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from msgspec import Struct, json
from msgspec.structs import replace

from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.report import Report
from rescan.kernel.safe_text import one_line
from rescan.ledger.changes import ClearedFinding
from rescan.ledger.news import (
    ComparedNews,
    EvaluatedNews,
    EventType,
    ImageNews,
    NotEvaluatedNews,
)
from rescan.notice import result_shapes as shapes
from rescan.notice.expiring import Expiring
from rescan.notice.facts import policy_id, previous_digest, team_of
from rescan.notice.outage import Outage
from rescan.notice.recovery import Recovery
from rescan.notice.result_of_change import changes, suppressed, that_fit
from rescan.notice.stop import Stop, counts_of
from rescan.notice.times import rfc3339

# Of the 256 KiB of a message; what the other attributes and the body need is below 120,000.
LARGEST_RESULT = 120_000
# The workflow writes fewer.
_MOST_NOTES = 5

_Listed = TypeVar("_Listed", bound=Struct)


def stop_result(stop: Stop, largest: int = LARGEST_RESULT) -> str:
    """At most `largest` bytes of UTF-8: as many findings as fit, new and worst ones first."""
    findings = (*stop.told, *stop.known)
    none_shown = shapes.Stopping(
        total=len(findings),
        new=stop.new,
        shown=0,
        by_severity=counts_of(findings),
        problem=_text(stop.findings_problem, 500),
        findings=(),
    )
    said = replace(_said(stop.news, stop.news.event_type), stopping=none_shown)
    shown = first_that_fit(
        (_finding(f.bounded(), new=n < stop.new) for n, f in enumerate(findings)),
        said,
        len(findings),
        largest,
    )
    return encoded(replace(said, stopping=replace(none_shown, shown=len(shown), findings=shown)))


def recovered_result(recovery: Recovery) -> str:
    """The same of a RECOVERED: as many cleared findings as fit, the worst ones."""
    none_shown = shapes.Cleared(total=recovery.total, shown=0, findings=())
    said = replace(_said(recovery.news, EventType.RECOVERED), cleared=none_shown)
    shown = first_that_fit(map(_cleared, recovery.cleared), said, recovery.total)
    return encoded(replace(said, cleared=replace(none_shown, shown=len(shown), findings=shown)))


def outage_result(outage: Outage) -> str:
    """The same of a NOT_EVALUATED."""
    failing = outage.failing
    return encoded(
        replace(
            _said(outage.news, EventType.NOT_EVALUATED),
            failing=shapes.Failing(
                since=rfc3339(failing.since),
                step=one_line(failing.step, 80),
                reason=one_line(failing.reason, 500),
            ),
        )
    )


def expiring_result(expiring: Expiring) -> str:
    """The same of an EXPIRING: what it is about stands in `held_back`."""
    return encoded(_said(expiring.news, EventType.EXPIRING))


def verdict_result(report: Report, now: datetime) -> str:
    """The same of a go or a warn, which no notice tells: the outcome is its event type."""
    return encoded(_said(EvaluatedNews.unremembered(report, now), report.outcome.name))


def first_that_fit(
    listed: Iterable[_Listed],
    without: shapes.Result,
    total: int,
    largest: int = LARGEST_RESULT,
) -> list[_Listed]:
    """The first ones that leave the result within its bound; `total` is at least their number."""
    return that_fit(listed, largest - len(json.encode(without)) - len(str(total)))


def encoded(result: shapes.Result) -> str:
    """The JSON, as the attribute holds it."""
    return json.encode(result).decode()


# --- what every kind says


def _said(news: ImageNews, event_type: str) -> shapes.Result:
    report = news.report
    evaluation = report.evaluation if report else None
    return shapes.Result(
        id=one_line(news.id, 128),
        event_type=event_type,
        at=rfc3339(news.at),
        image=_image(news),
        team=team_of(news),
        outcome=report.outcome if report else None,
        final_action=report.final_action if report else None,
        reason=one_line(report.reason, 500) if report else None,
        policy_id=_text(policy_id(news), 200),
        trigger=_trigger(news),
        evaluated_at=_text(evaluation.evaluated_at if evaluation else None, 40),
        first_stop_at=_first_stop_at(news),
        previous_digest=_text(previous_digest(news), 80),
        suppressed=suppressed(news),
        changes=changes(news),
        vulnerabilities=_vulnerabilities(report) if report else None,
        notes=[one_line(note, 400) for note in report.notes[:_MOST_NOTES]] if report else [],
    )


def _first_stop_at(news: ImageNews) -> str | None:
    at = news.first_stop_at if isinstance(news, ComparedNews | NotEvaluatedNews) else None
    return rfc3339(at) if at else None


def _text(text: str | None, longest: int) -> str | None:
    return one_line(text or "", longest) or None


def _image(news: ImageNews) -> shapes.Image:
    tag, report = news.tag, news.report
    return shapes.Image(
        registry=one_line(tag.registry, 256),
        repository=one_line(tag.repository, 256),
        tag=one_line(tag.tag, 128),
        full_tag=one_line(str(tag), 642),
        digest=_text(report.image_digest if report else None, 80),
    )


def _trigger(news: ImageNews) -> shapes.Trigger:
    at = news.trigger.at
    return shapes.Trigger(kind=news.trigger.kind, at=rfc3339(at) if at else None)


def _vulnerabilities(report: Report) -> shapes.Vulnerabilities:
    listed = report.vulnerabilities
    return shapes.Vulnerabilities(
        by_severity=listed.by_severity() if listed else None,
        problem=_text(report.vulnerabilities_problem, 500),
    )


# --- what one kind says


def _finding(finding: BlockingFinding, *, new: bool) -> shapes.Finding:
    return shapes.Finding(
        new=new,
        severity=str(finding.severity),
        gate=finding.gate,
        trigger=finding.trigger,
        vulnerability=finding.vulnerability,
        package=finding.package,
        file=finding.file,
        version=finding.version,
        listed=finding.listed,
        fixed_in=finding.fixed_in,
        will_not_fix=finding.will_not_fix,
        locations=finding.locations,
        inherited_from_base=finding.inherited_from_base,
        message=finding.message,
        recommendation=finding.recommendation,
        rule_id=finding.rule_id,
        policy_id=finding.policy_id,
    )


def _cleared(finding: ClearedFinding) -> shapes.ClearedFinding:
    key = finding.key.bounded()
    return shapes.ClearedFinding(
        gate=key.gate,
        trigger=key.trigger,
        what=key.what,
        severity=None if finding.severity is None else str(finding.severity),
        by=finding.by,
    )
