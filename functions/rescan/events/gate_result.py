"""How one piece of work ended."""

from msgspec import Struct

from rescan.gate.model import Notification, Outcome
from rescan.gate.report import Report
from rescan.kernel.image_tag import ImageTag


class GateResult(Struct, frozen=True):
    """A report, unless the work ended before there was one: `why` says so then.

    `outcome` is the report's, or what a failed attempt counts as.
    """

    tag: ImageTag
    report: Report | None = None
    notification: Notification = Notification.NONE
    requeued: bool = False
    why: str = ""
    failed: bool = False

    @property
    def outcome(self) -> Outcome | None:
        """What the work came to; None when it was not done now."""
        if self.report is not None:
            return self.report.outcome
        return Outcome.NOT_EVALUATED if self.failed else None
