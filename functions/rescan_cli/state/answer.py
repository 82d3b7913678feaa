"""What `status` answers: the overview, or all of one image, with its exit status."""

from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches

from msgspec import Struct

from rescan.gate.model import Outcome
from rescan.kernel.clock import utc_now
from rescan.kernel.image_tag import ImageTag
from rescan.notice.wording import counted
from rescan_cli.exit_status import ExitStatus, of_outcome
from rescan_cli.state.overview import Overview, overview_of
from rescan_cli.state.reading import entries, last_sweep, pending_notices
from rescan_cli.state.remembered import Remembered, found_of, near, remembered
from rescan_cli.state.row import row_of
from rescan_cli.state.source import Source


class Filters(Struct, frozen=True, kw_only=True):
    """Which of the stopped images are asked for."""

    team: str | None = None
    exploited: bool = False
    overdue: bool = False


class OverviewAnswer(Struct, frozen=True):
    """`notes` are for standard error: what keeps the overview from being the whole truth."""

    overview: Overview
    notes: tuple[str, ...]
    status: ExitStatus


class ImageAnswer(Struct, frozen=True):
    """Every entry of one image as of `at`; `notes` say what was not found."""

    found: list[Remembered]
    at: datetime
    notes: tuple[str, ...]
    status: ExitStatus


def whole_overview(source: Source) -> Overview:
    """Of every image in the ledger."""
    now = utc_now()
    unreadable: list[str] = []
    rows = [row_of(entry, now, source.due_days) for entry in entries(source, unreadable)]
    return overview_of(rows, now, unreadable, last_sweep(source))


def overview_answer(source: Source, filters: Filters) -> OverviewAnswer:
    """The stopped images that pass the filters."""
    overview = whole_overview(source)
    if filters.team is not None and filters.team not in overview.teams:
        said = _no_such_team(filters.team, overview)
        return OverviewAnswer(overview.of_team(filters.team), (said,), ExitStatus.NOT_FOUND)
    if filters.team is not None:
        overview = overview.of_team(filters.team)
    if filters.exploited:
        overview = overview.exploited_only()
    if filters.overdue:
        overview = overview.overdue_only()
    return OverviewAnswer(overview, tuple(_notes(overview, filters)), _status(overview))


def _status(overview: Overview) -> ExitStatus:
    """What is not known is no pass."""
    if overview.stopped:
        return ExitStatus.STOPPED
    doubts = (overview.failing, overview.unreadable, overview.unanswered, not overview.images)
    return ExitStatus.NOT_EVALUATED if any(doubts) else ExitStatus.PASSED


def _notes(overview: Overview, filters: Filters) -> Iterator[str]:
    if not overview.images:
        yield "The ledger has no entry: no image has been gated yet."
    for subject in overview.unreadable:
        yield (
            f"The entry {subject} cannot be read and is left out. A newer version may have written"
            " it: update this command."
        )
    if overview.unanswered:
        number = counted(overview.unanswered, "stopped image")
        asked = "which findings are exploited" if filters.exploited else "when findings are due"
        yield f"Of {number} the ledger does not know {asked}: they are not shown."


def _no_such_team(team: str, overview: Overview) -> str:
    names = sorted(overview.teams)
    close = get_close_matches(team, names, n=5) or names[:5]
    known = f" Near are: {', '.join(close)}." if close else ""
    return f"No entry of the ledger names the team {team}.{known}"


def image_answer(source: Source, tag: ImageTag) -> ImageAnswer:
    """All that is remembered of the tag, the notices that wait for it included."""
    now = utc_now()
    unreadable: list[str] = []
    names: set[str] = set()
    found = found_of(tag, entries(source, unreadable), names)
    if not found:
        return ImageAnswer([], now, (_no_such_image(tag, names, source),), ExitStatus.NOT_FOUND)
    pending = pending_notices(source, frozenset(entry.subject for entry in found))
    every = remembered(found, pending, now, source.due_days)
    return ImageAnswer(every, now, (), _status_of(every[0]))


def _status_of(one: Remembered) -> ExitStatus:
    """A STOP stands while later attempts fail; any other verdict does not."""
    if one.row.stopped:
        return ExitStatus.STOPPED
    verdict = one.row.verdict
    return of_outcome(Outcome.NOT_EVALUATED if one.entry.failing or verdict is None else verdict)


def _no_such_image(tag: ImageTag, names: set[str], source: Source) -> str:
    close = near(tag, names)
    known = "\n  ".join([" Near are:", *close]) if close else ""
    return (
        f"{tag} is not in the ledger {source.table} in {source.region}, which knows"
        f" {counted(len(names), 'other tag')}.{known}"
    )
