"""What one run of the publisher has come to, and how long it may take."""

from collections import Counter
from datetime import timedelta
from typing import Any

from msgspec import Struct, field

from rescan.kernel.clock import Clock
from rescan.kernel.deadline import Deadline
from rescan.outbox.items import Channel

_FAILURES_IN_A_ROW = 3

# A notice by its id, or an image by its subject.
Named = tuple[Channel, str]


class TimeLeft:
    """At most `most` from now on, and no longer than the invocation."""

    def __init__(self, deadline: Deadline, clock: Clock, most: timedelta) -> None:
        self._deadline = deadline
        self._clock = clock
        self._end = clock() + most

    @property
    def over(self) -> bool:
        """Whether no message may begin."""
        return self._deadline.passed or self._clock() >= self._end


class Run(Struct):
    """`published_notices` are the notices that readers have now.

    Nothing more is said in this run of the images `behind` which something earlier waits, or in the
    channels that are `paused_channels`.
    """

    time_left: TimeLeft
    waiting: int = 0
    published: int = 0
    failed: int = 0
    failed_in_a_row: Counter[Channel] = field(default_factory=Counter)
    published_notices: set[Named] = field(default_factory=set)
    blocked_images: set[Named] = field(default_factory=set)
    paused_channels: set[Channel] = field(default_factory=set)

    def accepted(self, channel: Channel) -> None:
        """SNS has a message."""
        self.published += 1
        self.failed_in_a_row[channel] = 0

    def refused(self, channel: Channel) -> None:
        """SNS does not confirm a message; after three in a row there is no use in more."""
        self.failed_in_a_row[channel] += 1
        if self.failed_in_a_row[channel] == _FAILURES_IN_A_ROW:
            self.paused_channels.add(channel)

    @property
    def told(self) -> dict[str, Any]:
        """The answer to the schedule."""
        return {
            "published": self.published,
            "images": len(self.published_notices),
            "failed": self.failed,
            "left": max(0, self.waiting - len(self.published_notices)),
        }
