"""What the same readers were notified of lately. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from rescan.ledger.news import stable_id
from rescan.outbox.envelope import Envelope, Issue

# How far back "lately" goes; a storm that nothing was published of for so long is over.
QUIET = timedelta(hours=2)
LONGEST_GAP = timedelta(minutes=15)
# Those that most images have; with short keys, so that a storm's item has 2 KB at most.
_MOST_ISSUES = 100


class Storm(Struct, frozen=True, kw_only=True):
    """Notices of one kind for the same readers: of how many images, since when, last when.

    `issues` counts the images that have an issue, `recent` holds when the latest images were
    published, DIGEST_ABOVE of them at most. While all of these are of the last two hours the storm
    is running: its messages come an `interval` apart.
    """

    id: str
    began_at: datetime
    notified_at: datetime
    interval: timedelta
    images: int = 0
    issues: Mapping[str, int] = {}
    recent: tuple[datetime, ...] = ()

    def is_over(self, now: datetime) -> bool:
        """Whether the next notice begins another storm."""
        return now - self.notified_at >= QUIET

    def images_lately(self, now: datetime) -> int:
        """How many images were published within QUIET; DIGEST_ABOVE stands for more, too."""
        return sum(now - at < QUIET for at in self.recent)

    def images_with(self, issue: Issue | None) -> int:
        """How many of its images have the issue; None: of all its images."""
        return self.issues.get(_short(issue), 0) if issue else self.images

    def plus(
        self, envelopes: Sequence[Envelope], now: datetime, window: timedelta, digest_above: int
    ) -> "Storm":
        """The same, with a message about these images."""
        issues = Counter(self.issues)
        issues.update(_short(issue) for envelope in envelopes for issue in envelope.issues)
        return Storm(
            id=self.id,
            began_at=self.began_at,
            notified_at=now,
            interval=self._next_interval(now, window, digest_above),
            images=self.images + len(envelopes),
            issues=dict(issues.most_common(_MOST_ISSUES)),
            recent=(*self.recent, *[now] * len(envelopes))[-digest_above:],
        )

    def _next_interval(self, now: datetime, window: timedelta, digest_above: int) -> timedelta:
        """Twice as long each time; groups that are published at one time are one time."""
        if self.images_lately(now) < digest_above:
            return window
        is_next_time = now >= self.notified_at + self.interval
        return min(LONGEST_GAP, self.interval * 2) if is_next_time else self.interval


def _short(issue: Issue) -> str:
    return stable_id(issue.key)[:16]
