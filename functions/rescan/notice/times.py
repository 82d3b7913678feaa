"""Moments and lengths of time, for people and for machines."""

from datetime import UTC, datetime, timedelta

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def age(since: datetime, now: datetime) -> str:
    """Whole hours below two days, then whole days: "7 h", "3 d"; clocks may disagree a little."""
    passed = now - since
    if passed < _HOUR:
        return "<1 h"
    return f"{passed // _HOUR} h" if passed < 2 * _DAY else f"{passed // _DAY:,} d"


def moment(at: datetime) -> str:
    """E.g. "2026-11-24 21:50 UTC"."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(' ', 'minutes')} UTC"


def rfc3339(at: datetime) -> str:
    """E.g. "2026-11-24T21:50:37Z"."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
