"""What a notice tells, drawn from the news by its kind: behind its mail, chat message and gist."""

from typing import TypeAlias

from rescan.ledger.news import EventType, News
from rescan.notice.expiring import Expiring
from rescan.notice.outage import Outage
from rescan.notice.recovery import Recovery
from rescan.notice.stop import Stop

Told: TypeAlias = Stop | Recovery | Outage | Expiring


def told_of(news: News) -> Told:
    """NoticeInvalid when the facts contradict the event type."""
    match news.event_type:
        case EventType.STOP | EventType.REMINDER:
            return Stop.of(news)
        case EventType.RECOVERED:
            return Recovery.of(news)
        case EventType.NOT_EVALUATED:
            return Outage.of(news)
        case EventType.EXPIRING:
            return Expiring.of(news)
