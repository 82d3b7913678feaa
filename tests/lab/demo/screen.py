"""The story for a person: about a screen a chapter, on any terminal and in a pipe."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from rescan.kernel.due_days import DueDays
from rescan.kernel.safe_text import printable
from rescan.ledger.entry import Entry
from rescan.notice.times import due, moment
from rescan.notice.wording import counted
from rescan_cli.replay.invocation import Mail
from rescan_cli.replay.router import SeenRequest
from rescan_cli.replay.shown import WIDTH, heading, shown, title
from rescan_cli.state.row import Row, row_of
from rescan_cli.terminal import STYLES, plain
from tests.lab.demo.chapters import Chapter
from tests.lab.demo.single import Played

MADE = (
    "The recordings are made, not taken from a live server: real vulnerability rows in Anchore's"
    " documented shapes (tests/recordings/README.md)."
)
_MOST_LINES = 15
_NO_TERMS = DueDays()
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def opening() -> Iterator[RenderableType]:
    """What is about to be shown."""
    yield Text(MADE, "dim")
    yield Text(
        "\nSix days in eight chapters: the function's own code on a ledger in memory. Only"
        " Anchore's answers, the topic, the queue and the clock are stand-ins."
    )


def closing() -> Text:
    """Where to go on."""
    return Text(
        "\nEvery kind of message in full: docs/messages.md. One event at a time:"
        " make demo EVENT=events/ecr-push.json. Your own Anchore, recorded: docs/cli.md.",
        "dim",
    )


def chapter(number: int, told: Chapter) -> Iterator[RenderableType]:
    """One chapter, from its heading to what is remembered."""
    yield Text()
    yield Rule(Text(f"{number}. {told.heading}", "bold"), align="left", style="dim")
    yield Text(f"{told.told}\n")
    yield Text("Anchore was asked", "bold")
    yield _indented(_requests(told.requests))
    yield Text()
    yield from _messages(told)
    yield Text(f"What the ledger remembers on {moment(told.at)}", "bold")
    yield from (_indented(remembered(entry, told.at, told.terms)) for entry in told.remembered)
    yield _indented(Text(f"{counted(told.stopped, 'image')} stopped in all", "dim"))


def played(one: Played) -> Iterator[RenderableType]:
    """A single event; what was published is not cut."""
    if one.made:
        yield Text(MADE, "dim")
    yield title(one.words, one.recording)
    if one.before:
        yield Text(f"{one.before}\n")
    tag = one.event.get("tag") if isinstance(one.event, dict) else None
    yield from shown(one.invocation, str(tag or ""))
    yield Text()
    yield heading("What the ledger remembers")
    for entry in one.entries:
        yield remembered(entry, one.at, _NO_TERMS)
    if not one.entries:
        yield Text("Nothing.", "dim")


def _requests(requests: Collection[SeenRequest]) -> Table | Text:
    """A line for each kind of request, with the answers to it."""
    if not requests:
        return Text("nothing", "dim")
    answers: defaultdict[str, Counter[int | None]] = defaultdict(Counter)
    for request in requests:
        path = _DIGEST.sub("DIGEST", request.path)
        answers[f"{request.method} {printable(path)}"][request.status] += 1
    grid = Table.grid(padding=(0, 2, 0, 0))
    for asked, statuses in answers.items():
        each = (f"{number} x {status}" for status, number in statuses.items())
        grid.add_row(asked, Text(", ".join(each), "dim"))
    return grid


def _messages(told: Chapter) -> Iterator[RenderableType]:
    if told.shown is None:
        yield Text("No message: nothing is new\n", "bold")
        return
    yield _mail(told.shown)
    others = Counter(printable(mail.subject) for mail in told.mails if mail is not told.shown)
    for subject, number in others.items():
        yield _indented(Text(f"also published: {number} x {subject}", "dim"))
    yield Text()


def _mail(mail: Mail) -> Panel:
    """As a mail reader shows it, cut after some lines."""
    lines = printable(mail.body).rstrip("\n").split("\n")
    kept = _kept(lines)
    text = "\n".join(lines[:kept]).rstrip()
    parts = [Text.assemble(("Subject: ", "bold"), printable(mail.subject)), Text(f"\n{text}\n")]
    if left := len(lines) - kept:
        parts.append(Text(f"[cut here: {counted(left, 'more line')}]", "dim"))
    return Panel(Group(*parts), title="The e-mail", width=WIDTH)


def _kept(lines: list[str]) -> int:
    """How many to show: the last one begins nothing that is cut, as a heading would."""
    kept = min(len(lines), _MOST_LINES)
    while kept < len(lines) and (
        lines[kept - 1].isupper() or _indent(lines[kept]) > _indent(lines[kept - 1])
    ):
        kept -= 1
    return kept


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def remembered(entry: Entry, now: datetime, terms: DueDays) -> Table:
    """What the ledger holds of one image, in short."""
    row = row_of(entry, now, terms)
    without = "not evaluated" if row.failing else "not found"
    verdict = (row.verdict or without).upper()
    grid = Table.grid(padding=(0, 2, 0, 0))
    name = f"{printable(row.tag.repository)}:{printable(row.tag.tag)}, team {row.team}"
    grid.add_row(Text(verdict, STYLES.get(row.verdict or "", "bold")), name)
    for line in _facts(entry, row, now):
        grid.add_row("", plain(line))
    return grid


def _facts(entry: Entry, row: Row, now: datetime) -> Iterator[str]:
    if row.since is not None:
        exploited = sum(1 for finding in row.findings if finding.exploited)
        known = f", {exploited} known to be exploited" if exploited else ""
        yield f"{counted(row.total, 'finding')}{known}; stopped since {moment(row.since)}"
    if row.due is not None:
        yield f"the first one is {due(row.due, now.date())}"
    if entry.notice_at is not None:
        yield f"last notice {moment(entry.notice_at)}"


def _indented(shown: RenderableType) -> Padding:
    return Padding(shown, (0, 0, 0, 2))
