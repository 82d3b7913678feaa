"""The sections of the page: images, findings, teams, days, and what is not evaluated."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TypeAlias

from msgspec import Struct

from rescan.gate.model import Severity
from rescan.notice.times import age
from rescan.notice.wording import counted
from rescan_cli.state.overview import Coming, Overview, SharedFinding, TeamState, by_team, coming
from rescan_cli.state.row import Row, StoppingFinding

# Name and package, as the page's code searches and shows them.
NamedFinding: TypeAlias = tuple[str, str]

_SHOWN_FINDINGS = 3
_SHOWN_IMAGES = 3
_MOST_A_DAY = 50
_WIDTH = 100.0


class Part(Struct, frozen=True):
    """A piece of a bar, in percent of its width."""

    severity: str
    count: int
    start: float
    width: float


class ImageView(Struct, frozen=True):
    """A stopped image; `indexes` are of `PageView.findings`, separated by blanks."""

    row: Row
    severity: str
    since: str
    age: str
    failing_since: str
    shown: tuple[StoppingFinding, ...]
    indexes: str

    @property
    def more(self) -> int:
        """How many findings are not shown."""
        return self.row.total - len(self.shown)


class FindingView(Struct, frozen=True):
    """A finding with the images that it stops."""

    finding: SharedFinding
    severity: str
    teams: tuple[str, ...]
    shown: tuple[str, ...]
    share: float

    @property
    def more(self) -> int:
        """How many images are not named."""
        return len(self.finding.images) - len(self.shown)


class TeamView(Struct, frozen=True):
    """A team's images by severity."""

    team: TeamState
    parts: tuple[Part, ...]
    exploited: int
    overdue: int
    since: str
    age: str


class DayView(Struct, frozen=True):
    """A day, and what is due or ends on it."""

    day: date
    in_days: str
    is_past: bool
    images: tuple[Coming, ...]
    more: int


class FailingView(Struct, frozen=True):
    """An image without an evaluation."""

    row: Row
    since: str
    age: str


def image_view(row: Row, now: datetime, numbers: dict[NamedFinding, int]) -> ImageView:
    """The image; `numbers` gets a number for each finding that has none yet."""
    names = ((it.name, it.package or "") for it in row.findings)
    indexes = [numbers.setdefault(name, len(numbers)) for name in names]
    return ImageView(
        row,
        _severity_word(row.worst),
        _day(row.since),
        age(row.since, now) if row.since else "",
        _day(row.failing.since) if row.failing and row.is_failing else "",
        row.findings[:_SHOWN_FINDINGS],
        " ".join(map(str, indexes)),
    )


def finding_views(shared: list[SharedFinding]) -> tuple[FindingView, ...]:
    """The findings, each with its share of the most images."""
    most = max((len(it.images) for it in shared), default=1)
    return tuple(
        FindingView(
            it,
            _severity_word(it.worst),
            tuple(sorted({row.team for row in it.images})),
            tuple(f"{row.tag.repository}:{row.tag.tag}" for row in it.images[:_SHOWN_IMAGES]),
            round(_WIDTH * len(it.images) / most, 1),
        )
        for it in shared
    )


def team_views(overview: Overview) -> tuple[TeamView, ...]:
    """The teams with something to do."""
    teams = by_team(overview)
    most = max((len(it.stopped) for it in teams), default=0)
    return tuple(
        TeamView(
            it,
            parts_of(it.stopped, most),
            sum(1 for row in it.stopped if row.exploited),
            sum(1 for row in it.stopped if row.is_overdue),
            _day(it.since),
            age(it.since, overview.at) if it.since else "",
        )
        for it in teams
    )


def parts_of(rows: tuple[Row, ...], whole: int) -> tuple[Part, ...]:
    """The rows by severity, worst first."""
    counts = Counter(row.worst or Severity.UNKNOWN for row in rows)
    parts, start = [], 0.0
    for severity in sorted(counts, reverse=True):
        width = round(_WIDTH * counts[severity] / whole, 2)
        parts.append(Part(_severity_word(severity), counts[severity], round(start, 2), width))
        start += width
    return tuple(parts)


def day_views(overview: Overview) -> Iterable[DayView]:
    """The days on which something ends or is due, soonest first."""
    today = overview.at.date()
    days: dict[date, list[Coming]] = {}
    for one in coming(overview):
        days.setdefault(one.day, []).append(one)
    for day, images in days.items():
        shown = tuple(images[:_MOST_A_DAY])
        more = len(images) - len(shown)
        yield DayView(day, _in_days((day - today).days), day < today, shown, more)


def _in_days(days: int) -> str:
    if days < 0:
        return f"{counted(-days, 'day')} ago"
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days:,} days"


def failing_view(row: Row, now: datetime) -> FailingView:
    """The image, and since when it fails."""
    since = row.failing.since if row.failing else None
    return FailingView(row, _day(since), age(since, now) if since else "")


def _severity_word(severity: Severity | None) -> str:
    """The class of a badge and its word."""
    return str(severity or Severity.UNKNOWN)


def _day(at: datetime | None) -> str:
    return at.astimezone(UTC).date().isoformat() if at else ""
