"""News to announce: defaults for all but the point of a test."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from rescan.gate.evaluation import Allowlisted, Finding
from rescan.gate.model import Outcome, Severity, Step, Trigger, TriggerKind
from rescan.gate.report import Report
from rescan.kernel.failure_cause import FailureCause
from rescan.ledger.news import (
    Change,
    ChangedFinding,
    Changes,
    ClearedBy,
    ClearedFinding,
    EventType,
    Failing,
    News,
)
from tests.support.notices import reports
from tests.support.notices.reports import TAG, evaluation, finding, listed, report, row

NOW = datetime(2026, 11, 24, 21, 51, 2, tzinfo=UTC)
FIRST_STOP = datetime(2026, 11, 20, 3, 0, 41, tzinfo=UTC)
SCHEDULE = Trigger(TriggerKind.SCHEDULE, datetime(2026, 11, 24, 21, 50, tzinfo=UTC))
PUSH = Trigger(TriggerKind.ECR_PUSH, reports.PUSHED_AT)
ID = "5f1d7a84db00d2fce00b31a7fc73224f"


def stop(said: Report, **fields: object) -> News:
    """A first STOP, unless `fields` say otherwise."""
    news_fields = {
        "event_type": EventType.STOP,
        "id": ID,
        "tag": said.tag,
        "trigger": said.trigger,
        "at": NOW,
        "policy_id": said.policy_id,
        "report": said,
        "first_stop_at": NOW,
        "team": said.team,
    } | fields
    return News(**news_fields)  # type: ignore[arg-type]


def reminder(said: Report, **fields: object) -> News:
    """Still stopped, after four days, unless `fields` say otherwise."""
    defaults = {"event_type": EventType.REMINDER, "first_stop_at": FIRST_STOP}
    return stop(replace(said, trigger=SCHEDULE), **(defaults | fields))


def held(
    what: str | Finding, until: datetime | None, ends: bool | None = True, **fields: object
) -> Allowlisted:
    """A finding that would stop the image, and the item that holds it back until then."""
    found = finding(what) if isinstance(what, str) else what
    named = {"allowlist": "Accepted risks", "ends": ends, "until": until} | fields
    return Allowlisted(replace(found, allowlisted=True), **named)  # type: ignore[arg-type]


def expiring(*items: Allowlisted, **fields: object) -> News:
    """GO thanks to these items alone, unless `fields` say otherwise."""
    go = report(
        evaluation(*(item.finding for item in items), final_action="go", allowlisted=tuple(items)),
        outcome=Outcome.GO,
        final_action="go",
        reason="the policy evaluation says go",
        trigger=SCHEDULE,
        vulnerabilities=listed(reports.FTPD, reports.NSS_TOOLS, reports.GLIBC),
    )
    defaults = {"event_type": EventType.EXPIRING, "first_stop_at": None}
    return stop(go, **(defaults | fields))


def changed(what: str, change: Change, severity: Severity | None = None) -> ChangedFinding:
    """A vulnerability to which something happened."""
    return ChangedFinding(finding(what).key, severity, change)


def changes(*findings: ChangedFinding, **fields: object) -> Changes:
    """Since the notice of the day before."""
    return Changes(NOW - timedelta(hours=24), findings=findings, **fields)  # type: ignore[arg-type]


def recovered(*cleared: ClearedFinding, **fields: object) -> News:
    """GO after four days of STOP, unless `fields` say otherwise."""
    go = report(
        evaluation(final_action="go"),
        outcome=Outcome.GO,
        final_action="go",
        reason="the policy evaluation says go",
        trigger=SCHEDULE,
        vulnerabilities=listed(row("CVE-2020-8927", "Medium", "brotli", "1.0.6-2.el8")),
    )
    defaults = {
        "event_type": EventType.RECOVERED,
        "first_stop_at": FIRST_STOP,
        "cleared": cleared,
        "cleared_total": len(cleared),
    }
    return stop(go, **(defaults | fields))


def not_evaluated(reason: str, cause: FailureCause = FailureCause.OTHER, **fields: object) -> News:
    """Failing for seven hours while nothing is known of a STOP, unless `fields` say otherwise."""
    since = NOW - timedelta(hours=7, minutes=2)
    news_fields = {
        "event_type": EventType.NOT_EVALUATED,
        "id": ID,
        "tag": TAG,
        "team": "payments",
        "trigger": SCHEDULE,
        "at": NOW,
        "failing": Failing(since, Step.FIND_ACTIVE_IMAGE, reason, cause),
    } | fields
    return News(**news_fields)  # type: ignore[arg-type]


def cleared(what: str, severity: Severity | None, by: ClearedBy) -> ClearedFinding:
    """A vulnerability that stopped the image."""
    return ClearedFinding(finding(what).key, severity, by)
