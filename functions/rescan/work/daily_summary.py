"""The daily summary: proof that the watcher is alive, even when nothing is new.

It is made from the ledger alone, in one scan, and waits in the outbox like every other notice.
Where sweeps go by pages, the scan reads several segments of the table side by side. A ledger that
cannot be read to its end fails the invocation: Lambda tries again, and keeps what failed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from msgspec import Struct
from msgspec.structs import replace

from rescan.events.commands import Summarize
from rescan.gate.allowlist_expiry import HORIZON
from rescan.kernel.clock import Clock, utc_day, utc_now
from rescan.kernel.due_days import DueDays
from rescan.kernel.team import UNROUTED
from rescan.notice.render import summary_outbox_items
from rescan.notice.summary import Coverage, Dated, Failed, Summary, TeamDue
from rescan.outbox.items import Channel
from rescan.work.coverage import coverage_of, data_age, one_a_tag
from rescan.work.ports import EntrySnapshot, Ledger, SweepRecord

_Image = TypeVar("_Image", Dated, Failed)
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_NO_TERMS = DueDays()
_NO_DAYS: Mapping[str, date] = {}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Schedule(Struct, frozen=True):
    """When sweeps and summaries run: the period of the one, the hour (UTC) of the other."""

    sweep_period: timedelta
    summary_hour: int | None = None

    def next_summary(self, now: datetime) -> datetime | None:
        """The next hour at which one runs; None when none is planned."""
        if self.summary_hour is None:
            return None
        today = now.replace(hour=self.summary_hour, minute=0, second=0, microsecond=0)
        return today if today > now else today + _DAY


class DailySummary:
    """Makes the summary, and writes its notice into the outbox."""

    def __init__(
        self,
        ledger: Ledger,
        channels: Collection[Channel],
        schedule: Schedule,
        logger: Logger,
        clock: Clock = utc_now,
        terms: DueDays = _NO_TERMS,
    ) -> None:
        self._ledger = ledger
        self._channels = channels
        self._schedule = schedule
        self._logger = logger
        self._clock = clock
        self._terms = terms

    def run(self, asked: Summarize) -> dict[str, Any]:
        """{"quiet", "stopped", "notEvaluated", "missing", "setAside"}; LedgerUnavailable."""
        sweep = self._ledger.last_sweep()
        snapshots = self._ledger.snapshots(side_by_side=bool(sweep and sweep.by_pages))
        counted = summary_of(snapshots, sweep, self._schedule, self._clock(), self._terms)
        set_aside = self._ledger.count_set_aside()
        summary = replace(counted, set_aside=set_aside, due_at=asked.due)
        self._ledger.add(summary_outbox_items(summary, self._channels))
        answer: dict[str, Any] = {
            "quiet": summary.is_quiet,
            "stopped": len(summary.stopped),
            "notEvaluated": len(summary.failing),
            "missing": summary.missing,
            "setAside": summary.set_aside,
        }
        self._logger.info("summary queued", **answer)
        return answer


def summary_of(
    snapshots: Iterable[EntrySnapshot],
    sweep: SweepRecord | None,
    schedule: Schedule,
    now: datetime,
    terms: DueDays = _NO_TERMS,
) -> Summary:
    """The summary of every entry and of the last sweep; pure."""
    every = one_a_tag(map(_counted_only, snapshots))
    counted, under_way = _sweeps(every, sweep, schedule, now)
    return Summary(
        at=now,
        sweep=counted,
        under_way=under_way,
        next_sweep=sweep.started + schedule.sweep_period if sweep else None,
        next_summary=schedule.next_summary(now),
        data=data_age(sweep, every),
        stopped=_oldest_first(_dated(g, g.first_stop_at) for g in every if g.stopped),
        failing=_failing(every, min(now - _DAY, counted.started if counted else now)),
        unknown_pushes=_what_runs_first(
            _oldest_first(_dated(g, g.unknown_push_at) for g in every if g.unknown_push_at)[::-1]
        ),
        ending=_oldest_first(
            _dated(g, g.held_until)
            for g in every
            if g.held_until and not g.stopped and now < g.held_until <= now + HORIZON
        ),
        due=_due(every, terms, utc_day(now)),
        running_unknown=sweep.inventory.doubt if sweep and sweep.inventory else None,
    )


def _counted_only(one: EntrySnapshot) -> EntrySnapshot:
    """Without what the lists say of an image, when it is in none: so a million have room."""
    if one.stopped or one.failing or one.unknown_push_at or one.held_until:
        return one
    return replace(one, subject="", digest=None, running=None, team=UNROUTED, first_days=_NO_DAYS)


def _dated(one: EntrySnapshot, at: datetime | None) -> Dated:
    return Dated(one.tag, at, running=one.where, old=one.is_old)


def _due(every: list[EntrySnapshot], terms: DueDays, today: date) -> tuple[TeamDue, ...]:
    """The teams with stopped images that are overdue, or due within a week."""
    overdue: Counter[str] = Counter()
    this_week: Counter[str] = Counter()
    for one in every:
        due = terms.due(one.first_days) if one.stopped else None
        if due is not None and due < today + _WEEK:
            (overdue if due < today else this_week)[one.team] += 1
    teams = [TeamDue(team, overdue[team], this_week[team]) for team in overdue.keys() | this_week]
    return tuple(sorted(teams, key=lambda each: (-each.overdue, -each.this_week, each.team)))


def _sweeps(
    every: list[EntrySnapshot], sweep: SweepRecord | None, schedule: Schedule, now: datetime
) -> tuple[Coverage | None, Coverage | None]:
    """The sweep that counts, and the one under way, which has its period to become complete.

    The one before it stands as it was measured: by now tags that came later have results, too.
    """
    if sweep is None:
        return None, None
    last = coverage_of(sweep, every)
    is_done = not (last.unanswered or last.enqueuing)
    is_over = is_done or now >= sweep.started + schedule.sweep_period
    if is_over or sweep.before is None:
        return last, None
    return sweep.before, last


def _failing(every: list[EntrySnapshot], since: datetime) -> tuple[Failed, ...]:
    """The failing images that were tried since then; one that is no longer tried is unwatched."""
    failing = [
        Failed(g.tag, g.failing, running=g.where, old=g.is_old)
        for g in every
        if g.failing is not None and g.result_at is not None and g.result_at >= since
    ]
    oldest_first = sorted(failing, key=lambda failed: (failed.failing.since, failed.tag))
    return _what_runs_first(oldest_first)


def _oldest_first(images: Iterable[Dated]) -> tuple[Dated, ...]:
    """What runs comes before the rest, and images without a moment come last."""
    oldest = sorted(images, key=lambda one: (one.at is None, one.at or _LONG_AGO, one.tag))
    return _what_runs_first(oldest)


def _what_runs_first(images: Iterable[_Image]) -> tuple[_Image, ...]:
    return tuple(sorted(images, key=lambda one: not one.runs))
