"""The facts of a summary: how many images were reached, and which of them are open."""

from datetime import datetime, timedelta

from msgspec import Struct

from rescan.kernel.image_tag import ImageTag
from rescan.ledger.news import Failing

# Earlier ones were in the summaries before this.
_LATELY = timedelta(days=1)
# A sweep is not overdue the minute that it is due.
_GRACE = timedelta(hours=1)


class Coverage(Struct, frozen=True):
    """What the tags of one sweep came to since it began.

    `answered` have a result; of those `evaluated` have a verdict, and `absent` are not in Anchore.
    """

    started: datetime
    expected: int
    answered: int
    evaluated: int
    absent: int

    @property
    def missing(self) -> int:
        """How many have no result."""
        return max(0, self.expected - self.answered)


class Dated(Struct, frozen=True):
    """An image, and the moment by which its list is sorted; None: not known."""

    tag: ImageTag
    at: datetime | None


class Failed(Struct, frozen=True):
    """An image that could not be evaluated."""

    tag: ImageTag
    failing: Failing


class Summary(Struct, frozen=True, kw_only=True):
    """The ledger as of `at`.

    `sweep` is the last one that has ended (None: none has begun), `under_way` one after it.
    `stopped` (since when) and `failing` come oldest first, `unknown_pushes` newest first, `ending`
    (until when an allowlist suppresses a finding) soonest first. `next_sweep` is when it begins at
    the latest, `next_summary` None when none is planned. `set_aside` counts notices.
    """

    at: datetime
    sweep: Coverage | None
    under_way: Coverage | None = None
    next_sweep: datetime | None = None
    next_summary: datetime | None = None
    stopped: tuple[Dated, ...] = ()
    failing: tuple[Failed, ...] = ()
    unknown_pushes: tuple[Dated, ...] = ()
    ending: tuple[Dated, ...] = ()
    set_aside: int = 0

    @property
    def is_quiet(self) -> bool:
        """Whether every image that is watched was reached, and every reader.

        What is stopped may stay so.
        """
        not_reached = (self.missing, self.failing, self.new_pushes, self.is_overdue, self.set_aside)
        return self.sweep is not None and not any(not_reached)

    @property
    def missing(self) -> int:
        """How many images have no result of the sweep."""
        return self.sweep.missing if self.sweep else 0

    @property
    def new_pushes(self) -> tuple[Dated, ...]:
        """The unknown pushes of the last day."""
        since = self.at - _LATELY
        return tuple(push for push in self.unknown_pushes if push.at and push.at > since)

    @property
    def is_overdue(self) -> bool:
        """Whether the next sweep should have begun."""
        return self.next_sweep is not None and self.at > self.next_sweep + _GRACE
