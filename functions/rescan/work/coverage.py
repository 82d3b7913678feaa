"""What the tags that a sweep enqueued came to, by the marks that their results left. Pure.

Only a full sweep's messages mark an entry, and a sweep is measured before the next one enqueues
anything: so a result of a tag that this sweep did not enqueue is never counted for it.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from rescan.kernel.image_tag import Digest, ImageTag
from rescan.ledger.failing import Failing
from rescan.notice.data_age import DataAge
from rescan.notice.summary import Coverage
from rescan.work.ports import SweepRecord

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class _Evaluated(Protocol):
    @property
    def tag(self) -> ImageTag: ...
    @property
    def old_digest(self) -> Digest | None: ...
    @property
    def sweep(self) -> datetime | None: ...
    @property
    def evaluated_at(self) -> datetime | None: ...
    @property
    def failing(self) -> Failing | None: ...


_Remembered = TypeVar("_Remembered", bound=_Evaluated)


def one_a_tag(snapshots: Iterable[_Remembered]) -> list[_Remembered]:
    """One entry a tag, which has one for each policy that ever gated it: that of the sweeps.

    A digest that runs though its tag has moved on is one of its own.
    """
    found: dict[Any, _Remembered] = {}
    for snapshot in snapshots:
        key = snapshot.tag, snapshot.old_digest
        before = found.get(key)
        if before is None or standing(snapshot) > standing(before):
            found[key] = snapshot
    return list(found.values())


def coverage_of(sweep: SweepRecord, every: Iterable[_Evaluated]) -> Coverage:
    """The sweep's coverage, from one entry a tag."""
    since = sweep.started
    answered = [one for one in every if one.sweep is not None and one.sweep >= since]
    others = [one for one in answered if one.evaluated_at is None or one.evaluated_at < since]
    return Coverage(
        started=since,
        expected=sweep.expected,
        answered=min(len(answered), sweep.expected),
        evaluated=min(len(answered) - len(others), sweep.expected),
        absent=sum(1 for one in others if one.failing is None),
        unwatched=sweep.unwatched,
    )


def failing_percent(coverage: Coverage) -> float:
    """The share of the sweep's tags whose result is a failed attempt."""
    failing = coverage.answered - coverage.evaluated - coverage.absent
    return 100 * max(0, failing) / max(1, coverage.expected)


def data_lag(sweep: SweepRecord, every: Iterable[_Evaluated]) -> timedelta | None:
    """From the arrival of the data that the sweep was the first to judge by to its last evaluation.

    None: there were no newer data, or nothing is known of them.
    """
    received = new_data_at(sweep)
    if received is None:
        return None
    answered = (one for one in every if one.sweep is not None and one.sweep >= sweep.started)
    last = max((one.evaluated_at for one in answered if one.evaluated_at), default=None)
    return max(timedelta(), last - received) if last else None


def new_data_at(sweep: SweepRecord) -> datetime | None:
    """When the data came that the sweep was the first to judge by; None: no such, or not known."""
    received = sweep.data.received_at if sweep.data else None
    if received is None or (sweep.before is not None and received < sweep.before.started):
        return None
    return received


def data_age(sweep: SweepRecord | None, every: Collection[_Evaluated]) -> DataAge | None:
    """Of the data that the sweep began with, from one entry a tag; None: not known.

    How soon they had their effect is told once the sweep is through.
    """
    received = sweep.data.received_at if sweep and sweep.data else None
    if sweep is None or received is None:
        return None
    coverage = coverage_of(sweep, every)
    if new_data_at(sweep) is None or not coverage.is_few(coverage.unanswered):
        return DataAge(received)
    last = sweep.noticed_at
    notice_lag = max(timedelta(), last - received) if last else None
    return DataAge(received, data_lag(sweep, every), notice_lag)


def standing(snapshot: _Evaluated) -> tuple[datetime, datetime]:
    """The higher, the more an entry of a tag counts."""
    return snapshot.sweep or _LONG_AGO, snapshot.evaluated_at or _LONG_AGO
