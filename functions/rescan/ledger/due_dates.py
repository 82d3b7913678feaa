"""By when the findings of a stopped image are to be gone, under the terms of DueDays. Pure."""

from datetime import date

from rescan.gate.evaluation import FindingKey
from rescan.kernel.clock import utc_day
from rescan.kernel.due_days import DueDays
from rescan.ledger.entry import Entry


def due_dates(entry: Entry, terms: DueDays) -> dict[FindingKey, date]:
    """The date (UTC) by which each finding is due; those that no term names are left out."""
    days = _first_days(entry) if terms.days else {}
    dates = ((key, terms.due(first_days)) for key, first_days in days.items())
    return {key: due for key, due in dates if due is not None}


def earliest_first_days(entry: Entry) -> dict[str, date]:
    """The earliest of its days under each term: whatever the terms, the image is due by these."""
    earliest: dict[str, date] = {}
    for first_days in _first_days(entry).values():
        for term, day in first_days.items():
            earliest[term] = min(day, earliest.get(term, day))
    return earliest


def _first_days(entry: Entry) -> dict[FindingKey, dict[str, date]]:
    if entry.first_stop_at is None:
        return {}
    return entry.stopping.first_days(utc_day(entry.first_stop_at))
