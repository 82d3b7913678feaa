"""Writes the golden notices anew: `python -m tests.notice.rewrite_golden`; review the diff."""

from collections.abc import Mapping
from pathlib import Path

from rescan.notice.chat import chat_of
from rescan.notice.notice_of import notice_of
from tests.notice.documents import documents
from tests.notice.golden import EXAMPLES_FOLDER, FOLDER, chat_files_of, files_of
from tests.notice.news_cases import GOLDEN


def rewrite() -> None:
    """Replace every file in both folders, and what the documents show of them."""
    files: dict[Path, str] = {}
    for case, news in GOLDEN.items():
        files |= files_of(case, notice_of(news())) | chat_files_of(case, chat_of(news()))
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
