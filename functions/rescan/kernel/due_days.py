"""Within how many days a finding is to be gone: DUE_DAYS, read. Days are dates in UTC."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from msgspec import Struct

EXPLOITED = "exploited"
TERMS = (EXPLOITED, "critical", "high", "medium", "low", "negligible", "unknown")

_WHOLE_NUMBER = re.compile("[0-9]{1,4}")


class DueDays(Struct, frozen=True):
    """The days of each term: a severity's name, or `exploited`. Without any, nothing is due."""

    days: Mapping[str, int] = {}

    @classmethod
    def parse(cls, text: str) -> "DueDays":
        """Read e.g. `exploited=3,critical=15,high=30`; ValueError says what was expected."""
        days: dict[str, int] = {}
        for entry in filter(None, map(str.strip, text.split(","))):
            term, number = _term(entry)
            if term in days:
                raise ValueError(f"each of {', '.join(TERMS)} once, not {term!r} twice")
            days[term] = number
        return cls(days)

    def due(self, first_days: Mapping[str, date]) -> date | None:
        """The earliest date, of what was first reported under each term on these days."""
        dates = (
            day + timedelta(days=self.days[term])
            for term, day in first_days.items()
            if term in self.days
        )
        return min(dates, default=None)


def _term(entry: str) -> tuple[str, int]:
    term, _, number = (part.strip().lower() for part in entry.partition("="))
    if term not in TERMS:
        raise ValueError(f"term=days, the term one of {', '.join(TERMS)}, not {entry!r}")
    if not _WHOLE_NUMBER.fullmatch(number):
        raise ValueError(f"term=days, a whole number of them from 0 to 9999, not {entry!r}")
    return term, int(number)
