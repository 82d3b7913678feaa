"""The state as JSON, for programs: moments and dates as ISO 8601, null for what is not known."""

from datetime import datetime
from typing import Any

from msgspec import json

from rescan.notice.data_age import DataAge
from rescan.notice.times import rfc3339
from rescan.notice.where import running_shape
from rescan_cli.state.overview import Overview
from rescan_cli.state.remembered import Remembered
from rescan_cli.state.row import Row, StoppingFinding
from rescan_cli.state.source import Source


def overview_json(overview: Overview, source: Source) -> str:
    """Numbers, what is stopped, what is not evaluated, what ends."""
    exploited, due = overview.knows_exploited, overview.knows_due
    counts = {
        "images": overview.images,
        "stopped": len(overview.stopped),
        "by_severity": overview.by_severity(),
        "exploited": overview.count(lambda row: row.exploited) if exploited else None,
        "overdue": overview.count(lambda row: row.is_overdue) if due else None,
        "running": overview.count(lambda row: row.runs) if overview.knows_running else None,
        "unanswered": overview.unanswered,
        "not_evaluated": len(overview.failing),
        "unreadable": len(overview.unreadable),
    }
    return _text(
        {
            **_basis(source, overview.at),
            "last_result_at": _moment(overview.last_result),
            "data": _data(overview.data),
            "counts": counts,
            "stopped": [_row(row) for row in overview.stopped],
            "not_evaluated": [_row(row) for row in overview.failing],
            "ending": [_row(row) for row in overview.ending],
            "unreadable": overview.unreadable,
        }
    )


def image_json(found: list[Remembered], source: Source, now: datetime) -> str:
    """Every entry of one image, the one that counts first."""
    return _text({**_basis(source, now), "entries": [_remembered(one) for one in found]})


def _data(data: DataAge | None) -> dict[str, Any] | None:
    if data is None:
        return None
    return {
        "received_at": rfc3339(data.received_at),
        "verdict_lag_seconds": data.verdict_lag and int(data.verdict_lag.total_seconds()),
        "notice_lag_seconds": data.notice_lag and int(data.notice_lag.total_seconds()),
    }


def _basis(source: Source, at: datetime) -> dict[str, Any]:
    return {"at": rfc3339(at), "table": source.table, "region": source.region}


def _row(row: Row) -> dict[str, Any]:
    failing = row.failing
    return {
        "image": str(row.tag),
        "registry": row.tag.registry,
        "repository": row.tag.repository,
        "tag": row.tag.tag,
        "policy_id": row.policy_id,
        "team": row.team,
        "verdict": row.verdict,
        "digest": row.digest,
        "old_digest": row.old_digest,
        "stopped_since": _moment(row.since),
        "severity": _severity(row),
        "exploited": row.exploited,
        "due": row.due,
        "overdue": row.is_overdue,
        "findings": [_finding(it) for it in row.findings],
        "findings_total": row.total,
        "running": running_shape(row.running),
        "not_evaluated": None
        if failing is None
        else {
            "since": rfc3339(failing.since),
            "step": failing.step,
            "reason": failing.reason,
            "cause": failing.cause,
        },
        "allowlisted_until": _moment(row.held_until),
        "evaluated_at": _moment(row.evaluated_at),
        "result_at": _moment(row.result_at),
    }


def _remembered(one: Remembered) -> dict[str, Any]:
    entry, push = one.entry, one.entry.unknown_push
    pending = [
        {
            "event_type": it.envelope.event_type,
            "channel": it.channel,
            "at": rfc3339(it.envelope.at),
        }
        for it in one.pending
    ]
    return _row(one.row) | {
        "account": None if one.row.account == "own" else one.row.account,
        "notice_at": _moment(entry.notice_at),
        "unreported_cleared": len(entry.unreported.cleared) + entry.unreported.more,
        "unknown_push": push and {"at": rfc3339(push.at), "digest": push.digest},
        "outbox": pending,
    }


def _finding(it: StoppingFinding) -> dict[str, Any]:
    return {
        "name": it.name,
        "package": it.package,
        "severity": None if it.severity is None else str(it.severity),
        "exploited": it.exploited,
        "due": it.due,
    }


def _severity(row: Row) -> str | None:
    return None if row.worst is None else str(row.worst)


def _moment(at: datetime | None) -> str | None:
    return rfc3339(at) if at else None


def _text(value: dict[str, Any]) -> str:
    return json.format(json.encode(value), indent=2).decode()
