"""What is on the page: the overview as the words and numbers that the template shows."""

from collections.abc import Iterable

from msgspec import Struct

from rescan.notice.times import age, moment
from rescan.notice.wording import counted
from rescan_cli.report_page.sections import (
    DayView,
    FailingView,
    FindingView,
    ImageView,
    NamedFinding,
    Part,
    TeamView,
    day_views,
    failing_view,
    finding_views,
    image_view,
    parts_of,
    team_views,
)
from rescan_cli.state.overview import Overview, by_finding, is_due_this_week

# What keeps the page small, whatever is stopped.
_MOST_FINDINGS = 1000


class Card(Struct, frozen=True):
    """A number on top; `tone` is its colour while there is any, `section` where it leads."""

    value: str
    label: str
    section: str
    tone: str = ""


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
    findings: tuple[NamedFinding, ...]
    by_finding: tuple[FindingView, ...]
    more_findings: int
    teams: tuple[TeamView, ...]
    days: tuple[DayView, ...]
    failing: tuple[FailingView, ...]


def view_of(overview: Overview, where: str) -> PageView:
    """The page's content; `where` names the ledger."""
    numbers: dict[NamedFinding, int] = {}
    images = tuple(image_view(row, overview.at, numbers) for row in overview.stopped)
    shared = by_finding(overview.stopped)
    last = overview.last_result
    return PageView(
        at=moment(overview.at),
        where=where,
        last_result=f"{age(last, overview.at)} before" if last else "none yet",
        registry=_shared_registry(overview),
        headline=_headline(overview),
        is_calm=not (overview.stopped or overview.failing or overview.unreadable)
        and overview.images > 0,
        parts=parts_of(overview.stopped, len(overview.stopped)),
        cards=tuple(_cards(overview)),
        knows_exploited=overview.knows_exploited,
        knows_due=overview.knows_due,
        unreadable=overview.unreadable,
        images=images,
        findings=tuple(numbers),
        by_finding=finding_views(shared[:_MOST_FINDINGS]),
        more_findings=max(0, len(shared) - _MOST_FINDINGS),
        teams=team_views(overview),
        days=tuple(day_views(overview)),
        failing=tuple(failing_view(row, overview.at) for row in overview.failing),
    )


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
