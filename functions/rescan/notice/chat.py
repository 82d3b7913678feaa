"""The chat message of a notice: a custom notification of Amazon Q Developer in chat applications.

Source: its administrator guide, "Custom notifications". The page gives the shape and no lengths;
Slack shows 3,000 characters of a section, and a chat is no place for more.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from msgspec import Struct, json

from rescan.kernel.safe_text import one_line
from rescan.notice.content import NoticeContent
from rescan.notice.foreign import in_chat, resource_name
from rescan.outbox.envelope import Envelope
from rescan.outbox.group import Group

_LONGEST_DESCRIPTION = 2_800
_MOST_STEPS = 5
# For the last line, that not all are shown.
_ROOM_FOR_MORE, _ROOM_FOR_SHOWN = 58, 40


class _Content(Struct, frozen=True, rename="camel"):
    """What the channel shows, in Markdown."""

    title: str
    description: str
    next_steps: Sequence[str]
    keywords: Sequence[str]
    text_type: str = "client-markdown"


class _Metadata(Struct, frozen=True, rename="camel"):
    """Messages with one `thread_id` stand in one thread of the channel."""

    thread_id: str
    summary: str
    event_type: str
    related_resources: Sequence[str]


class _Message(Struct, frozen=True):
    """The whole, after docs/chat.schema.json."""

    id: str
    content: _Content
    metadata: _Metadata
    version: str = "1.0"
    source: str = "custom"


def chat_body(content: NoticeContent) -> str:
    """The JSON; whoever wrote a text, nothing in it formats, links or mentions."""
    labels, title = content.labels, in_chat(content.subject())
    shown = _Content(
        title=title,
        description=_description(content),
        next_steps=[in_chat(step) for step in content.steps()[:_MOST_STEPS]],
        keywords=_keywords(labels),
    )
    metadata = _Metadata(
        thread_id=content.thread(),
        summary=title,
        event_type=labels.event_type.value,
        related_resources=[resource_name(resource) for resource in content.resources()],
    )
    return json.encode(_Message(one_line(labels.id, 128), shown, metadata)).decode()


def _description(content: NoticeContent) -> str:
    lead = in_chat(content.chat_lead())
    room = _LONGEST_DESCRIPTION - len(lead) - len("\n\n")
    where = content.where()
    said = map(in_chat, chain([where] if where else [], content.chat_lines()))
    lines = list(_lines(said, room - _ROOM_FOR_MORE))
    room -= sum(map(_length, lines)) + _ROOM_FOR_SHOWN
    lines += _findings(*content.chat_findings(), room)
    return "\n".join([lead, "", *(f"- {line}" for line in lines)])


def _lines(lines: Iterable[str], room: int) -> Iterator[str]:
    """Those that have so many characters together, and that there are more."""
    for line in lines:
        room -= _length(line)
        if room < 0:
            yield "and more"
            return
        yield line


def _findings(findings: Sequence[str], total: int, room: int) -> Iterator[str]:
    """Those that fit, and how many there are."""
    shown = 0
    for line in map(in_chat, findings):
        room -= _length(line)
        if room < 0:
            break
        shown += 1
        yield line
    if shown < total:
        yield f"{shown:,} of {total:,} shown, the worst ones"


def _length(line: str) -> int:
    return len(f"- {line}\n")


def _keywords(labels: Envelope | Group) -> list[str]:
    """Words of ours alone: a chat shows them as tags, of which nothing is documented."""
    severity = [str(labels.worst)] if labels.worst else []
    fix = {True: ["fix available"], False: ["no fix"], None: []}[labels.fix_available]
    exploited = ["exploited"] if labels.known_exploited else []
    running = ["running"] if labels.runs else []
    return [labels.event_type.value, *severity, *exploited, *fix, *running]
