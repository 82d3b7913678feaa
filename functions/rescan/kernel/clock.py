"""The time of day, which is an argument wherever it matters, and reading it from text."""

from collections.abc import Callable
from datetime import UTC, date, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Now, aware."""
    return datetime.now(UTC)


def utc_day(moment: datetime) -> date:
    """The date in UTC."""
    return moment.astimezone(UTC).date()


def moment_of(text: object) -> datetime | None:
    """The moment that ISO 8601 text names, aware; None when it names none.

    Text without a zone means UTC, as in AWS's events and Anchore's records.
    """
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def utc_moment_of(text: object) -> datetime | None:
    """The same in UTC; None as well for the moments that UTC has no year for."""
    moment = moment_of(text)
    try:
        return moment and moment.astimezone(UTC)
    except OverflowError:  # in another zone, the last hours of the year 9999
        return None
