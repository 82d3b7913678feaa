"""The tags of a sweep: those of the watch list, and active ones that match its patterns."""

from collections.abc import Callable

from aws_lambda_powertools import Logger
from msgspec.structs import replace

from rescan.kernel.deadline import Deadline
from rescan.kernel.watch_list import ListedTags, WatchList

ActiveTags = Callable[[Deadline], ListedTags]
_MOST_NAMED = 20


def watched_tags(
    watch_list: WatchList, active_tags: ActiveTags, deadline: Deadline, logger: Logger
) -> ListedTags:
    """The tags, each once; what leaves an image unwatched is logged. AnchoreError.

    The active tags are listed only when the watch list needs them, in half of the time left.
    """
    active = active_tags(deadline.half()) if watch_list.needs_listing else ListedTags()
    for pattern in watch_list.unmatched(active.tags):
        logger.warning("a watched pattern matches no active tag", pattern=pattern)
    if active.unwatched:
        logger.error(
            "some rows of Anchore's list of tags are not watched",
            not_tags=active.not_tags[:_MOST_NAMED],
            missed=active.missed,
        )
    return replace(active, tags=tuple(watch_list.select(active.tags)))
