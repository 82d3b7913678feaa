"""What a notice tells, drawn from the news by its kind: behind its mail, chat message and gist."""

from typing import TypeAlias

from rescan.ledger.news import (
    ExpiringNews,
    News,
    NotEvaluatedNews,
    RecoveredNews,
    ReminderNews,
    StopNews,
)
from rescan.notice.expiring import Expiring
from rescan.notice.outage import Outage
from rescan.notice.recovery import Recovery
from rescan.notice.stop import Stop

Told: TypeAlias = Stop | Recovery | Outage | Expiring


def told_of(news: News) -> Told:
    """What the notice of the news tells."""
    match news:
        case StopNews() | ReminderNews():
            return Stop.of(news)
        case RecoveredNews():
            return Recovery.of(news)
        case NotEvaluatedNews():
            return Outage.of(news)
        case ExpiringNews():
            return Expiring.of(news)
