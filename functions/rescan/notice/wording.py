"""Numbers and names in a sentence."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from rescan.gate.model import Severity

_Thing = TypeVar("_Thing")


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


def named(things: Sequence[_Thing], name: Callable[[_Thing], str] = str, most: int = 3) -> str:
    """E.g. "CVE-1 curl, CVE-2 zlib and 4 more"; of thousands, only what is shown needs a name."""
    more = f" and {len(things) - most:,} more" if len(things) > most else ""
    return ", ".join(map(name, things[:most])) + more


def how_bad(worst: Severity, exploited: bool | None) -> str:
    """E.g. "critical, exploited"; empty when neither is known."""
    return ", ".join(([str(worst)] if worst else []) + (["exploited"] if exploited else []))


def by_severity(counts: dict[str, int]) -> str:
    """E.g. "1 critical, 3 high, 1 without severity"."""
    words = {str(Severity.UNKNOWN): "without severity"}
    return ", ".join(f"{count:,} {words.get(name, name)}" for name, count in counts.items())
