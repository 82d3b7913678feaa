"""Plain text for a person on call who reads it at night, on a phone: short lines, few words."""

from collections.abc import Iterable, Sequence
from textwrap import wrap

from rescan.gate.model import Severity
from rescan.notice.foreign import in_mail

_COLUMNS = 72


# --- paragraphs, as lines


def joined(paragraphs: Iterable[Sequence[str]]) -> str:
    """A body of the paragraphs that have lines."""
    return in_mail("\n\n".join("\n".join(lines) for lines in paragraphs if lines)) + "\n"


def paragraph(text: str, *, first: int = 0, hanging: int = 0) -> list[str]:
    """Lines of at most 72 columns; a longer word stays whole, so that it can be copied."""
    return wrap(
        in_mail(text),
        _COLUMNS,
        initial_indent=" " * first,
        subsequent_indent=" " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def items(texts: Iterable[str], title: str = "") -> list[str]:
    """Each text as one item of a list, below its title; nothing where there is no item."""
    lines = [line for text in texts for line in paragraph(f"- {text}", hanging=2)]
    return [title, *lines] if title and lines else lines


def fact(name: str, value: str) -> str:
    """A fact on one line, however long, so that its value can be copied."""
    return f"{name:10} {value}"


def row(name: str, text: str) -> list[str]:
    """A fact that may need several lines."""
    return paragraph(fact(name, text), hanging=11)


# --- in a sentence


def counted(number: int, noun: str) -> str:
    """E.g. "1 finding", "20,000 findings"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def share(some: int, of: int, noun: str, one: str, several: str) -> str:
    """How many, and the verb: "2 of 6 findings have", "Every finding has", "The finding has"."""
    if of == 1:
        return f"The {noun} {one}"
    if some == of:
        return f"Every {noun} {one}"
    return f"{some:,} of {of:,} {noun}s {one if some == 1 else several}"


def named(names: Sequence[str], most: int = 3) -> str:
    """E.g. "CVE-1 curl, CVE-2 zlib and 4 more"."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def by_severity(counts: dict[str, int]) -> str:
    """E.g. "1 critical, 3 high, 1 without severity"."""
    words = {str(Severity.UNKNOWN): "without severity"}
    return ", ".join(f"{count:,} {words.get(name, name)}" for name, count in counts.items())
