"""The facts of a summary: how many images were reached, and which of them are open."""

from datetime import datetime, timedelta

from msgspec import Struct

from rescan.gate.running import Running
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.failing import Failing
from rescan.notice.data_age import DataAge

# Earlier ones were in the summaries before this.
_LATELY = timedelta(days=1)
# A sweep is not overdue the minute that it is due.
_GRACE = timedelta(hours=1)
# Of so many images one may be without a result, or not be evaluated, on a day when all is well.
_ONE_OF = 1000


class Unwatched(Struct, frozen=True):
    """The rows of Anchore's list that gave a sweep no tag, and the first names, as they stand."""

    rows: int = 0
    names: tuple[str, ...] = ()


class Coverage(Struct, frozen=True):
    """What the tags of one sweep came to since it began.

    `expected` counts the tags, and the rows that gave none. `answered` have a result; of those
    `evaluated` have a verdict, and `absent` are not in Anchore. While a sweep is `enqueuing` its
    pages, nobody knows how many tags it has, and it is not complete.
    """

    started: datetime
    expected: int
    answered: int
    evaluated: int
    absent: int
    unwatched: Unwatched = Unwatched()
    enqueuing: bool = False

    @property
    def missing(self) -> int:
        """How many have no result."""
        return max(0, self.expected - self.answered)

    @property
    def unanswered(self) -> int:
        """How many of these are tags, which may still get one."""
        return max(0, self.missing - self.unwatched.rows)

    @property
    def is_complete(self) -> bool:
        """Whether every row was a tag, and all tags but a few have a result."""
        return not self.unwatched.rows and self.is_through

    @property
    def is_through(self) -> bool:
        """Whether all tags but a few have a result."""
        return not self.enqueuing and self.is_few(self.unanswered)

    def is_few(self, images: int) -> bool:
        """Whether it is one of a thousand at most: of fewer than that, none."""
        return images <= self.expected // _ONE_OF


class _Listed(Struct, frozen=True, kw_only=True):
    """`running` None: it is not known where the image runs; `old`: its tag has moved on."""

    running: Running | None = None
    old: bool = False

    @property
    def runs(self) -> bool:
        """Whether it is known to run anywhere."""
        return self.running is not None and self.running.total > 0


class Dated(_Listed, frozen=True):
    """An image, and the moment by which its list is sorted; None: not known."""

    tag: ImageTag
    at: datetime | None


class Failed(_Listed, frozen=True):
    """An image that could not be evaluated."""

    tag: ImageTag
    failing: Failing


class TeamDue(Struct, frozen=True):
    """How many images of a team are overdue, and how many are due within a week, today included."""

    team: str
    overdue: int
    this_week: int


class Summary(Struct, frozen=True, kw_only=True):
    """The ledger as of `at`.

    `sweep` is the last one that has ended (None: none has begun), `under_way` one after it. Of each
    list of images what runs comes first: `stopped` (since when) and `failing` oldest first,
    `unknown_pushes` newest first, `ending` (until when an allowlist suppresses a finding) soonest
    first. `due` has the team of most overdue images first. `next_sweep` is when it begins at the
    latest, `next_summary` None when none is planned. `set_aside` counts notices. `data` None: not
    known. `running_unknown` says why it is not known what runs; None: it is known, or no sweep
    asks. `due_at` is when a schedule had it made; None: it was asked for by hand.
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
    data: DataAge | None = None
    due: tuple[TeamDue, ...] = ()
    running_unknown: str | None = None
    due_at: datetime | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether the images that are watched were reached, all but one of a thousand at most.

        So was every reader. What is stopped may stay so.
        """
        sweep = self.sweep
        if sweep is None or self.is_overdue or self.set_aside or not sweep.is_complete:
            return False
        return sweep.is_few(len(self.failing)) and sweep.is_few(len(self.new_pushes))

    @property
    def stopped_since(self) -> datetime | None:
        """Since when the oldest of the stopped images is; None: none, or not known."""
        return min((each.at for each in self.stopped if each.at), default=None)

    @property
    def running(self) -> int:
        """How many of the stopped images are known to run."""
        return sum(each.runs for each in self.stopped)

    @property
    def missing(self) -> int:
        """How many images have no result of the sweep."""
        return self.sweep.unanswered if self.sweep else 0

    @property
    def lacks_tags(self) -> bool:
        """Whether the sweep ended before its last page: it has not met all tags."""
        return self.sweep is not None and self.sweep.enqueuing

    @property
    def unwatched(self) -> Unwatched:
        """The rows that the sweep could not watch."""
        return self.sweep.unwatched if self.sweep else Unwatched()

    @property
    def is_anything_missed(self) -> bool:
        """Whether there is an image, at least one, that was not reached."""
        missed = self.missing or self.unwatched.rows or self.failing or self.new_pushes
        return bool(missed or self.lacks_tags)

    @property
    def new_pushes(self) -> tuple[Dated, ...]:
        """The unknown pushes of the last day."""
        since = self.at - _LATELY
        return tuple(push for push in self.unknown_pushes if push.at and push.at > since)

    @property
    def is_overdue(self) -> bool:
        """Whether the next sweep should have begun."""
        return self.next_sweep is not None and self.at > self.next_sweep + _GRACE
