"""Which class renders which kind of news: a kind that is added has its line here."""

from collections.abc import Mapping

from rescan.ledger.news import EventType, ImageEvent
from rescan.notice.expiring import ExpiringNotice
from rescan.notice.image_notice import ImageNotice
from rescan.notice.not_evaluated import NotEvaluatedNotice
from rescan.notice.recovered import RecoveredNotice
from rescan.notice.stop import ReminderNotice, StopNotice

KINDS: Mapping[ImageEvent, type[ImageNotice]] = {
    EventType.STOP: StopNotice,
    EventType.REMINDER: ReminderNotice,
    EventType.RECOVERED: RecoveredNotice,
    EventType.NOT_EVALUATED: NotEvaluatedNotice,
    EventType.EXPIRING: ExpiringNotice,
}
