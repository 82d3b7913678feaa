"""Gate one image and say what must be said: the workflow, then the STOP notice."""

from collections.abc import Callable

from msgspec import Struct

from rescan.deadline import Deadline
from rescan.model import Notification, Outcome, Report, RescanRequest
from rescan.notice.notice import Notice
from rescan.notice.stop_notice import stop_notice
from rescan.workflow import Anchore, rescan

__all__ = ["Gated", "Gatekeeper"]


class Gated(Struct, frozen=True):
    """A report, and whether it was published (`message_id`: SNS's)."""

    report: Report
    notification: Notification = Notification.NONE
    message_id: str | None = None


class Gatekeeper:
    """Runs the workflow under a deadline and publishes every STOP."""

    def __init__(
        self, anchore_until: Callable[[Deadline], Anchore], publish: Callable[[Notice], str]
    ) -> None:
        self._anchore_until = anchore_until
        self._publish = publish

    def gate(self, request: RescanRequest, deadline: Deadline) -> Gated:
        """What the image came to; AnchoreError, or PublishFailed: a STOP is never swallowed."""
        report = rescan(self._anchore_until(deadline), request)
        if report.outcome is not Outcome.STOP:
            return Gated(report)
        message_id = self._publish(stop_notice(report))
        return Gated(report, Notification.PUBLISHED, message_id)
