"""Writes the golden notices anew: `python -m tests.notice.rewrite_golden`; review the diff."""

from collections.abc import Mapping
from pathlib import Path

from rescan.notice.notice_of import notice_of
from tests.notice.documents import documents
from tests.notice.golden import EXAMPLES_FOLDER, FOLDER, files_of
from tests.notice.news_cases import GOLDEN


def rewrite() -> None:
    """Replace every file in both folders, and what the documents show of them."""
    notices = {case: notice_of(news()) for case, news in GOLDEN.items()}
    for folder, pattern in ((FOLDER, "*.txt"), (FOLDER, "*.json"), (EXAMPLES_FOLDER, "notice-*")):
        folder.mkdir(exist_ok=True)
        for stale in folder.glob(pattern):
            stale.unlink()
    for case, notice in notices.items():
        _write(files_of(case, notice))
    _write(documents())


def _write(files: Mapping[Path, str]) -> None:
    for path, text in files.items():
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    rewrite()
