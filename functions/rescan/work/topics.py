"""The topic of each channel, and a count of what is published there."""

from collections.abc import Collection, Mapping
from typing import Protocol

from rescan.kernel.metrics import Metric, Tally
from rescan.outbox.items import Channel
from rescan.outbox.notice import Notice


class Readers(Protocol):
    """Those who read what is published."""

    def confirmed_subscriptions(self) -> int:
        """The number of confirmed subscriptions; PublishFailed when SNS does not answer it."""
        ...


class Topic(Readers, Protocol):
    """Takes notices to those who subscribe."""

    def publish(self, notice: Notice) -> str:
        """The message id; PublishFailed, NoticeInvalid."""
        ...


class Topics:
    """A channel without a topic is switched off: notices for it are dropped.

    `last_refusal` is why the last notice that could not be published was refused.
    """

    def __init__(self, topics: Mapping[Channel, Topic], tally: Tally) -> None:
        self._topics = topics
        self._tally = tally
        self.last_refusal: Exception | None = None

    @property
    def channels(self) -> Collection[Channel]:
        """The channels that are switched on."""
        return self._topics.keys()

    def confirmed_subscriptions(self) -> int:
        """Of all channels together: whoever reads one of them reads a STOP; PublishFailed."""
        return sum(topic.confirmed_subscriptions() for topic in self._topics.values())

    def publish(self, channel: Channel, notice: Notice) -> None:
        """Publish the notice, and count it; PublishFailed, NoticeInvalid."""
        if (topic := self._topics.get(channel)) is None:
            return
        try:
            topic.publish(notice)
        except Exception as error:
            self.last_refusal = error
            self._tally.add(Metric.PUBLISH_FAILURES)
            raise
        self._tally.add(Metric.PUBLISHED)
