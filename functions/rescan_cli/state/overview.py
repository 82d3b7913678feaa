"""The state at one moment: what is stopped, what fails, what ends or is due, with numbers. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.model import Severity
from rescan.notice.data_age import DataAge
from rescan.work.coverage import data_age, one_a_tag
from rescan.work.ports import SweepRecord
from rescan_cli.state.row import Row, StoppingFinding

SOON = timedelta(days=30)
THIS_WEEK = timedelta(days=7)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Overview(Struct, frozen=True, kw_only=True):
    """As of `at`.

    `stopped` comes in the order in which to act, `failing` oldest first; in both what runs comes
    first. `ending` (images that an allowlist keeps from being stopped) comes soonest first.

    `teams` counts all images that the ledger knows, `last_result` is the newest result of any.
    `unreadable` are the subjects of entries that could not be read. `about` says which images were
    asked for, and `unanswered` counts the stopped ones of which the ledger cannot tell. `data` is
    of the last sweep; None: not known.
    """

    at: datetime
    stopped: tuple[Row, ...]
    failing: tuple[Row, ...]
    ending: tuple[Row, ...]
    teams: Mapping[str, int]
    last_result: datetime | None
    unreadable: tuple[str, ...] = ()
    about: str = ""
    unanswered: int = 0
    data: DataAge | None = None

    @property
    def images(self) -> int:
        """How many the ledger knows, whatever their state."""
        return sum(self.teams.values())

    @property
    def knows_exploited(self) -> bool:
        """Whether of any stopped image it is known whether it has an exploited finding."""
        return any(row.exploited is not None for row in self.stopped)

    @property
    def knows_running(self) -> bool:
        """Whether of any stopped image it is known where it runs."""
        return any(row.running is not None for row in self.stopped)

    @property
    def knows_due(self) -> bool:
        """Whether any stopped image has a due date."""
        return any(row.due is not None for row in self.stopped)

    def count(self, has: Callable[[Row], bool | None]) -> int:
        """How many of the stopped images have it."""
        return sum(1 for row in self.stopped if has(row))

    def by_severity(self) -> dict[str, int]:
        """The stopped images by their worst finding, worst first."""
        counts = Counter(row.worst or Severity.UNKNOWN for row in self.stopped)
        return {str(severity): counts[severity] for severity in sorted(counts, reverse=True)}

    def of_team(self, team: str) -> "Overview":
        """The images of this team alone."""

        def its(rows: tuple[Row, ...]) -> tuple[Row, ...]:
            return tuple(row for row in rows if row.team == team)

        return replace(
            self,
            stopped=its(self.stopped),
            failing=its(self.failing),
            ending=its(self.ending),
            teams={team: self.teams.get(team, 0)},
            about=f"{self.about} of {team}",
        )

    def exploited_only(self) -> "Overview":
        """The stopped images with a finding that is known to be exploited."""
        unknown = self.count(lambda row: row.exploited is None)
        return self._narrowed("exploited", lambda row: row.exploited is True, unknown)

    def overdue_only(self) -> "Overview":
        """The stopped images with a finding whose due date has passed."""
        unknown = 0 if self.knows_due else len(self.stopped)
        return self._narrowed("overdue", lambda row: row.is_overdue, unknown)

    def _narrowed(self, word: str, wanted: Callable[[Row], bool], unanswered: int) -> "Overview":
        return replace(
            self,
            stopped=tuple(row for row in self.stopped if wanted(row)),
            failing=(),
            ending=(),
            about=f"{self.about} with an {word} finding",
            unanswered=max(unanswered, self.unanswered),
        )


class SharedFinding(Struct, frozen=True):
    """A finding with all images that it stops; `due` is the first date."""

    name: str
    worst: Severity | None
    exploited: bool | None
    due: date | None
    packages: tuple[str, ...]
    images: tuple[Row, ...]


class TeamState(Struct, frozen=True):
    """What a team has to do."""

    team: str
    stopped: tuple[Row, ...]
    failing: int

    @property
    def since(self) -> datetime | None:
        """Since when the oldest of its stopped images is stopped."""
        return min((row.since for row in self.stopped if row.since), default=None)


class Coming(Struct, frozen=True):
    """A day on which something is due (`is_end` False), or an allowlist item ends."""

    day: date
    row: Row
    is_end: bool


def overview_of(
    rows: Iterable[Row],
    at: datetime,
    unreadable: Iterable[str] = (),
    sweep: SweepRecord | None = None,
) -> Overview:
    """Of every entry; a tag that several policies have gated counts once, as in a summary.

    `unreadable` is read after the last row.
    """
    every = one_a_tag(rows)
    horizon = at + SOON
    return Overview(
        at=at,
        stopped=tuple(sorted((row for row in every if row.stopped), key=_to_act_on)),
        failing=tuple(sorted((row for row in every if row.is_failing), key=_failing_since)),
        ending=tuple(
            sorted(
                (it for it in every if it.held_until and at < it.held_until <= horizon),
                key=lambda row: (row.held_until, row.tag),
            )
        ),
        teams=Counter(row.team for row in every),
        last_result=max((row.result_at for row in every if row.result_at), default=None),
        unreadable=tuple(unreadable),
        data=data_age(sweep, every),
    )


def by_finding(rows: Iterable[Row]) -> list[SharedFinding]:
    """What stops the images: exploited first, then severity, then how many it stops."""
    found: dict[str, dict[int, Row]] = defaultdict(dict)
    kinds: dict[str, set[StoppingFinding]] = defaultdict(set)
    for number, row in enumerate(rows):
        for finding in row.findings:
            found[finding.name.upper()][number] = row
            kinds[finding.name.upper()].add(finding)
    shared = [_shared(kinds[key], tuple(images.values())) for key, images in found.items()]
    return sorted(shared, key=_finding_to_act_on)


def by_team(overview: Overview) -> list[TeamState]:
    """The teams with something to do: most stopped images first."""
    stopped: dict[str, list[Row]] = defaultdict(list)
    for row in overview.stopped:
        stopped[row.team].append(row)
    failing = Counter(row.team for row in overview.failing)
    teams = (
        TeamState(team, tuple(stopped[team]), failing[team])
        for team in sorted({*stopped, *failing})
    )
    return sorted(teams, key=lambda team: -len(team.stopped))


def coming(overview: Overview) -> list[Coming]:
    """What ends or is due within 30 days, and what is overdue; soonest first."""
    last = (overview.at + SOON).date()
    due = (
        Coming(row.due, row, is_end=False)
        for row in overview.stopped
        if row.due is not None and row.due <= last
    )
    ends = (
        Coming(row.held_until.astimezone(UTC).date(), row, is_end=True)
        for row in overview.ending
        if row.held_until is not None
    )
    return sorted([*due, *ends], key=lambda one: (one.day, one.row.tag))


def is_due_this_week(row: Row, at: datetime) -> bool:
    """Due today or within the seven days after it."""
    return row.due is not None and at.date() <= row.due <= (at + THIS_WEEK).date()


def _shared(kinds: set[StoppingFinding], images: tuple[Row, ...]) -> SharedFinding:
    known = {it.exploited for it in kinds}
    return SharedFinding(
        min(it.name for it in kinds),
        max((it.severity for it in kinds if it.severity is not None), default=None),
        True if True in known else None if None in known else False,
        min((it.due for it in kinds if it.due is not None), default=None),
        tuple(sorted({it.package for it in kinds if it.package})),
        images,
    )


def _to_act_on(row: Row) -> tuple[bool, bool, bool, int, datetime, str]:
    """What runs, exploited, overdue, worst, oldest."""
    return (
        not row.runs,
        row.exploited is not True,
        not row.is_overdue,
        -(row.worst or 0),
        row.since or _LONG_AGO,
        str(row.tag),
    )


def _finding_to_act_on(it: SharedFinding) -> tuple[bool, int, int, str]:
    return it.exploited is not True, -(it.worst or 0), -len(it.images), it.name


def _failing_since(row: Row) -> tuple[bool, datetime, str]:
    return not row.runs, row.failing.since if row.failing else _LONG_AGO, str(row.tag)
