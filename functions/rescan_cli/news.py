"""A report as news of an image about which nothing is remembered: where the renderings start."""

from datetime import datetime

from rescan.gate.model import Outcome
from rescan.gate.report import Report
from rescan.ledger.news import StopNews
from rescan.notice.stop import StopNotice


def stop_of(report: Report, now: datetime) -> StopNotice | None:
    """What stops the image, joined with the vulnerability rows; None when nothing does."""
    if report.outcome is not Outcome.STOP:
        return None
    return StopNotice(StopNews.unremembered(report, now))
