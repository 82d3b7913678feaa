"""Text for a person: in colors and columns on a terminal, one line for each row in a pipe."""

import sys
from collections.abc import Sequence
from typing import TextIO

import click
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from rescan.gate.model import Severity
from rescan.kernel.safe_text import one_line

# A pipe has no width: nothing may be folded or cut there.
_ENDLESS = 100_000
STYLES = {"stop": "bold red", "warn": "bold yellow", "go": "bold green"}
_SEVERITY_STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
}


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Rich would exit with 1, which means STOP."""
        raise BrokenPipeError


class Screen:
    """Standard output; no line is longer than the width, in a pipe neither."""

    def __init__(self, width: int = _ENDLESS) -> None:
        self._console = _console(sys.stdout)
        self._console.width = min(self._console.width, width)

    def show(self, *shown: RenderableType) -> None:
        """Print one below the other; in a pipe without the blanks that pad a column."""
        if self._console.is_terminal:
            self._console.print(*shown, sep="\n")
            return
        with self._console.capture() as captured:
            self._console.print(*shown, sep="\n")
        lines = captured.get().splitlines()
        click.echo("\n".join(line.rstrip() for line in lines))


def error_console() -> Console:
    """Standard error, where progress is shown."""
    return _console(sys.stderr)


def table(*columns: str) -> Table:
    """An empty table without lines; long cells are folded, never cut."""
    empty = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        empty.add_column(column, overflow="fold")
    return empty


def plain(text: str | None, longest: int = 300, style: str = "") -> Text:
    """One line of text from images and servers, without characters that a terminal obeys."""
    return Text(one_line(text or "", longest), style)


def severity_text(severity: Severity | None) -> Text:
    """The word in capitals; a dash where there is none."""
    if severity is None:
        return Text("-")
    return Text(severity.name, _SEVERITY_STYLES.get(severity, ""))


def facts(rows: Sequence[tuple[str, Text]]) -> Table:
    """Names and values, in two columns."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(name, value)
    return grid


def _console(stream: TextIO) -> Console:
    width = None if stream.isatty() else _ENDLESS
    return _Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
