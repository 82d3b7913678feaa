"""REMINDER: an image is still stopped, by nothing that was not reported before."""

from rescan.ledger.news import ReminderNews
from rescan.notice.content import Paragraph
from rescan.notice.image_notice import Verbs
from rescan.notice.mail import row
from rescan.notice.stopped import StoppedNotice
from rescan.notice.times import age, moment


class ReminderNotice(StoppedNotice):
    """A STOP that lasts."""

    kind = "REMINDER"
    verbs = Verbs("still stops", "still stop")
    effect = "STILL STOPS THEM"
    new = ()

    def __init__(self, news: ReminderNews) -> None:
        super().__init__(news)
        since = news.first_stop_at
        late = f"{self.due.overdue}, " if self.due.overdue else ""
        still = f"still STOP after {age(since, news.at)}" if since else "still STOP"
        self.still = f"{late}{still}"

    def stopped_since(self) -> Paragraph:
        since, now = self.news.first_stop_at, self.news.at
        return row("Stopped", f"since {moment(since)} ({age(since, now)})") if since else []
