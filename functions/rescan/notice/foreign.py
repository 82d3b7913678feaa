"""Texts that others wrote, marked where they enter a notice.

An image, a server or a policy may hold any text, and a chat obeys what formats, links or mentions.
`foreign` puts a text on one line, bounds it and marks where it begins and ends. The marks travel
with it through every sentence, and the renderers replace them: a mail shows the text as it is, a
chat in a code span, where no chat obeys it.

Nobody can forge a mark: `one_line` removes these characters. A mark that a renderer left in place
would be refused with the notice (`Notice.check`).
"""

import re

from rescan.kernel.safe_text import one_line

_BEGIN, _END = "\x02", "\x03"
_MARKED = re.compile(f"{_BEGIN}([^{_END}]*){_END}")
_UNMARK = str.maketrans("", "", _BEGIN + _END)
_LONGEST_SPAN = 400
# What could end a code span, or begin one of Slack's references (`<!here>`, `<https://...>`): Slack
# knows no escape for them, and Teams another than Markdown's other readers.
_LOOK_ALIKES = str.maketrans({"`": "'", "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
                              ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"})  # fmt: skip


def foreign(text: str, longest: int = _LONGEST_SPAN) -> str:
    """The text of another, marked: one line of at most so many characters.

    Texts that are marked already become one.
    """
    return f"{_BEGIN}{one_line(text, longest)}{_END}"


def in_mail(text: str) -> str:
    """The text as a mail shows it: without marks."""
    return text.translate(_UNMARK)


def in_chat(text: str) -> str:
    """The text as Markdown: what is marked in code spans, and our own words escaped for Slack.

    A span has at most 400 characters and is never empty.
    """
    return _MARKED.sub(_code_span, text).replace("<", "&lt;")


def _code_span(marked: re.Match[str]) -> str:
    text = one_line(marked[1], _LONGEST_SPAN).translate(_LOOK_ALIKES)
    return f"`{text or 'not said'}`"
