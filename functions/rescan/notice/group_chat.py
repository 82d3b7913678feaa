"""The message of a group for a chat: what it has in common, which repositories, what else."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from rescan.model import Severity
from rescan.notice.chat_message import (
    LONGEST_DESCRIPTION,
    Content,
    Message,
    Metadata,
    fix_keywords,
    said,
)
from rescan.notice.group import Group
from rescan.notice.group_mail import group_steps, group_title, headline, others, repositories
from rescan.notice.group_notice import group_notice
from rescan.notice.markdown import code
from rescan.notice.notice import Notice
from rescan.notice.paragraphs import counted
from rescan.notice.subject import resource_name
from rescan.plain_text import one_line

__all__ = ["group_chat"]

_MOST_REPOSITORIES = 15
_MOST_OTHERS = 5


def group_chat(group: Group) -> Notice:
    """The mail's subject and attributes; a storm's messages are one thread."""
    content = _content(group)
    metadata = Metadata(
        thread_id=group.storm,
        summary=content.title,
        event_type=group.event_type.value,
        related_resources=[resource_name(repositories(group)[0][0])],
    )
    return replace(group_notice(group), body=Message(group.id, content, metadata).encode())


def _content(group: Group) -> Content:
    first = headline(group, code)
    severity = [] if group.worst is Severity.UNKNOWN else [str(group.worst)]
    keywords = [group.event_type.value, *severity, *fix_keywords(group.fix_available)]
    lines = _that_fit(_lines(group), LONGEST_DESCRIPTION - len(first) - 60)
    return said(group_title(group, code), first, lines, group_steps(group, code), keywords)


def _lines(group: Group) -> Iterator[str]:
    yield f"Team {code(group.team)}"
    if group.policy_id:
        yield f"Policy {code(one_line(group.policy_id, 200))}"
    every = repositories(group)
    for repository, tags in every[:_MOST_REPOSITORIES]:
        yield f"{code(one_line(repository, 200))}: {counted(len(tags), 'image')}"
    if len(every) > _MOST_REPOSITORIES:
        yield f"{len(every) - _MOST_REPOSITORIES:,} repositories more"
    for other in others(group, _MOST_OTHERS, code):
        yield f"Also {other}"


def _that_fit(lines: Iterable[str], room: int) -> Iterator[str]:
    for line in lines:
        room -= len(f"- {line}\n")
        if room < 0:
            yield "and more"
            return
        yield line
