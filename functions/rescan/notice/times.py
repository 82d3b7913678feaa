"""Moments and lengths of time, for people and for machines."""

from datetime import UTC, date, datetime, timedelta

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def age(since: datetime, now: datetime) -> str:
    """Whole hours below two days, then whole days: "7 h", "3 d"; clocks may disagree a little."""
    passed = now - since
    if passed < _HOUR:
        return "<1 h"
    return f"{passed // _HOUR} h" if passed < 2 * _DAY else f"{passed // _DAY:,} d"


def due(day: date, today: date) -> str:
    """E.g. "due Friday 2026-11-27", and after that day "overdue by 4 days"."""
    late = (today - day).days
    if late > 0:
        return f"overdue by {late:,} day{'s' if late > 1 else ''}"
    return f"due {weekday(day)}"


def weekday(day: date) -> str:
    """E.g. "Friday 2026-11-27"."""
    return f"{_WEEKDAYS[day.weekday()]} {day.isoformat()}"


def moment(at: datetime) -> str:
    """E.g. "2026-11-24 21:50 UTC"."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(' ', 'minutes')} UTC"


def rfc3339(at: datetime) -> str:
    """E.g. "2026-11-24T21:50:37Z"."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
