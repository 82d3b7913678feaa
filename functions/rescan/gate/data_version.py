"""Which data Anchore judges by: its vulnerability feeds, and the policy. Pure."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from rescan.kernel.deadline import Deadline


class DataVersion(Struct, frozen=True):
    """The feeds' version, the policy's, and when Anchore received the newest of the feeds (aware).

    `policy` None: not known, as when the credentials may not list policies.
    """

    feeds: str
    policy: str | None = None
    received_at: datetime | None = None

    def differs_from(self, before: "DataVersion | None") -> bool:
        """Whether a verdict on the data before may be another now; a policy counts if both know."""
        if before is None or self.feeds != before.feeds:
            return True
        return None not in (self.policy, before.policy) and self.policy != before.policy


# AnchoreError when the feeds cannot be read.
ReadDataVersion = Callable[[Deadline], DataVersion]
