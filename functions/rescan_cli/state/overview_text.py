"""An overview for a person: numbers, what is stopped, what is not evaluated."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rescan.gate.running import Running
from rescan.kernel.safe_text import one_line
from rescan.notice.times import age
from rescan.notice.where import places
from rescan.notice.wording import by_severity, counted
from rescan_cli.state.overview import Overview
from rescan_cli.state.row import Row
from rescan_cli.terminal import STYLES, plain, severity_text, table


def overview_text(overview: Overview, where: str) -> Iterator[RenderableType]:
    """`where` names the ledger; columns of which nothing is known are left out."""
    yield _headline(overview)
    yield Text(_basis(overview, where), "dim")
    if overview.stopped:
        yield Text()
        yield _stopped(overview)
    if overview.failing:
        yield Text(f"\nNot evaluated: {counted(len(overview.failing), 'image')}", STYLES["warn"])
        yield _failing(overview)


def _headline(overview: Overview) -> Text:
    if not overview.stopped:
        return _nothing_stopped(overview)
    number = len(overview.stopped)
    known = [by_severity(overview.by_severity())]
    if overview.knows_exploited:
        known.append(f"{overview.count(lambda row: row.exploited):,} exploited")
    if overview.knows_running:
        known.append(f"{overview.count(lambda row: row.runs):,} running")
    if overview.knows_due:
        known.append(f"{overview.count(lambda row: row.is_overdue):,} overdue")
    be = "is" if number == 1 else "are"
    said = f"{counted(number, 'image')}{overview.about} {be} stopped"
    return Text.assemble((said, STYLES["stop"]), f": {', '.join(known)}")


def _nothing_stopped(overview: Overview) -> Text:
    """Green only when that is known of every image."""
    if overview.unanswered:
        number = counted(overview.unanswered, "stopped image")
        return Text(f"Of {number} it is not known", STYLES["warn"])
    doubts = overview.failing or overview.unreadable or not overview.images
    return Text(f"No image{overview.about} is stopped", "bold" if doubts else STYLES["go"])


def _basis(overview: Overview, where: str) -> str:
    last = overview.last_result
    result = f"last result {age(last, overview.at)} ago" if last else "no result yet"
    data = overview.data
    told = f"; vulnerability data {data.told(overview.at)}" if data else ""
    return f"{where}: {counted(overview.images, 'image')}, {result}{told}"


def _stopped(overview: Overview) -> Table:
    exploited, due, runs = overview.knows_exploited, overview.knows_due, overview.knows_running
    optional = [*(["EXPLOITED"] if exploited else []), *(["DUE"] if due else [])]
    optional += ["RUNS IN"] if runs else []
    shown = table("SINCE", "SEVERITY", *optional, "FINDINGS", "TEAM", "IMAGE")
    for row in overview.stopped:
        cells = [*([exploited_text(row.exploited)] if exploited else [])]
        cells += [due_text(row)] if due else []
        cells += [running_text(row.running)] if runs else []
        shown.add_row(
            since_text(row.since, overview.at),
            severity_text(row.worst),
            *cells,
            Text(f"{row.total:,}"),
            plain(row.team),
            plain(row.name, 640),
        )
    return shown


def _failing(overview: Overview) -> Table:
    shown = table("SINCE", "STEP", "TEAM", "IMAGE", "WHY")
    for row in overview.failing:
        if (failing := row.failing) is not None:
            shown.add_row(
                since_text(failing.since, overview.at),
                plain(failing.step, 40),
                plain(row.team),
                plain(row.name, 640),
                plain(failing.reason, 120),
            )
    return shown


def since_text(since: datetime | None, now: datetime) -> Text:
    """How long ago; a dash when that is not known."""
    return Text(age(since, now) if since else "-")


def exploited_text(exploited: bool | None) -> Text:
    """Yes, no, or a dash for what is not known."""
    if exploited is None:
        return Text("-")
    return Text("yes", "bold red") if exploited else Text("no")


def running_text(running: Running | None) -> Text:
    """In which places, nowhere, or a dash for what is not known."""
    if running is None:
        return Text("-")
    return plain(places(running, one_line)) if running.total else Text("nowhere")


def due_text(row: Row) -> Text:
    """The first due date; a dash when there is none."""
    if row.due is None:
        return Text("-")
    return Text(row.due.isoformat(), "bold red" if row.is_overdue else "")
