"""Writes the golden notices anew: `python -m tests.notice.rewrite_golden`; review the diff."""

from rescan.notice.stop_notice import stop_notice
from tests.notice.golden import FOLDER, files_of
from tests.notice.reports import GOLDEN


def rewrite() -> None:
    """Replace every file in the folder."""
    FOLDER.mkdir(exist_ok=True)
    for stale in (*FOLDER.glob("*.txt"), *FOLDER.glob("*.json")):
        stale.unlink()
    for case, report in GOLDEN.items():
        for path, text in files_of(case, stop_notice(report())).items():
            path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    rewrite()
