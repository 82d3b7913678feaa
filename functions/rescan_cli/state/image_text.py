"""Everything remembered of one image, for a person."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rescan.kernel.safe_text import one_line
from rescan.ledger.entry import Refresh
from rescan.notice.times import age, moment
from rescan.notice.where import where
from rescan.notice.wording import counted
from rescan_cli.state.overview_text import due_text, exploited_text
from rescan_cli.state.remembered import Remembered
from rescan_cli.state.row import Row
from rescan_cli.terminal import STYLES, facts, plain, severity_text, table


def image_text(found: list[Remembered], now: datetime) -> Iterator[RenderableType]:
    """One entry below the other; the first is the one that counts."""
    for number, one in enumerate(found):
        if number:
            yield Text("\nAlso gated under another policy; what counts stands above.", "dim")
        yield _heading(one)
        yield facts([(name, text) for name, text in _facts(one, now) if text.plain])
        if one.row.findings:
            yield Text()
            yield _findings(one.row)


def _heading(one: Remembered) -> Text:
    row = one.row
    word = (row.verdict or "not evaluated").upper()
    return Text.assemble((word, STYLES.get(row.verdict or "", "bold")), "  ", plain(row.name, 640))


def _facts(one: Remembered, now: datetime) -> Iterator[tuple[str, Text]]:
    entry, row = one.entry, one.row
    yield "Digest", plain(row.digest)
    yield "Policy", plain(row.policy_id or "the active one")
    yield "Account", plain("" if row.account == "own" else row.account)
    yield "Team", plain(row.team)
    yield "Where", plain(where(row.running, now, one_line))
    yield "Stopped", _at(row.since, now)
    yield "Evaluated", _at(entry.evaluated_at, now)
    yield "Refreshed", _refreshed(entry.refresh, now)
    yield "Last result", _at(entry.result_at, now)
    yield "Not evaluated", _failing(one, now)
    yield "Due", due_text(row) if row.due else Text()
    yield "Allowlist", _until(entry.held_until)
    yield "Not reported yet", _unreported(one)
    yield "Unknown push", _unknown_push(one, now)
    yield "Last notice", _at(entry.notice_at, now)
    yield "In the outbox", plain(", ".join(_pending(one, now)), 600)


def _at(at: datetime | None, now: datetime) -> Text:
    return Text(f"{moment(at)}, {age(at, now)} ago" if at else "")


def _refreshed(refresh: Refresh | None, now: datetime) -> Text:
    return Text(f"{age(refresh.at, now)} ago, on feeds {refresh.feeds}" if refresh else "")


def _failing(one: Remembered, now: datetime) -> Text:
    failing = one.entry.failing
    if failing is None:
        return Text()
    said = f"for {age(failing.since, now)}, at {failing.step}: {failing.reason}"
    return plain(said, 600, STYLES["warn"])


def _until(held_until: datetime | None) -> Text:
    return Text(f"its first item here ends {moment(held_until)}" if held_until else "")


def _unreported(one: Remembered) -> Text:
    gone = len(one.entry.unreported.cleared) + one.entry.unreported.more
    return Text(f"{counted(gone, 'finding')} gone since the last notice" if gone else "")


def _unknown_push(one: Remembered, now: datetime) -> Text:
    push = one.entry.unknown_push
    if push is None:
        return Text()
    return plain(f"{push.digest or 'of the tag'}, given up {age(push.at, now)} ago", 200)


def _pending(one: Remembered, now: datetime) -> Iterator[str]:
    for notice in one.pending:
        waits = age(notice.envelope.at, now)
        yield f"{notice.envelope.event_type} for {notice.channel}, for {waits}"


def _findings(row: Row) -> Table:
    exploited = any(it.exploited is not None for it in row.findings)
    due = row.due is not None
    optional = [*(["EXPLOITED"] if exploited else []), *(["DUE"] if due else [])]
    shown = table("SEVERITY", "FINDING", "PACKAGE", *optional)
    for it in row.findings:
        cells = [*([exploited_text(it.exploited)] if exploited else [])]
        cells += [Text(it.due.isoformat() if it.due else "-")] if due else []
        shown.add_row(severity_text(it.severity), plain(it.name), plain(it.package or "-"), *cells)
    if more := row.total - len(row.findings):
        shown.add_row(Text(), Text(f"and {more:,} more, whose names were not kept"), Text())
    return shown
