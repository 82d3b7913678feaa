"""The shape of a custom notification of Amazon Q Developer in chat applications.

Source: its administrator guide, "Custom notifications". The page gives the shape and no lengths;
Slack shows 3,000 characters of a section, and a chat is no place for more.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, json

from rescan.gate.model import Severity
from rescan.ledger.news import EventType
from rescan.notice.markdown import own

LONGEST_DESCRIPTION = 2_800
_MOST_STEPS = 5


class Content(Struct, frozen=True, rename="camel"):
    """What the channel shows, in Markdown."""

    title: str
    description: str
    next_steps: Sequence[str]
    keywords: Sequence[str]
    text_type: str = "client-markdown"


class Metadata(Struct, frozen=True, rename="camel"):
    """Messages with one `thread_id` stand in one thread of the channel."""

    thread_id: str
    summary: str
    event_type: str
    related_resources: Sequence[str]


class Message(Struct, frozen=True):
    """The whole, after docs/chat.schema.json."""

    id: str
    content: Content
    metadata: Metadata
    version: str = "1.0"
    source: str = "custom"

    def encode(self) -> str:
        """The body of the notice."""
        return json.encode(self).decode()


def keywords(
    event_type: EventType,
    worst: Severity = Severity.UNKNOWN,
    fix_available: bool | None = None,
) -> list[str]:
    """Words of ours alone: a chat shows them as tags, of which nothing is documented."""
    severity = [] if worst is Severity.UNKNOWN else [str(worst)]
    fix = {True: ["fix available"], False: ["no fix"], None: []}[fix_available]
    return [event_type.value, *severity, *fix]


def said(
    title: str, first: str, lines: Iterable[str], steps: Iterable[str], words: Sequence[str]
) -> Content:
    """A first sentence, a list below it, as many next steps as are read, the keywords."""
    description = "\n".join([first, "", *(f"- {line}" for line in lines)])
    few = list(map(own, steps))[:_MOST_STEPS]
    return Content(own(title), own(description), few, words)


def fitting(lines: Iterable[str], room: int) -> Iterator[str]:
    """The lines of a list that have so many characters together, and that there are more."""
    for line in lines:
        room -= len(f"- {line}\n")
        if room < 0:
            yield "and more"
            return
        yield line
