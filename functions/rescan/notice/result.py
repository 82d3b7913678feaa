"""The attribute `result`: the STOP for machines, as JSON of version 1.

Its schema is docs/notice.schema.json, which allows no further fields: whatever changes there
is a new version.
"""

from collections.abc import Sequence
from datetime import UTC

from msgspec import Struct, json

from rescan.model import Report
from rescan.notice.stop import Stop
from rescan.notice.stopping import StoppingFinding
from rescan.plain_text import one_line

__all__ = ["LARGEST_RESULT", "result"]

# Of the 256 KiB of a message; what the other attributes and the body need is below 120,000.
LARGEST_RESULT = 120_000
# The workflow writes fewer.
_MOST_NOTES = 5


class _Image(Struct, frozen=True):
    registry: str
    repository: str
    tag: str
    full_tag: str
    digest: str | None


class _Trigger(Struct, frozen=True):
    kind: str
    at: str | None


class _Finding(Struct, frozen=True):
    severity: str
    gate: str
    trigger: str
    vulnerability: str | None
    package: str | None
    file: str | None
    version: str | None
    listed: bool
    fixed_in: str | None
    will_not_fix: bool
    locations: int
    inherited_from_base: bool | None
    message: str
    recommendation: str | None
    rule_id: str
    policy_id: str


class _Stopping(Struct, frozen=True):
    total: int
    shown: int
    by_severity: dict[str, int]
    problem: str | None
    findings: Sequence[_Finding]


class _Vulnerabilities(Struct, frozen=True):
    by_severity: dict[str, int] | None
    problem: str | None


class _Result(Struct, frozen=True):
    version: str
    event_type: str
    image: _Image
    outcome: str
    final_action: str | None
    reason: str
    policy_id: str | None
    trigger: _Trigger
    evaluated_at: str | None
    stopping: _Stopping
    vulnerabilities: _Vulnerabilities
    notes: Sequence[str]


def result(stop: Stop) -> str:
    """At most LARGEST_RESULT bytes of UTF-8: as many findings as fit, the worst ones."""
    digits_of_shown = len(str(len(stop.findings)))
    room = LARGEST_RESULT - len(json.encode(_result(stop, ()))) - digits_of_shown
    findings: list[_Finding] = []
    for stopping in stop.findings:
        finding = _finding(stopping.bounded())
        room -= len(json.encode(finding)) + len(",")
        if room < 0:
            break
        findings.append(finding)
    return json.encode(_result(stop, findings)).decode()


def _result(stop: Stop, findings: Sequence[_Finding]) -> _Result:
    report = stop.report
    evaluation, listed = report.evaluation, report.vulnerabilities
    return _Result(
        version="1",
        event_type="STOP",
        image=_image(report),
        outcome=report.outcome,
        final_action=report.final_action,
        reason=one_line(report.reason, 500),
        policy_id=one_line(report.policy_id or "", 200) or None,
        trigger=_trigger(report),
        evaluated_at=one_line((evaluation and evaluation.evaluated_at) or "", 40) or None,
        stopping=_Stopping(
            total=len(stop.findings),
            shown=len(findings),
            by_severity=stop.by_severity(),
            problem=one_line(stop.findings_problem or "", 500) or None,
            findings=findings,
        ),
        vulnerabilities=_Vulnerabilities(
            by_severity=listed.by_severity() if listed else None,
            problem=one_line(report.vulnerabilities_problem or "", 500) or None,
        ),
        notes=[one_line(note, 400) for note in report.notes[:_MOST_NOTES]],
    )


def _image(report: Report) -> _Image:
    tag = report.tag
    return _Image(
        registry=one_line(tag.registry, 256),
        repository=one_line(tag.repository, 256),
        tag=one_line(tag.tag, 128),
        full_tag=one_line(str(tag), 642),
        digest=one_line(report.image_digest or "", 80) or None,
    )


def _trigger(report: Report) -> _Trigger:
    at = report.trigger.at
    return _Trigger(
        kind=report.trigger.kind,
        at=f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None,
    )


def _finding(finding: StoppingFinding) -> _Finding:
    return _Finding(
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
