"""The attribute `result`: the notice for machines, as JSON of version 2.

Its schema is docs/notice.schema.json. A field that no reader needs may be added under the same
version; whatever an older reader would misread is a new one. Texts are bounded here, not marked.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import TypeVar

from msgspec import UNSET, Struct, UnsetType, json
from msgspec.structs import replace

from rescan.gate.advisory import Epss
from rescan.gate.allowlist_expiry import AllowlistExpiry
from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Severity
from rescan.gate.report import Report
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.safe_text import one_line
from rescan.kernel.team import UNROUTED, team_name
from rescan.ledger.changes import ChangedFinding, Changes, ClearedFinding
from rescan.ledger.news import ComparedNews, EvaluatedNews, ImageNews
from rescan.notice import result_shapes as shapes
from rescan.notice.old import old_shape
from rescan.notice.platforms import platform_results
from rescan.notice.times import rfc3339
from rescan.notice.where import running_shape

# Of the 256 KiB of a message; what the other attributes and the body need is below 120,000.
LARGEST_RESULT = 120_000
# Of the changes, and of what is suppressed: the findings that stop the image need the rest.
_LARGEST_PART = 15_000
# The workflow writes fewer.
_MOST_NOTES = 5

_Item = TypeVar("_Item", bound=Struct)


def encoded(result: shapes.Result) -> str:
    """The JSON, as the attribute holds it."""
    return json.encode(result).decode()


def fitted(
    items: Iterable[_Item],
    result_of: Callable[[Sequence[_Item]], shapes.Result],
    total: int,
    largest: int = LARGEST_RESULT,
) -> str:
    """The JSON with as many items as fit into so many bytes of UTF-8, the first ones.

    `total` is at least the number of items: the result counts up to it.
    """
    room = largest - len(json.encode(result_of(()))) - len(str(total))
    return encoded(result_of(that_fit(items, room)))


def that_fit(items: Iterable[_Item], room: int) -> list[_Item]:
    """The first ones whose JSON, commas included, has at most so many bytes."""
    fit: list[_Item] = []
    for item in items:
        room -= len(json.encode(item)) + len(",")
        if room < 0:
            break
        fit.append(item)
    return fit


# --- what the results of several kinds have


def verdict_result(report: Report, now: datetime) -> str:
    """The result of a GO or a WARN that no notice reports: the outcome is its event type."""
    return encoded(evaluated_result(EvaluatedNews.unremembered(report, now), report.outcome.name))


def image_result(news: ImageNews, event_type: str) -> shapes.Result:
    """What is known of every image."""
    report = news.report
    evaluation = report.evaluation if report else None
    return shapes.Result(
        id=one_line(news.id, 128),
        event_type=event_type,
        at=rfc3339(news.at),
        image=_image(news.tag, report),
        team=team_name(news.team) or UNROUTED,
        outcome=report.outcome if report else None,
        final_action=report.final_action if report else None,
        reason=one_line(report.reason, 500) if report else None,
        policy_id=text((report.policy_id if report else None) or news.policy_id, 200),
        anchore_url=news.anchore_url,
        policy_name=text(report.policy_name if report else None, 120),
        trigger=shapes.Trigger(kind=news.trigger.kind, at=moment_or_none(news.trigger.at)),
        evaluated_at=text(evaluation.evaluated_at if evaluation else None, 40),
        suppressed=shapes.Suppressed(total=0, shown=0, findings=()),
        vulnerabilities=_vulnerabilities(report) if report else None,
        notes=[one_line(note, 400) for note in report.notes[:_MOST_NOTES]] if report else [],
        running=running_shape(news.running),
        old=old_shape(news.old) if news.old else UNSET,
        platforms=(platform_results(report) or UNSET) if report else UNSET,
    )


def evaluated_result(news: EvaluatedNews, event_type: str) -> shapes.Result:
    """What is known of an image with a verdict."""
    return replace(
        image_result(news, event_type),
        previous_digest=text(news.previous_digest, 80),
        suppressed=_suppressed(news.expiry),
    )


def compared_result(news: ComparedNews) -> shapes.Result:
    """What is known of an image that is or was stopped."""
    return replace(
        evaluated_result(news, news.event_type),
        first_stop_at=moment_or_none(news.first_stop_at),
        changes=_changes(news.changes, news) if news.changes else None,
    )


# --- parts of it


def text(value: str | None, longest: int) -> str | None:
    """One line; None where there is nothing to read."""
    return one_line(value or "", longest) or None


def date_or_unset(day: date | None) -> str | UnsetType:
    """E.g. "2026-11-27"; None is not written."""
    return day.isoformat() if day else UNSET


def moment_or_none(at: datetime | None) -> str | None:
    """E.g. "2026-11-24T21:50:37Z"."""
    return rfc3339(at) if at else None


def _image(tag: ImageTag, report: Report | None) -> shapes.Image:
    return shapes.Image(
        registry=one_line(tag.registry, 256),
        repository=one_line(tag.repository, 256),
        tag=one_line(tag.tag, 128),
        full_tag=full_tag(tag),
        digest=text(report.image_digest if report else None, 80),
    )


def full_tag(tag: ImageTag) -> str:
    """registry/repository:tag."""
    return one_line(str(tag), 642)


def _vulnerabilities(report: Report) -> shapes.Vulnerabilities:
    listed = report.vulnerabilities
    return shapes.Vulnerabilities(
        by_severity=listed.by_severity() if listed else None,
        problem=text(report.vulnerabilities_problem, 500),
    )


def _changes(changes: Changes, news: ComparedNews) -> shapes.Changes:
    shown = that_fit(map(_changed, changes.findings), _LARGEST_PART)
    return shapes.Changes(
        since=rfc3339(changes.since),
        new_digest=news.previous_digest is not None,
        policy_changed=changes.policy_changed,
        total=len(changes.findings) + changes.more,
        shown=len(shown),
        findings=shown,
    )


def _suppressed(expiry: AllowlistExpiry) -> shapes.Suppressed:
    """Those that end first at the front, those whose end nobody knows at the back."""
    dated = [(ending.until, finding) for ending in expiry.endings for finding in ending.findings]
    every = [*dated, *((None, finding) for finding in (*expiry.over, *expiry.unknown))]
    shown = that_fit((_suppressed_until(*pair) for pair in every), _LARGEST_PART)
    return shapes.Suppressed(total=len(every), shown=len(shown), findings=shown)


# --- findings


def blocking(finding: BlockingFinding, *, new: bool, due_at: date | None = None) -> shapes.Finding:
    """A finding that stops the image; whether it was not reported before, and by when it is due."""
    bounded = finding.bounded()
    return shapes.Finding(
        new=new,
        severity=str(bounded.severity),
        gate=bounded.gate,
        trigger=bounded.trigger,
        vulnerability=bounded.vulnerability,
        package=bounded.package,
        file=bounded.file,
        version=bounded.version,
        listed=bounded.listed,
        fixed_in=bounded.fixed_in,
        will_not_fix=bounded.will_not_fix,
        locations=bounded.locations,
        inherited_from_base=bounded.inherited_from_base,
        message=bounded.message,
        recommendation=bounded.recommendation,
        rule_id=bounded.rule_id,
        policy_id=bounded.policy_id,
        rule_set=bounded.rule_set,
        known_exploited=bounded.known_exploited,
        epss=_epss(bounded.epss),
        cvss=bounded.cvss,
        url=bounded.url,
        suggested_fix=bounded.suggested_fix,
        annotation=bounded.annotation,
        detected_at=moment_or_none(bounded.detected_at),
        due_at=date_or_unset(due_at),
        platforms=bounded.platforms or UNSET,
    )


def _epss(epss: Epss | None) -> shapes.Epss | None:
    return shapes.Epss(epss.score, epss.percentile) if epss else None


def cleared(finding: ClearedFinding) -> shapes.ClearedFinding:
    """A finding that no longer stops the image."""
    return shapes.ClearedFinding(*_named(finding.key), _severity(finding.severity), finding.by)


def _changed(finding: ChangedFinding) -> shapes.ChangedFinding:
    severity, before = _severity(finding.severity), _severity(finding.before)
    return shapes.ChangedFinding(finding.change, *_named(finding.key), severity, before)


def _suppressed_until(until: datetime | None, finding: BlockingFinding) -> shapes.SuppressedFinding:
    severity = str(finding.severity)
    return shapes.SuppressedFinding(moment_or_none(until), *_named(finding.key), severity)


def _named(key: FindingKey) -> tuple[str, str, str]:
    bounded = key.bounded()
    return bounded.gate, bounded.trigger, bounded.what


def _severity(severity: Severity | None) -> str | None:
    return None if severity is None else str(severity)
