"""A golden message as a picture: an SVG in a frame, in place of a screenshot.

No browser and no font is needed to make it, so it is the same on every machine.
"""

import io
from textwrap import wrap

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

# Of a line in a picture; the renderer gives each column this share of its 20 px high letters.
_COLUMNS = 82
_WIDTH = round(_COLUMNS * 20 * 0.61) + 2 * 24
_PAPER = TerminalTheme(
    (255, 255, 255),
    (31, 35, 40),
    [(31, 35, 40), (179, 38, 30), (26, 127, 55), (154, 103, 0)] + [(9, 105, 218)] * 4,
)
# The viewBox is ours: the renderer's own knows nothing of the margins on both sides.
_FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 WIDTH {height}" role="img">
<style>
.{unique_id}-matrix {{ font: {char_height}px ui-monospace, Menlo, Consolas, monospace; }}
{styles}
</style>
<defs>{lines}</defs>
<rect x="0.2%" y="0.2%" width="99.6%" height="99.6%" rx="24" fill="#fff" stroke="#8c959f"/>
<g transform="translate(24, 24)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
""".replace("WIDTH", str(_WIDTH))
_EMPHASIS = {
    r"\A(?s:.+?)(?=\n\n|\Z)": "bold",
    r"^Next steps$": "bold",
    r"^[A-Z][A-Z ,]+[A-Z]{2}\b.*$": "bold",
    r"\bSTOP\b|\bCRITICAL\b|\bEXPLOITED \(CISA KEV\)": "bold red",
    r"\bGO\b": "bold green",
}


def picture(message: str) -> str:
    """The SVG of a message's text; its code spans, as a chat shows them, are coloured."""
    lines = [part for line in message.rstrip("\n").split("\n") for part in _folded(line)]
    parts = "\n".join(lines).split("`")
    shown = Text.assemble(*((part, "blue" if n % 2 else "") for n, part in enumerate(parts)))
    for pattern, style in _EMPHASIS.items():
        shown.highlight_regex(f"(?m){pattern}", style)
    # Nothing of it is left to the environment: NO_COLOR, COLUMNS, TERM.
    console = Console(
        width=_COLUMNS,
        height=1,  # without one a dumb terminal has 80 columns
        file=io.StringIO(),
        record=True,
        force_terminal=True,
        color_system="truecolor",
        no_color=False,
        legacy_windows=False,
    )
    console.print(shown, overflow="fold")
    return console.export_svg(theme=_PAPER, code_format=_FRAME, unique_id="message")


def _folded(line: str) -> list[str]:
    """Below each other as a chat shows them: what follows of an item stands below its text."""
    indent = "  " if line.startswith("- ") else ""
    return wrap(
        line,
        _COLUMNS,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=bool(line.strip()) and len(line) > _COLUMNS,
    ) or [""]
