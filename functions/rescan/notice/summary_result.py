"""The part `summary` of a result: of each list as much as fits, in its order."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TypeVar

from msgspec import UNSET, Struct, UnsetType

from rescan.gate.running import Running
from rescan.kernel.safe_text import one_line
from rescan.notice import running_shapes
from rescan.notice import summary_shapes as shapes
from rescan.notice.result import full_tag, moment_or_none, that_fit
from rescan.notice.summary import Coverage, Dated, Failed, Summary, TeamDue
from rescan.notice.times import rfc3339
from rescan.notice.where import running_shape

# Of the 256 KiB of a message, the body has at most 190,000.
LARGEST_SUMMARY_RESULT = 60_000
# Bytes of each list; what else there is stays below 3,000.
_STOPPED, _NOT_EVALUATED, _UNKNOWN_PUSHES, _ENDING, _DUE = 15_000, 18_000, 12_000, 9_000, 3_000

# Rows of Anchore's list that are no tag.
MOST_UNWATCHED = 5

_Item = TypeVar("_Item", bound=Struct)


def summary_shape(summary: Summary) -> shapes.Summary:
    """With the rest of the result at most LARGEST_SUMMARY_RESULT bytes of UTF-8."""
    data = summary.data
    return shapes.Summary(
        quiet=summary.is_quiet,
        sweep=_coverage(summary.sweep),
        under_way=_coverage(summary.under_way),
        next_sweep=moment_or_none(summary.next_sweep),
        overdue=summary.is_overdue,
        next_summary=moment_or_none(summary.next_summary),
        new_pushes=len(summary.new_pushes),
        set_aside=summary.set_aside,
        stopped=_images(map(_dated, summary.stopped), len(summary.stopped), _STOPPED),
        not_evaluated=_images(map(_failed, summary.failing), len(summary.failing), _NOT_EVALUATED),
        unknown_pushes=_images(
            map(_dated, summary.unknown_pushes), len(summary.unknown_pushes), _UNKNOWN_PUSHES
        ),
        ending=_images(map(_dated, summary.ending), len(summary.ending), _ENDING),
        data_received_at=rfc3339(data.received_at) if data else UNSET,
        verdict_lag_seconds=_seconds(data.verdict_lag if data else None),
        notice_lag_seconds=_seconds(data.notice_lag if data else None),
        due=that_fit(map(_due, summary.due), _DUE) or UNSET,
        running_unknown=one_line(summary.running_unknown or "", 300) or UNSET,
    )


def _seconds(lag: timedelta | None) -> int | UnsetType:
    return UNSET if lag is None else int(lag.total_seconds())


def _coverage(coverage: Coverage | None) -> shapes.Coverage | None:
    if coverage is None:
        return None
    return shapes.Coverage(
        started=rfc3339(coverage.started),
        expected=coverage.expected,
        evaluated=coverage.evaluated,
        absent=coverage.absent,
        missing=coverage.unanswered,
        unwatched=coverage.unwatched.rows,
        not_tags=[one_line(name, 300) for name in coverage.unwatched.names[:MOST_UNWATCHED]],
    )


def _images(images: Iterable[_Item], total: int, room: int) -> shapes.Images[_Item]:
    shown = that_fit(images, room)
    return shapes.Images(total=total, shown=len(shown), images=shown)


def _dated(dated: Dated) -> shapes.Dated:
    running, old = _running(dated.running), dated.old or UNSET
    return shapes.Dated(full_tag(dated.tag), moment_or_none(dated.at), running, old)


def _failed(failed: Failed) -> shapes.Failed:
    return shapes.Failed(
        full_tag=full_tag(failed.tag),
        at=rfc3339(failed.failing.since),
        step=one_line(failed.failing.step, 80),
        reason=one_line(failed.failing.reason, 300),
        running=_running(failed.running),
        old=failed.old or UNSET,
    )


def _running(running: Running | None) -> running_shapes.Running | UnsetType:
    return running_shape(running) if running else UNSET


def _due(team: TeamDue) -> shapes.TeamDue:
    return shapes.TeamDue(
        team=one_line(team.team, 100), overdue=team.overdue, this_week=team.this_week
    )
