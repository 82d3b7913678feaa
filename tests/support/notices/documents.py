"""What docs/messages.md shows of the golden notices: their text between markers, and pictures.

A block `<!-- golden: NAME.txt -->` ... `<!-- end -->` holds that file of tests/golden; of a chat
message (NAME.md) what its reader sees. Nothing is copied by hand: `make golden` writes the blocks
and the pictures, and a test holds them equal to the files.
"""

import re
from pathlib import Path

from tests.support.notices.golden import FOLDER
from tests.support.notices.picture import picture
from tests.support.paths import ROOT

MESSAGES = ROOT / "docs" / "messages.md"
_PICTURES = ROOT / "docs" / "pictures"
# The pictures, and the golden file that each shows.
PICTURES = {
    _PICTURES / "mail.svg": "stop_exploited.txt",
    _PICTURES / "chat.svg": "stop_now_exploited.md",
}

_BLOCK = re.compile(r"(<!-- golden: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
# Below it stands what machines read.
_DATA = re.compile(r"\n(----- attributes|```json)\n")


def documents() -> dict[Path, str]:
    """What each of the documents has to hold, as of the golden files."""
    shown = {path: picture(_drawn(name)) for path, name in PICTURES.items()}
    return {MESSAGES: _with_blocks(MESSAGES.read_text(encoding="utf-8"))} | shown


def _with_blocks(text: str) -> str:
    return _BLOCK.sub(lambda block: f"{block[1]}```text\n{_shown(block[2])}```\n{block[3]}", text)


def _drawn(name: str) -> str:
    """Of a chat message without its title, which says in short what its first sentence says."""
    seen = _seen(_golden(name))
    return seen.partition("\n\n")[2] if name.endswith(".md") else seen


def _shown(name: str) -> str:
    golden = _golden(name)
    return _seen(golden) if name.endswith(".md") else golden


def _seen(golden: str) -> str:
    return _DATA.split(golden)[0]


def _golden(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
