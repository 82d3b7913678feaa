"""The mail of a notice: plain text for a person on call who reads it at night, on a phone.

Short lines, few words. Its size is bounded, since every text of another's is cut and every list has
a most.
"""

from collections.abc import Iterable
from textwrap import wrap

from rescan.kernel.safe_text import cut
from rescan.notice.content import NoticeContent, Paragraph
from rescan.notice.foreign import LONGEST_SUBJECT, ascii_text, in_mail

_COLUMNS = 72


def mail_subject(content: NoticeContent) -> str:
    """Within the limits of SNS, which every message has to keep."""
    return cut(ascii_text(in_mail(content.subject())), LONGEST_SUBJECT)


def mail_body(content: NoticeContent) -> str:
    """What has happened and what to do first, then the paragraphs of its kind."""
    step, *other_steps = content.steps()
    where = f"{where}." if (where := content.where()) else ""
    said = (content.headline(), where, content.mail_step(step))
    first = [line for text in said for line in paragraph(text)]
    paragraphs = [first, *content.mail_paragraphs(other_steps)]
    return in_mail("\n\n".join("\n".join(lines) for lines in paragraphs if lines)) + "\n"


def paragraph(text: str, *, first: int = 0, hanging: int = 0) -> Paragraph:
    """Lines of at most 72 columns; a longer word stays whole, so that it can be copied."""
    return wrap(
        in_mail(text),
        _COLUMNS,
        initial_indent=" " * first,
        subsequent_indent=" " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def items(texts: Iterable[str], title: str = "") -> Paragraph:
    """Each text as one item of a list, below its title; nothing where there is no item."""
    lines = [line for text in texts for line in paragraph(f"- {text}", hanging=2)]
    return [title, *lines] if title and lines else lines


def fact(name: str, value: str) -> str:
    """A fact on one line, however long, so that its value can be copied."""
    return f"{name:10} {value}"


def row(name: str, text: str) -> Paragraph:
    """A fact that may need several lines."""
    return paragraph(fact(name, text), hanging=11)
