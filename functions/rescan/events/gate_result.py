"""How the work on one image ended."""

from msgspec import Struct

from rescan.gate.model import Notification, Outcome
from rescan.gate.report import Report
from rescan.kernel.image_tag import ImageTag


class GateResult(Struct, frozen=True):
    """The report; None when the work ended before there was one, and then `why` says why.

    `requeued`: a copy of the work went back to the queue. `failed`: an error ended the attempt.
    """

    tag: ImageTag
    report: Report | None = None
    notification: Notification = Notification.NONE
    requeued: bool = False
    why: str = ""
    failed: bool = False

    @property
    def outcome(self) -> Outcome | None:
        """The report's outcome, NOT_EVALUATED after an error, None when nothing was tried."""
        if self.report is not None:
            return self.report.outcome
        return Outcome.NOT_EVALUATED if self.failed else None
