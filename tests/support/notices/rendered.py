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
from tests.support.notices.outbox_texts import group_chat, mail_and_chat
from tests.support.notices.summary_cases import GOLDEN_SUMMARIES, notices_of

Announced = News | Group | Summary
CASES: dict[str, Callable[[], Announced]] = {**GOLDEN, **GROUPS, **GOLDEN_SUMMARIES}


def mail(case: str) -> Notice:
    """For the STOP topic."""
    return _mail_and_chat(case)[0]


def chat(case: str) -> Notice:
    """For the chat topic."""
    return _mail_and_chat(case)[1]


def mail_notice(announced: Announced) -> Notice:
    """What is published on the STOP topic."""
    return _both(announced)[0]


def chat_notice(announced: Announced) -> Notice:
    """What is published on the chat topic."""
    return _both(announced)[1]


@cache
def _mail_and_chat(case: str) -> tuple[Notice, Notice]:
    return _both(CASES[case]())


def _both(announced: Announced) -> tuple[Notice, Notice]:
    match announced:
        case Group() as group:
            return group_notice(group), group_chat(group)
        case Summary() as summary:
            return notices_of(summary)
        case news:
            mail, chat = mail_and_chat(news)
            return mail.notice, chat.notice
