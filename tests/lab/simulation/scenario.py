"""What is simulated, and what came out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from rescan.kernel.image_tag import ImageTag
from rescan.ledger.news import EventType
from tests.lab.simulation.findings import SHARED, Found, of_its_own

# What the tag of image 7 was on before is image OLD + 7.
OLD = 1_000_000
_REGISTRY = "registry.example.com"
_REPOSITORY = re.compile(r"team/app-\d{5,}")


def images_in(text: str) -> tuple[str, ...]:
    """The full tags of the images that a message names; each is alone in its repository."""
    found = dict.fromkeys(_REPOSITORY.findall(text))
    return tuple(f"{_REGISTRY}/{repository}:1" for repository in found)


@dataclass(frozen=True)
class Scenario:
    """An estate that was all GO yesterday, of which `stopped` are a STOP today.

    `workers` are batches that the function works on at the same time (MaxConcurrency), besides
    those of pushes (`push_workers`, PushConcurrency; None: pushes have no queue of their own).
    An answer of Anchore's takes so many seconds, more or less by the share `jitter`. `common`: each
    image stops by findings of its own, of which that share is in others, too; None: all have the
    same one. `refused`: for how long SNS takes no message from the beginning on.
    It has not analyzed an image before `analyzed_after_hours`, and work that waits is given up
    after `pending_hours`. `feeds`: after so many hours new feeds come in, of which each stops its
    share of the `stopped`; none: all stop from the beginning on. `by_feeds`: REFRESH is feed.
    So many of the images are seen `running`; None: what runs is not asked. Of them the first `old`
    run as they were before their tags moved on, which `stopped` counts from OLD on. So many `teams`
    share the images.
    """

    images: int
    stopped: frozenset[int]
    workers: int
    batch_size: int = 5
    list_seconds: float = 0.3
    scan_seconds: float = 2.0
    check_seconds: float = 1.0
    jitter: float = 0.0
    seed: int = 1
    common: float | None = None
    refused: timedelta = timedelta()
    reminder_hours: float = 24.0
    analyzed_after_hours: float = 0.0
    pending_hours: int = 2
    push_workers: int | None = 2
    feeds: tuple[float, ...] = ()
    by_feeds: bool = False
    running: int | None = None
    old: int = 0
    teams: int = 1

    def tag(self, number: int) -> ImageTag:
        """The tag of one image of the estate."""
        return ImageTag(_REGISTRY, f"team/app-{number:05}", "1")

    def number(self, tag: ImageTag) -> int:
        """Of which image the tag is."""
        return int(tag.repository.rpartition("-")[2])

    def team(self, tag: ImageTag) -> str:
        """Whose image the tag is of."""
        return f"team-{self.number(tag) % self.teams:04}"

    @property
    def tags(self) -> list[ImageTag]:
        """All, in Anchore's order."""
        return [self.tag(number) for number in range(self.images)]

    def fed(self, passed: float) -> int:
        """How many feeds have come in after so many seconds."""
        return sum(hours * 3600 <= passed for hours in self.feeds)

    def stops_after(self, number: int) -> float:
        """After how many seconds the feed comes in that stops the image."""
        return self.feeds[number % len(self.feeds)] * 3600 if self.feeds else 0.0

    def found(self, number: int, passed: float) -> list[Found]:
        """What stops the image after so many seconds; empty: nothing does."""
        if number not in self.stopped or passed < self.stops_after(number):
            return []
        if self.common is None:
            return [SHARED]
        return of_its_own(number, self.common, self.seed)


@dataclass(frozen=True)
class Figures:
    """Times are since the first sweep began; `complete`: when the last image was evaluated.

    `messages` are the queue's; `stopped` counts the images that a STOP names, `published` the
    messages of each kind, `alone` those about one image. `longest_wait` is that of a STOP, from its
    verdict or from when SNS was back.
    """

    anchore_calls: int
    peak_in_flight: int
    messages: int
    gone_back: int
    stopped: int
    published: Mapping[EventType, int]
    alone: int
    most_in_a_second: int
    most_in_an_hour: int
    longest_wait: timedelta
    first_published: timedelta
    last_published: timedelta
    complete: timedelta
