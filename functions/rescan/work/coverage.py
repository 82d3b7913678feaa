"""What the tags that a sweep enqueued came to, by the marks that their results left. Pure.

Only a full sweep's messages mark an entry, and a sweep is measured before the next one enqueues
anything: so a result of a tag that this sweep did not enqueue is never counted for it.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from msgspec import Struct

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


class Counted(Struct, frozen=True):
    """What some entries say of a sweep, as `Coverage` counts it.

    `last` is when the last of them was evaluated, `oldest` the oldest verdict of what was swept by
    it or by the sweep before; None: there is none.
    """

    answered: int = 0
    evaluated: int = 0
    absent: int = 0
    last: datetime | None = None
    oldest: datetime | None = None

    def plus(self, more: "Counted") -> "Counted":
        """Of these entries and of more, none of which is among both."""
        return Counted(
            self.answered + more.answered,
            self.evaluated + more.evaluated,
            self.absent + more.absent,
            max(filter(None, (self.last, more.last)), default=None),
            min(filter(None, (self.oldest, more.oldest)), default=None),
        )

    def coverage(self, sweep: SweepRecord) -> Coverage:
        """The sweep's coverage, when these are all entries."""
        expected = sweep.expected
        answered, evaluated = min(self.answered, expected), min(self.evaluated, expected)
        return Coverage(
            sweep.started,
            expected,
            answered,
            evaluated,
            self.absent,
            sweep.unwatched,
            sweep.enqueuing,
        )


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
    return counted_of(sweep, every).coverage(sweep)


def counted_of(sweep: SweepRecord, every: Iterable[_Evaluated]) -> Counted:
    """What these entries, one a tag, say of the sweep."""
    since = sweep.started
    swept_since = sweep.before.started if sweep.before else since
    swept = [one for one in every if one.sweep is not None and one.sweep >= swept_since]
    answered = [one for one in swept if one.sweep is not None and one.sweep >= since]
    others = [one for one in answered if one.evaluated_at is None or one.evaluated_at < since]
    return Counted(
        len(answered),
        len(answered) - len(others),
        sum(1 for one in others if one.failing is None),
        max(_evaluations(answered), default=None),
        min(_evaluations(swept), default=None),
    )


def _evaluations(every: Iterable[_Evaluated]) -> list[datetime]:
    return [one.evaluated_at for one in every if one.evaluated_at]


def failing_percent(coverage: Coverage) -> float:
    """The share of the sweep's tags whose result is a failed attempt."""
    failing = coverage.answered - coverage.evaluated - coverage.absent
    return 100 * max(0, failing) / max(1, coverage.expected)


def data_lag(sweep: SweepRecord, counted: Counted) -> timedelta | None:
    """From the arrival of the data that the sweep was the first to judge by to its last evaluation.

    None: there were no newer data, or nothing is known of them.
    """
    received, last = new_data_at(sweep), counted.last
    return max(timedelta(), last - received) if received and last else None


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
    counted = counted_of(sweep, every)
    if new_data_at(sweep) is None or not counted.coverage(sweep).is_through:
        return DataAge(received)
    last = sweep.noticed_at
    notice_lag = max(timedelta(), last - received) if last else None
    return DataAge(received, data_lag(sweep, counted), notice_lag)


def standing(snapshot: _Evaluated) -> tuple[datetime, datetime]:
    """The higher, the more an entry of a tag counts."""
    return snapshot.sweep or _LONG_AGO, snapshot.evaluated_at or _LONG_AGO
