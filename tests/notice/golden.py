"""Golden notices: a file shows the mail as its reader sees it, then the attributes.

The result is another file, indented; that of 20,000 findings is left to the size tests.
"""

from pathlib import Path

from msgspec import json

from rescan.notice.notice import Notice

FOLDER = Path(__file__).parent.parent / "golden"
WITHOUT_RESULT = {"storm"}


def files_of(case: str, notice: Notice) -> dict[Path, str]:
    """What the golden files of the case hold for this notice."""
    attributes = "".join(
        f"{name}: {value}\n" for name, value in notice.attributes.items() if name != "result"
    )
    mail = f"Subject: {notice.subject}\n\n{notice.body}\n----- attributes\n{attributes}"
    files = {FOLDER / f"{case}.txt": mail}
    if case not in WITHOUT_RESULT:
        result = json.format(notice.attributes["result"].encode(), indent=2).decode()
        files[FOLDER / f"{case}.json"] = result + "\n"
    return files
