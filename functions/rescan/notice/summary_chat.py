"""The message of a SUMMARY for a chat: the mail's first sentence and steps, shorter lists."""

from collections.abc import Iterator

from rescan.kernel.safe_text import cut
from rescan.ledger.news import EventType
from rescan.notice.attributes import NONE
from rescan.notice.chat_message import (
    LONGEST_DESCRIPTION,
    Content,
    Message,
    Metadata,
    fitting,
    keywords,
    said,
)
from rescan.notice.markdown import code
from rescan.notice.subject import resource_name
from rescan.notice.summary import Summary
from rescan.notice.summary_mail import summary_facts, summary_headline, summary_lists, summary_steps

_LONGEST_TITLE = 100
_MOST_OF_A_LIST = 8


def summary_chat(summary: Summary, name: str) -> str:
    """The body, as JSON after docs/chat.schema.json. `name` is its id, and a thread of its own.

    Replies in one long thread would not be seen, and a summary that nobody sees proves nothing.
    """
    content = _content(summary)
    metadata = Metadata(
        thread_id=name,
        summary=content.title,
        event_type=EventType.SUMMARY.value,
        related_resources=_resources(summary),
    )
    return Message(name, content, metadata).encode()


def _content(summary: Summary) -> Content:
    first = summary_headline(summary)
    lines = fitting(_lines(summary), LONGEST_DESCRIPTION - len(first) - 60)
    title = cut(summary_headline(summary, details=False), _LONGEST_TITLE)
    return said(title, first, lines, summary_steps(summary), keywords(EventType.SUMMARY))


def _lines(summary: Summary) -> Iterator[str]:
    for name, text in summary_facts(summary):
        yield f"{name}: {text}"
    for title, shown, lines in summary_lists(summary, _MOST_OF_A_LIST, code):
        yield f"{title} ({shown} shown):"
        yield from lines


def _resources(summary: Summary) -> list[str]:
    """The oldest ones that are not evaluated, and that are stopped."""
    oldest = [it.tag for it in summary.failing[:1]] + [it.tag for it in summary.stopped[:1]]
    return [resource_name(str(tag)) for tag in oldest] or [NONE]
