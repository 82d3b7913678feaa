"""What docs/messages.md shows of the golden notices: their text between markers, and pictures.

A block `<!-- golden: NAME -->` ... `<!-- end -->` holds tests/golden/NAME.txt. Nothing is copied by
hand: `make golden` writes the blocks and the pictures, and a test holds them equal to the files.
"""

import re
from pathlib import Path

from tests.notice.golden import FOLDER, ROOT
from tests.notice.picture import picture

__all__ = ["MESSAGES", "PICTURES", "documents"]

MESSAGES = ROOT / "docs" / "messages.md"
# The pictures, and the golden file that each shows.
PICTURES = {ROOT / "docs" / "pictures" / "mail.svg": "stop_new_and_known"}

_BLOCK = re.compile(r"(<!-- golden: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def documents() -> dict[Path, str]:
    """What each of the documents has to hold, as of the golden files."""
    shown = {path: picture(_golden(case)) for path, case in PICTURES.items()}
    return {MESSAGES: _with_blocks(MESSAGES.read_text(encoding="utf-8"))} | shown


def _with_blocks(text: str) -> str:
    return _BLOCK.sub(lambda block: f"{block[1]}```text\n{_golden(block[2])}```\n{block[3]}", text)


def _golden(case: str) -> str:
    return (FOLDER / f"{case}.txt").read_text(encoding="utf-8")
