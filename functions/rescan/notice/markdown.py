"""Text of others in a chat message: it stands in code spans only, where no chat obeys it.

Slack knows no escape for its formatting, and Teams another one than Markdown's other readers; but
in a code span none of them formats, links or mentions. What could end the span, or begin one of
Slack's own references (`<!here>`, `<https://...>`), is replaced by a look-alike.
"""

from collections.abc import Callable
from typing import TypeAlias

from rescan.kernel.safe_text import one_line

Quote: TypeAlias = Callable[[str], str]

_LONGEST = 400
_LOOK_ALIKES = str.maketrans({"`": "'", "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
                              ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"})  # fmt: skip


def code(text: str) -> str:
    """The text as a code span: one line of at most 400 characters, and never an empty one."""
    return f"`{one_line(text, _LONGEST).translate(_LOOK_ALIKES) or 'not said'}`"


def own(text: str) -> str:
    """Words of ours, code spans among them, with the one character in them that Slack obeys."""
    return text.replace("<", "&lt;")
