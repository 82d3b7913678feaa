"""Which data Anchore judges by: its vulnerability feeds, and the policy. Pure."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from rescan.kernel.deadline import Deadline


class DataVersion(Struct, frozen=True):
    """The feeds' version, the policy's, and when Anchore received the newest of the feeds (aware).

    `policy` None: not known, as when the credentials may not list policies. `has_checksums`: equal
    feeds are the same data, as each has a checksum; else they were only synced at the same time.
    """

    feeds: str
    policy: str | None = None
    received_at: datetime | None = None
    has_checksums: bool = False

    def differs_from(self, before: "DataVersion | None") -> bool:
        """Whether a verdict on the data before may be another now; a policy counts if both know."""
        if before is None or self.feeds != before.feeds:
            return True
        return None not in (self.policy, before.policy) and self.policy != before.policy


# AnchoreError when the feeds cannot be read.
ReadDataVersion = Callable[[Deadline], DataVersion]
