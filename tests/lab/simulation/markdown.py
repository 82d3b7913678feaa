"""Tables, and times in them."""

from collections.abc import Iterable, Sequence
from datetime import timedelta


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The first column says what a row is of; the others are numbers."""
    every = [head, ("---",) + ("---:",) * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in every)


def after(passed: timedelta) -> str:
    """E.g. "9 s", "13 min 38 s", "2 h 15 min"."""
    minutes, seconds = divmod(round(passed.total_seconds()), 60)
    if not minutes:
        return f"{seconds} s"
    return f"{minutes} min {seconds} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
