"""The topic of each channel; what is published there is counted."""

from collections.abc import Collection, Mapping
from typing import Protocol

from rescan.kernel.metrics import Metric, Tally
from rescan.ledger.news import News
from rescan.notice.render import outbox_items
from rescan.outbox.items import Channel
from rescan.outbox.notice import Notice


class Topic(Protocol):
    """Where notices go."""

    def publish(self, notice: Notice) -> str:
        """The message id; PublishFailed, NoticeInvalid."""
        ...

    def confirmed_subscriptions(self) -> int:
        """How many readers have confirmed; PublishFailed when SNS does not say."""
        ...


class Topics:
    """A channel without a topic is one that is switched off: its notices go nowhere."""

    def __init__(self, topics: Mapping[Channel, Topic], tally: Tally) -> None:
        self._topics = topics
        self._tally = tally

    @property
    def channels(self) -> Collection[Channel]:
        """Those that are switched on."""
        return self._topics.keys()

    def say(self, news: News) -> None:
        """Publish the news at once, on each channel; PublishFailed, NoticeInvalid."""
        for due in outbox_items(news, self.channels):
            self.publish(due.channel, due.notice)

    def publish(self, channel: Channel, notice: Notice) -> None:
        """Publish, and count; PublishFailed, NoticeInvalid."""
        if (topic := self._topics.get(channel)) is None:
            return
        try:
            topic.publish(notice)
        except Exception:
            self._tally.add(Metric.PUBLISH_FAILURES)
            raise
        self._tally.add(Metric.PUBLISHED)
