"""Where an image runs, in words and in the result."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from rescan.gate.running import Running
from rescan.kernel.safe_text import one_line
from rescan.notice import running_shapes as shapes
from rescan.notice.foreign import foreign
from rescan.notice.times import moment, rfc3339
from rescan.notice.wording import named

_LONGEST_PLACE = 120
# What a text of another's becomes, of at most so many characters.
Mark = Callable[[str, int], str]


def where(running: Running | None, now: datetime, mark: Mark = foreign) -> str:
    """E.g. "Runs in prod-eu/payments and 2 more (seen 10:42 UTC)"; empty when it is not known."""
    if running is None:
        return ""
    if not running.total:
        return f"Seen running nowhere (inventory of {_clock(running.at, now)})"
    seen = running.places[0].last_seen if running.places else None
    when = f"seen {_clock(seen, now)}" if seen else f"inventory of {_clock(running.at, now)}"
    return f"Runs in {places(running, mark)} ({when})"


def places(running: Running, mark: Mark = foreign) -> str:
    """E.g. "prod-eu/payments and 2 more"."""
    if not running.places:
        return f"{running.total:,} places"
    first = mark(running.places[0].context, _LONGEST_PLACE)
    more = running.total - 1
    return f"{first} and {more:,} more" if more else first


def any_of(contexts: Sequence[str], *, all_named: bool) -> str:
    """The first one, and how many others there are, or are at least."""
    names = [foreign(context, _LONGEST_PLACE) for context in contexts]
    if all_named:
        return named(names, most=1)
    return f"{names[0]} and at least {len(names) - 1:,} more"


def runs_in(running: Running | None) -> str:
    """E.g. ", runs in prod-eu/payments", to follow a name; empty when it is not known to run."""
    return f", runs in {places(running)}" if running and running.total else ""


def running_shape(running: Running | None) -> shapes.Running:
    """The part `running` of a result."""
    if running is None:
        return shapes.Running(known=False)
    shown = [
        shapes.Place(
            type=one_line(place.type, 40),
            context=one_line(place.context, 300),
            last_seen=rfc3339(place.last_seen) if place.last_seen else None,
        )
        for place in running.places
    ]
    return shapes.Running(known=True, places=shown, total=running.total)


def _clock(at: datetime, now: datetime) -> str:
    """The date only where it is another day's."""
    is_today = at.astimezone(UTC).date() == now.astimezone(UTC).date()
    return moment(at).partition(" ")[2] if is_today else moment(at)
