"""Writes the golden notices anew: `python -m tests.notice.rewrite_golden`; review the diff."""

from rescan.notice.chat import chat_of
from rescan.notice.notice_of import notice_of
from tests.notice.golden import EXAMPLES_FOLDER, FOLDER, chat_files_of, files_of
from tests.notice.news_cases import GOLDEN
from tests.notice.summary_cases import GOLDEN_SUMMARIES, notices_of


def rewrite() -> None:
    """Replace every file in both folders."""
    for folder, pattern in ((FOLDER, "*.*"), (EXAMPLES_FOLDER, "notice-*")):
        folder.mkdir(exist_ok=True)
        for stale in folder.glob(pattern):
            stale.unlink()
    notices = {case: (notice_of(news()), chat_of(news())) for case, news in GOLDEN.items()}
    notices |= {case: notices_of(summary()) for case, summary in GOLDEN_SUMMARIES.items()}
    for case, (mail, chat) in notices.items():
        for path, text in {**files_of(case, mail), **chat_files_of(case, chat)}.items():
            path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    rewrite()
