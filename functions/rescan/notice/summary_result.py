"""The attribute `result` of a SUMMARY: the same shape, with `summary` besides and no image."""

from collections.abc import Sequence
from typing import TypeVar

from msgspec import Struct

from rescan.kernel.image_tag import ImageTag
from rescan.kernel.safe_text import one_line
from rescan.kernel.team import UNROUTED
from rescan.ledger.news import EventType
from rescan.notice import result_shapes as shapes
from rescan.notice.result import encoded
from rescan.notice.result_of_change import that_fit
from rescan.notice.summary import Coverage, Dated, Failed, Summary
from rescan.notice.times import rfc3339

# Of the 256 KiB of a message, the body has at most 190,000.
LARGEST_SUMMARY_RESULT = 60_000
# Bytes of each list; what else there is stays below 3,000.
_STOPPED, _NOT_EVALUATED, _UNKNOWN_PUSHES, _ENDING = 18_000, 18_000, 12_000, 9_000

_Item = TypeVar("_Item", bound=Struct)


def summary_result(summary: Summary, name: str) -> str:
    """At most LARGEST_SUMMARY_RESULT bytes of UTF-8: of each list as much as fits, in its order."""
    return encoded(
        shapes.Result(
            id=one_line(name, 128),
            event_type=EventType.SUMMARY,
            at=rfc3339(summary.at),
            team=UNROUTED,
            summary=_summary(summary),
        )
    )


def _summary(summary: Summary) -> shapes.Summary:
    next_sweep, next_summary = summary.next_sweep, summary.next_summary
    return shapes.Summary(
        quiet=summary.is_quiet,
        sweep=_coverage(summary.sweep),
        under_way=_coverage(summary.under_way),
        next_sweep=rfc3339(next_sweep) if next_sweep else None,
        overdue=summary.is_overdue,
        next_summary=rfc3339(next_summary) if next_summary else None,
        new_pushes=len(summary.new_pushes),
        stopped=_images(list(map(_dated, summary.stopped)), _STOPPED),
        not_evaluated=_images(list(map(_failed, summary.failing)), _NOT_EVALUATED),
        unknown_pushes=_images(list(map(_dated, summary.unknown_pushes)), _UNKNOWN_PUSHES),
        ending=_images(list(map(_dated, summary.ending)), _ENDING),
    )


def _coverage(coverage: Coverage | None) -> shapes.Coverage | None:
    if coverage is None:
        return None
    return shapes.Coverage(
        started=rfc3339(coverage.started),
        expected=coverage.expected,
        evaluated=coverage.evaluated,
        absent=coverage.absent,
        missing=coverage.missing,
    )


def _images(every: Sequence[_Item], room: int) -> shapes.Images[_Item]:
    shown = that_fit(every, room)
    return shapes.Images(total=len(every), shown=len(shown), images=shown)


def _dated(it: Dated) -> shapes.Dated:
    return shapes.Dated(full_tag=_name(it.tag), at=rfc3339(it.at) if it.at else None)


def _failed(it: Failed) -> shapes.Failed:
    return shapes.Failed(
        full_tag=_name(it.tag),
        at=rfc3339(it.failing.since),
        step=one_line(it.failing.step, 80),
        reason=one_line(it.failing.reason, 300),
    )


def _name(tag: ImageTag) -> str:
    return one_line(str(tag), 642)
