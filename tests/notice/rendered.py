"""Every golden notice as it is published: of one image, and of many."""

from collections.abc import Callable

from rescan.news import News
from rescan.notice.chat import chat_of
from rescan.notice.group import Group
from rescan.notice.group_chat import group_chat
from rescan.notice.group_notice import group_notice
from rescan.notice.notice import Notice
from rescan.notice.notice_of import notice_of
from tests.notice.group_cases import GROUPS
from tests.notice.news_cases import GOLDEN

__all__ = ["CASES", "chat", "mail"]

CASES: dict[str, Callable[[], News | Group]] = {**GOLDEN, **GROUPS}


def mail(case: str) -> Notice:
    """For the STOP topic."""
    told = CASES[case]()
    return group_notice(told) if isinstance(told, Group) else notice_of(told)


def chat(case: str) -> Notice:
    """For the chat topic."""
    told = CASES[case]()
    return group_chat(told) if isinstance(told, Group) else chat_of(told)
