"""Texts that others wrote, marked where they enter a notice.

An image, a server or a policy may hold any text, and a chat obeys what formats, links or mentions.
`foreign` puts a text on one line, bounds it and marks where it begins and ends. The marks travel
with it through every sentence, and the renderers replace them: a mail shows the text without links,
a chat in a code span, where no chat obeys it. A full name, which readers copy, has a mark of its
own: a mail shows it letter by letter.

Nobody can forge a mark: `one_line` removes these characters. A mark that a renderer left in place
would be refused with the notice (`Notice.check`).
"""

import re
from collections.abc import Callable

from rescan.kernel.image_tag import ImageTag
from rescan.kernel.safe_text import cut, one_line
from rescan.notice.links import unlinked

LONGEST_SUBJECT = 99
_BEGIN, _END, _BEGIN_FULL_NAME = "\x02", "\x03", "\x04"
_MARKED = re.compile(f"([{_BEGIN}{_BEGIN_FULL_NAME}])([^{_END}]*){_END}")
_LONGEST_SPAN = 400
# What could end a code span, or begin one of Slack's references (`<!here>`, `<https://...>`): Slack
# knows no escape for them, and Teams another than Markdown's other readers.
_LOOK_ALIKES = str.maketrans({"`": "'", "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
                              ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"})  # fmt: skip
_NOT_PRINTABLE = re.compile(r"[^ -~]")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9:/_.-]")
# A registry that mail programs take for a host: a link begins there, whatever stands behind it.
_FULL_NAME = re.compile(
    r"([A-Za-z0-9-]+\.)+(xn--[A-Za-z0-9-]+|[A-Za-z]{2,})(:[0-9]+)?"
    r"((/[A-Za-z0-9_.-]+)+(:[A-Za-z0-9_.-]+)?)?"
)


def foreign(text: str, longest: int = _LONGEST_SPAN) -> str:
    """The text of another, marked: one line of at most so many characters.

    Texts that are marked already become one.
    """
    return f"{_BEGIN}{one_line(text, longest)}{_END}"


def full_name(text: str, longest: int = _LONGEST_SPAN) -> str:
    """The full name of an image, or its registry, marked as such: a mail shows each letter.

    A mail program may link the registry, which Anchore's configuration chooses. What is no full
    name, or has a registry that is no host, is `foreign`.
    """
    name = one_line(text, longest)
    return f"{_BEGIN_FULL_NAME if _FULL_NAME.fullmatch(name) else _BEGIN}{name}{_END}"


def in_mail(text: str) -> str:
    """The text as a mail shows it: what is marked without links, full names letter by letter."""
    return _MARKED.sub(_without_links, text)


def _without_links(marked: re.Match[str]) -> str:
    begin, text = marked.groups()
    return text if begin == _BEGIN_FULL_NAME else unlinked(text)


def in_chat(text: str) -> str:
    """The text as Markdown: what is marked in code spans, and our own words escaped for Slack.

    A span has at most 400 characters and is never empty.
    """
    return _MARKED.sub(_code_span, text).replace("<", "&lt;")


def _code_span(marked: re.Match[str]) -> str:
    text = one_line(marked[2], _LONGEST_SPAN).translate(_LOOK_ALIKES)
    return f"`{text or 'not said'}`"


# --- names, where their length or their alphabet is limited


def ascii_text(text: str) -> str:
    """The text in printable ASCII."""
    return _NOT_PRINTABLE.sub("?", text)


def image_subject(start: str, tag: ImageTag, end: str = "") -> str:
    """At most 99 printable ASCII characters; a long image name loses its beginning.

    The registry stands in the body.
    """
    room = LONGEST_SUBJECT - len(start) - len(end)
    name = ascii_text(f"{tag.repository}:{tag.tag}")
    return start + foreign(_fitting(_from_the_left, name, room)) + end


def resource_name(text: str) -> str:
    """The full name or the digest with nothing but the characters that such names are made of."""
    return _from_the_left(_NOT_IN_A_NAME.sub("?", text), 512)


def shortened_in_mail(text: str, longest: int) -> str:
    """The text, cut so that a mail shows at most so many characters of it."""
    return _fitting(cut, text, longest)


def _fitting(shorten: Callable[[str, int], str], text: str, room: int) -> str:
    """As much of the text as a mail shows in so many characters, whose brackets count."""
    texts = (shorten(text, longest) for longest in range(room, 0, -1))
    return next(shown for shown in texts if len(unlinked(shown)) <= room)


def _from_the_left(text: str, longest: int) -> str:
    """A tag tells more than the first folder of a repository, so the end is what stays."""
    return text if len(text) <= longest else "..." + text[-(longest - 3) :]
