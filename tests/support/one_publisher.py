"""A publisher on the fakes, whose pace costs no time."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from rescan.kernel.metrics import Tally
from rescan.outbox.grouping import GroupingRules
from rescan.outbox.items import Channel
from rescan.work.publisher import Publisher
from rescan.work.topics import Topics

RULES = GroupingRules(digest_above=10, window=timedelta(seconds=60))
_SILENT = Logger(service="publisher", logger_handler=logging.NullHandler())


def publisher_of(
    outbox: Any,
    topic: Any,
    clock: Callable[[], datetime],
    tally: Tally | None = None,
    sleep: Callable[[float], None] = lambda seconds: None,
    chat: Any = None,
) -> Publisher:
    """One container's publisher."""
    tally = tally or Tally()
    topics = Topics({Channel.STOPS: topic} | ({Channel.CHAT: chat} if chat else {}), tally)
    return Publisher(outbox, topics, RULES, tally, _SILENT, clock, sleep)
