"""A report as news, without a memory of what was said before: what the renderings start from."""

from datetime import datetime

from rescan.gate.model import Outcome
from rescan.gate.report import Report
from rescan.ledger.news import EventType, News
from rescan.notice.stop import Stop


def news_of(report: Report, now: datetime) -> News:
    """A STOP as one that is said for the first time; all else as a NOT_EVALUATED."""
    stops = report.outcome is Outcome.STOP
    return News.unremembered(EventType.STOP if stops else EventType.NOT_EVALUATED, report, now)


def stop_of(report: Report, now: datetime) -> Stop | None:
    """What stops the image, joined with the vulnerability rows; None when nothing does."""
    return Stop.of(news_of(report, now)) if report.outcome is Outcome.STOP else None
