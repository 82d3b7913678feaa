"""Where images run: places, and what a sweep remembers of them."""

from datetime import UTC, datetime, timedelta

from rescan.gate.inventory import Place
from rescan.gate.running import Running

# On the morning of the notices' day.
SWEPT = datetime(2026, 11, 24, 10, 40, tzinfo=UTC)
SEEN = SWEPT + timedelta(minutes=2)
CONTEXTS = ("prod-eu/payments", "prod-us/payments", "prod-ap/payments")
NOWHERE = Running(SWEPT)


def places(*contexts: str, seen: datetime | None = SEEN) -> tuple[Place, ...]:
    """Namespaces in which something was seen then."""
    return tuple(Place("kubernetes", context, seen) for context in contexts)


def running(*contexts: str, total: int | None = None, seen: datetime | None = SEEN) -> Running:
    """In these, unless there are more of them."""
    found = places(*contexts, seen=seen)
    return Running(SWEPT, places=found, total=len(found) if total is None else total)
