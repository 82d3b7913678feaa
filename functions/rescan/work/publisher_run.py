"""What one run of the publisher has come to, and how long it may take."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field

from rescan.kernel.clock import Clock
from rescan.kernel.deadline import Deadline
from rescan.outbox.items import Channel, ImageKey, InFlight, NoticeKey, PendingNotice
from rescan.outbox.storm import Storm
from rescan.outbox.superseding import Superseded

_FAILURES_IN_A_ROW = 3


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
    """`looked_at` is when it planned, on the `storms` of then and what it has published since.

    `published_notices` are those that readers have now, `deleted` those that need not be published
    any more. Nothing more is published in this run about `blocked_images`, where something earlier
    waits, or on `paused_channels`.
    """

    time_left: TimeLeft
    looked_at: datetime
    pending: int = 0
    published: int = 0
    failed: int = 0
    failed_in_a_row: Counter[Channel] = field(default_factory=Counter)
    published_notices: set[NoticeKey] = field(default_factory=set)
    deleted: set[NoticeKey] = field(default_factory=set)
    superseded: Superseded = field(default_factory=dict)
    storms: dict[str, Storm] = field(default_factory=dict)
    blocked_images: set[ImageKey] = field(default_factory=set)
    paused_channels: set[Channel] = field(default_factory=set)

    def may_publish(self, notice: PendingNotice) -> bool:
        """Whether nothing has happened in this run that it must wait for."""
        return (
            notice.channel not in self.paused_channels and notice.image not in self.blocked_images
        )

    def block(self, notices: Iterable[PendingNotice]) -> None:
        """Let whatever follows these wait."""
        self.blocked_images.update(notice.image for notice in notices)

    def accepted(self, flight: InFlight) -> None:
        """SNS has the message."""
        self.published += 1
        self.failed_in_a_row[flight.channel] = 0
        self.published_notices.update(flight.keys)

    def failed_at(self, channel: Channel, *, is_last: bool = False) -> None:
        """SNS has not confirmed a message; after three in a row there is no use in more."""
        self.failed += 1
        self.failed_in_a_row[channel] += 1
        if is_last or self.failed_in_a_row[channel] == _FAILURES_IN_A_ROW:
            self.paused_channels.add(channel)

    @property
    def answer(self) -> dict[str, Any]:
        """What the schedule is answered."""
        return {
            "published": self.published,
            "images": len(self.published_notices),
            "failed": self.failed,
            "left": max(0, self.pending - len(self.published_notices | self.deleted)),
        }
