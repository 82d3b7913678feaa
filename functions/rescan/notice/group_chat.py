"""The message of a group for a chat: what it has in common, which repositories, what else."""

from collections.abc import Iterator

from rescan.kernel.safe_text import one_line
from rescan.notice.chat_message import (
    LONGEST_DESCRIPTION,
    Content,
    Message,
    Metadata,
    fitting,
    keywords,
    said,
)
from rescan.notice.group_words import group_headline, group_steps, group_title, others
from rescan.notice.markdown import code
from rescan.notice.paragraphs import counted
from rescan.notice.subject import resource_name
from rescan.outbox.envelope import IssueKind
from rescan.outbox.group import Group

_MOST_REPOSITORIES = 15
_MOST_OTHERS = 5


def group_chat(group: Group) -> str:
    """The body, as JSON after docs/chat.schema.json; a storm's messages are one thread."""
    content = _content(group)
    metadata = Metadata(
        thread_id=group.storm,
        summary=content.title,
        event_type=group.event_type.value,
        related_resources=[resource_name(group.repositories()[0].full_name)],
    )
    return Message(group.id, content, metadata).encode()


def _content(group: Group) -> Content:
    first = group_headline(group, code)
    words = keywords(group.event_type, group.worst, group.fix_available)
    lines = fitting(_lines(group), LONGEST_DESCRIPTION - len(first) - 60)
    return said(group_title(group, code), first, lines, group_steps(group, code), words)


def _lines(group: Group) -> Iterator[str]:
    yield f"Team {code(group.team)}"
    if group.policy_id:
        yield f"Policy {code(one_line(group.policy_id, 200))}"
    if group.registry:
        yield f"Registry {code(group.registry)}"
    every = group.repositories()
    for repository in every[:_MOST_REPOSITORIES]:
        name = repository.name if group.registry else repository.full_name
        yield f"{code(one_line(name, 200))}: {counted(len(repository.tags), 'image')}"
    if len(every) > _MOST_REPOSITORIES:
        yield f"{_MOST_REPOSITORIES:,} of {len(every):,} repositories shown, those of most images"
    is_finding = group.issue is not None and group.issue.kind is IssueKind.FINDING
    for other in others(group, _MOST_OTHERS, code):
        yield f"Also {other}" if is_finding else other
    if (total := len(group.other_issues())) > _MOST_OTHERS:
        yield f"{_MOST_OTHERS:,} of {total:,} shown"
