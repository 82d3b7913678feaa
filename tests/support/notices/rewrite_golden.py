"""Writes the golden notices anew: `python -m tests.notice.rewrite_golden`; review the diff."""

from collections.abc import Mapping
from pathlib import Path

from tests.support.notices.documents import documents
from tests.support.notices.golden import EXAMPLES_FOLDER, FOLDER, chat_files_of, files_of
from tests.support.notices.rendered import CASES, chat, mail


def rewrite() -> None:
    """Replace every file in both folders, and what the documents show of them."""
    files: dict[Path, str] = {}
    for case in CASES:
        files |= files_of(case, mail(case)) | chat_files_of(case, chat(case))
    for folder, pattern in ((FOLDER, "*.*"), (EXAMPLES_FOLDER, "notice-*")):
        folder.mkdir(exist_ok=True)
        for stale in folder.glob(pattern):
            stale.unlink()
    _write(files)
    _write(documents())


def _write(files: Mapping[Path, str]) -> None:
    for path, text in files.items():
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    rewrite()
