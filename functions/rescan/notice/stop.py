"""STOP: an image is stopped, for the first time or by something new."""

from rescan.ledger.news import StopNews
from rescan.notice.image_notice import Verbs
from rescan.notice.stopped import StoppedNotice


class StopNotice(StoppedNotice):
    """A STOP that is new, or that has new findings: all of them, unless the news names some."""

    kind = "STOP"
    verbs = Verbs("stops", "stop", first="newly stops")
    effect = "STOPS THEM"

    def __init__(self, news: StopNews) -> None:
        super().__init__(news)
        every, exploited = news.report.blocking, news.exploited
        new = every if news.new is None else tuple(f for f in every if f.key in news.new)
        self.turned = tuple(f for f in new if f.key in exploited)
        self.new = (*self.turned, *(f for f in new if f.key not in exploited))
        is_new = news.new is not None and len(self.turned) < len(self.new)
        self.noun = "new finding" if is_new else "finding"
