"""The time of day, an argument wherever it matters, and how others write it down."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Now, aware."""
    return datetime.now(UTC)


def moment_of(text: object) -> datetime | None:
    """The moment that ISO 8601 text names, aware; None for what names none.

    Who writes no zone means UTC: AWS's events and Anchore's records do.
    """
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
