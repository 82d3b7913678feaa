"""What is on the page: the overview as the words and numbers that the template shows."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct

from rescan.gate.model import Severity
from rescan.notice.times import age, moment
from rescan.notice.wording import counted
from rescan_cli.state.overview import (
    Coming,
    Overview,
    SharedFinding,
    TeamState,
    by_finding,
    by_team,
    coming,
    is_due_this_week,
)
from rescan_cli.state.row import Row, StoppingFinding

_SHOWN_FINDINGS = 3
_SHOWN_IMAGES = 3
_WIDTH = 100.0


class Card(Struct, frozen=True):
    """A number on top; `tone` is its colour while there is any, `section` where it leads."""

    value: str
    label: str
    section: str
    tone: str = ""


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
    rank: int
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


class FailingView(Struct, frozen=True):
    """An image without an evaluation."""

    row: Row
    since: str
    age: str


class PageView(Struct, frozen=True):
    """All that the template shows; `findings` are those that `ImageView.indexes` name.

    `registry` is the one that all images share, if they do: it is shown once.
    """

    at: str
    where: str
    last_result: str
    registry: str
    headline: str
    is_calm: bool
    parts: tuple[Part, ...]
    cards: tuple[Card, ...]
    knows_exploited: bool
    knows_due: bool
    unreadable: tuple[str, ...]
    images: tuple[ImageView, ...]
    findings: list[list[Any]]
    by_finding: tuple[FindingView, ...]
    teams: tuple[TeamView, ...]
    days: tuple[DayView, ...]
    failing: tuple[FailingView, ...]


def view_of(overview: Overview, where: str) -> PageView:
    """The page's content; `where` names the ledger."""
    numbers: dict[StoppingFinding, int] = {}
    images = tuple(_image(row, overview.at, numbers) for row in overview.stopped)
    last = overview.last_result
    return PageView(
        at=moment(overview.at),
        where=where,
        last_result=f"{age(last, overview.at)} before" if last else "none yet",
        registry=_shared_registry(overview),
        headline=_headline(overview),
        is_calm=not (overview.stopped or overview.failing or overview.unreadable)
        and overview.images > 0,
        parts=_parts(overview.stopped, len(overview.stopped)),
        cards=tuple(_cards(overview)),
        knows_exploited=overview.knows_exploited,
        knows_due=overview.knows_due,
        unreadable=overview.unreadable,
        images=images,
        findings=[_compact(finding) for finding in numbers],
        by_finding=_by_finding(overview),
        teams=_teams(overview),
        days=tuple(_days(overview)),
        failing=tuple(_failing(row, overview.at) for row in overview.failing),
    )


def severity_word(severity: Severity | None) -> str:
    """The class of a badge and its word."""
    return str(severity or Severity.UNKNOWN)


def _shared_registry(overview: Overview) -> str:
    rows = (*overview.stopped, *overview.failing, *overview.ending)
    registries = {row.tag.registry for row in rows}
    return registries.pop() if len(registries) == 1 else ""


def _headline(overview: Overview) -> str:
    number = len(overview.stopped)
    of = counted(overview.images, "image")
    if not number:
        return f"None of {of} is stopped" if overview.images else "The ledger has no entry"
    return f"{number:,} of {of} {'is' if number == 1 else 'are'} stopped"


def _cards(overview: Overview) -> Iterable[Card]:
    if overview.knows_exploited:
        yield _card(overview.count(lambda row: row.exploited), "exploited", "images", "bad")
    if overview.knows_due:
        due = overview.count(lambda row: is_due_this_week(row, overview.at))
        yield _card(overview.count(lambda row: row.is_overdue), "overdue", "dates", "bad")
        yield _card(due, "due within 7 days", "dates", "warn")
    yield _card(len(overview.failing), "not evaluated", "not-evaluated", "warn")
    yield _card(len(overview.ending), "allowlist ends soon", "dates", "warn")
    if overview.stopped:
        yield _card(len({row.team for row in overview.stopped}), "teams with a stop", "teams", "")


def _card(value: int, label: str, section: str, tone: str) -> Card:
    return Card(f"{value:,}", label, section, tone if value else "none")


def _image(row: Row, now: datetime, numbers: dict[StoppingFinding, int]) -> ImageView:
    indexes = [numbers.setdefault(finding, len(numbers)) for finding in row.findings]
    return ImageView(
        row,
        severity_word(row.worst),
        row.worst or 0,
        _day(row.since),
        age(row.since, now) if row.since else "",
        _day(row.failing.since) if row.failing and row.is_failing else "",
        row.findings[:_SHOWN_FINDINGS],
        " ".join(map(str, indexes)),
    )


def _compact(finding: StoppingFinding) -> list[Any]:
    """As the page's code reads it: name, package, severity, exploited, due."""
    due = finding.due.isoformat() if finding.due else ""
    severity = severity_word(finding.severity)
    return [finding.name, finding.package or "", severity, int(finding.exploited is True), due]


def _by_finding(overview: Overview) -> tuple[FindingView, ...]:
    shared = by_finding(overview.stopped)
    most = max((len(it.images) for it in shared), default=1)
    return tuple(
        FindingView(
            it,
            severity_word(it.worst),
            tuple(sorted({row.team for row in it.images})),
            tuple(f"{row.tag.repository}:{row.tag.tag}" for row in it.images[:_SHOWN_IMAGES]),
            round(_WIDTH * len(it.images) / most, 1),
        )
        for it in shared
    )


def _teams(overview: Overview) -> tuple[TeamView, ...]:
    teams = by_team(overview)
    most = max((len(it.stopped) for it in teams), default=0)
    return tuple(
        TeamView(
            it,
            _parts(it.stopped, most),
            sum(1 for row in it.stopped if row.exploited),
            sum(1 for row in it.stopped if row.is_overdue),
            _day(it.since),
            age(it.since, overview.at) if it.since else "",
        )
        for it in teams
    )


def _parts(rows: tuple[Row, ...], whole: int) -> tuple[Part, ...]:
    """The rows by severity, worst first."""
    counts = Counter(row.worst or Severity.UNKNOWN for row in rows)
    parts, start = [], 0.0
    for severity in sorted(counts, reverse=True):
        width = round(_WIDTH * counts[severity] / whole, 2)
        parts.append(Part(severity_word(severity), counts[severity], round(start, 2), width))
        start += width
    return tuple(parts)


def _days(overview: Overview) -> Iterable[DayView]:
    today = overview.at.date()
    days: dict[date, list[Coming]] = {}
    for one in coming(overview):
        days.setdefault(one.day, []).append(one)
    for day, images in days.items():
        yield DayView(day, _in_days((day - today).days), day < today, tuple(images))


def _in_days(days: int) -> str:
    if days < 0:
        return f"{counted(-days, 'day')} ago"
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days:,} days"


def _failing(row: Row, now: datetime) -> FailingView:
    since = row.failing.since if row.failing else None
    return FailingView(row, _day(since), age(since, now) if since else "")


def _day(at: datetime | None) -> str:
    return at.astimezone(UTC).date().isoformat() if at else ""
