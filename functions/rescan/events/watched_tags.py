"""The tags of a sweep: those of the watch list, and active ones that match its patterns."""

from collections.abc import Callable, Iterable

from aws_lambda_powertools import Logger

from rescan.kernel.deadline import Deadline
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.watch_list import WatchList

ActiveTags = Callable[[Deadline], Iterable[ImageTag]]


def watched_tags(
    watch_list: WatchList, active_tags: ActiveTags, deadline: Deadline, logger: Logger
) -> list[ImageTag]:
    """The tags, each once; a pattern that matches none is logged. AnchoreError.

    The active tags are listed only when the watch list needs them, in half of the time left.
    """
    active = list(active_tags(deadline.half())) if watch_list.needs_listing else []
    for pattern in watch_list.unmatched(active):
        logger.warning("a watched pattern matches no active tag", pattern=pattern)
    return list(watch_list.select(active))
