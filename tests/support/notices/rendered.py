"""Every golden notice as it is published: of one image, of many, and of all."""

from collections.abc import Callable
from functools import cache

from rescan.ledger.news import News
from rescan.notice.render import group_notice
from rescan.notice.summary import Summary
from rescan.outbox.group import Group
from rescan.outbox.notice import Notice
from tests.support.notices.group_cases import GROUPS
from tests.support.notices.news_cases import GOLDEN
from tests.support.notices.said import chat_of, group_chat, notice_of
from tests.support.notices.summary_cases import GOLDEN_SUMMARIES, notices_of

Announced = News | Group | Summary
CASES: dict[str, Callable[[], Announced]] = {**GOLDEN, **GROUPS, **GOLDEN_SUMMARIES}


@cache
def mail(case: str) -> Notice:
    """For the STOP topic."""
    match CASES[case]():
        case Group() as group:
            return group_notice(group)
        case Summary() as summary:
            return notices_of(summary)[0]
        case news:
            return notice_of(news)


@cache
def chat(case: str) -> Notice:
    """For the chat topic."""
    return chat_notice(CASES[case]())


def chat_notice(announced: Announced) -> Notice:
    """For the chat topic."""
    match announced:
        case Group() as group:
            return group_chat(group)
        case Summary() as summary:
            return notices_of(summary)[1]
        case news:
            return chat_of(news)
