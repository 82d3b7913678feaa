"""News to announce: defaults for all but the point of a test."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from rescan.gate.evaluation import Allowlisted, Finding
from rescan.gate.model import Outcome, Severity, Step, Trigger, TriggerKind
from rescan.gate.report import Report
from rescan.kernel.failure_cause import FailureCause
from rescan.ledger.changes import Change, ChangedFinding, Changes, ClearedBy, ClearedFinding
from rescan.ledger.failing import Failing
from rescan.ledger.news import (
    EndCause,
    EndedNews,
    ExpiringNews,
    NotEvaluatedNews,
    RecoveredNews,
    ReminderNews,
    StopNews,
)
from tests.support.notices import reports
from tests.support.notices.reports import TAG, evaluation, finding, listed, report, row

NOW = datetime(2026, 11, 24, 21, 51, 2, tzinfo=UTC)
FIRST_STOP = datetime(2026, 11, 20, 3, 0, 41, tzinfo=UTC)
SCHEDULE = Trigger(TriggerKind.SCHEDULE, datetime(2026, 11, 24, 21, 50, tzinfo=UTC))
PUSH = Trigger(TriggerKind.ECR_PUSH, reports.PUSHED_AT)
ID = "5f1d7a84db00d2fce00b31a7fc73224f"


def stop(said: Report, **fields: object) -> StopNews:
    """A first STOP, unless `fields` say otherwise."""
    return StopNews(**(_facts(said) | {"first_stop_at": NOW} | fields))  # type: ignore[arg-type]


def reminder(said: Report, **fields: object) -> ReminderNews:
    """Still stopped, after four days, unless `fields` say otherwise."""
    facts = _facts(replace(said, trigger=SCHEDULE)) | {"first_stop_at": FIRST_STOP}
    return ReminderNews(**(facts | fields))  # type: ignore[arg-type]


def _facts(said: Report) -> dict[str, object]:
    return {
        "id": ID,
        "tag": said.tag,
        "trigger": said.trigger,
        "at": NOW,
        "policy_id": said.policy_id,
        "report": said,
        "team": said.team,
    }


def held(
    what: str | Finding, until: datetime | None, ends: bool | None = True, **fields: object
) -> Allowlisted:
    """A finding that would stop the image, and the item that holds it back until then."""
    found = finding(what) if isinstance(what, str) else what
    named = {"allowlist": "Accepted risks", "ends": ends, "until": until} | fields
    return Allowlisted(replace(found, allowlisted=True), **named)  # type: ignore[arg-type]


def expiring(*items: Allowlisted, **fields: object) -> ExpiringNews:
    """GO thanks to these items alone, unless `fields` say otherwise."""
    return ExpiringNews(**(_facts(go_until(*items)) | fields))  # type: ignore[arg-type]


def go_until(*items: Allowlisted) -> Report:
    """GO thanks to these items alone."""
    return report(
        evaluation(*(item.finding for item in items), final_action="go", allowlisted=tuple(items)),
        outcome=Outcome.GO,
        final_action="go",
        reason="the policy evaluation says go",
        trigger=SCHEDULE,
        vulnerabilities=listed(reports.FTPD, reports.NSS_TOOLS, reports.GLIBC),
    )


def changed(what: str, change: Change, severity: Severity | None = None) -> ChangedFinding:
    """A vulnerability to which something happened."""
    return ChangedFinding(finding(what).key, severity, change)


def changes(*findings: ChangedFinding, **fields: object) -> Changes:
    """Since the notice of the day before."""
    return Changes(NOW - timedelta(hours=24), findings=findings, **fields)  # type: ignore[arg-type]


def recovered(*cleared: ClearedFinding, **fields: object) -> RecoveredNews:
    """GO after four days of STOP, unless `fields` say otherwise."""
    go = report(
        evaluation(final_action="go"),
        outcome=Outcome.GO,
        final_action="go",
        reason="the policy evaluation says go",
        trigger=SCHEDULE,
        vulnerabilities=listed(row("CVE-2020-8927", "Medium", "brotli", "1.0.6-2.el8")),
    )
    facts = _facts(go) | {
        "first_stop_at": FIRST_STOP,
        "cleared": cleared,
        "cleared_total": len(cleared),
    }
    return RecoveredNews(**(facts | fields))  # type: ignore[arg-type]


def not_evaluated(
    reason: str, cause: FailureCause = FailureCause.OTHER, **fields: object
) -> NotEvaluatedNews:
    """Failing for seven hours while nothing is known of a STOP, unless `fields` say otherwise."""
    since = NOW - timedelta(hours=7, minutes=2)
    news_fields = {
        "id": ID,
        "tag": TAG,
        "team": "payments",
        "trigger": SCHEDULE,
        "at": NOW,
        "failing": Failing(since, Step.FIND_ACTIVE_IMAGE, reason, cause),
    } | fields
    return NotEvaluatedNews(**news_fields)  # type: ignore[arg-type]


def ended(**fields: object) -> EndedNews:
    """A STOP under a policy for which nobody has asked for a month, unless `fields` differ."""
    news_fields = {
        "id": ID,
        "tag": TAG,
        "team": "payments",
        "trigger": SCHEDULE,
        "at": NOW,
        "policy_id": reports.POLICY_ID,
        "cause": EndCause.NO_LONGER_WATCHED,
        "asked_at": NOW - timedelta(days=30, hours=3),
        "first_stop_at": NOW - timedelta(days=41),
    } | fields
    return EndedNews(**news_fields)  # type: ignore[arg-type]


def cleared(what: str, severity: Severity | None, by: ClearedBy) -> ClearedFinding:
    """A vulnerability that stopped the image."""
    return ClearedFinding(finding(what).key, severity, by)
