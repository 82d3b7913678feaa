"""What is simulated, and what came out."""

from dataclasses import dataclass
from datetime import timedelta

from rescan.kernel.image_tag import ImageTag


@dataclass(frozen=True)
class Scenario:
    """An estate that was all GO yesterday, of which `stopped` are a STOP today.

    `workers` are batches that the function works on at the same time (MaxConcurrency). An answer
    of Anchore's takes so many seconds, more or less by the share `jitter`. It has not analyzed an
    image before so many hours have passed, and work that waits is given up after `pending_hours`.
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
    analyzed_after_hours: float = 0.0
    pending_hours: int = 2

    def tag(self, number: int) -> ImageTag:
        """The tag of one image of the estate."""
        return ImageTag("registry.example.com", f"team/app-{number:05}", "1")

    @property
    def tags(self) -> list[ImageTag]:
        """All, in Anchore's order."""
        return [self.tag(number) for number in range(self.images)]


@dataclass(frozen=True)
class Figures:
    """Times are since the sweep began; `complete`: when the last image was evaluated.

    `messages` are the queue's; `told` counts the images whose STOP was `published`, in so many
    messages.
    """

    anchore_calls: int
    peak_in_flight: int
    messages: int
    gone_back: int
    told: int
    published: int
    most_in_a_second: int
    first_published: timedelta
    last_published: timedelta
    complete: timedelta
