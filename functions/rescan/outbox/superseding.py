"""Which pending notices need not be published, because another of the same image says more. Pure.

Notices wait while SNS or the ledger is away, and meanwhile each sweep repeats them. What becomes of
one that waits (left) when another of the same image and channel waits behind it (above):

                     STOP    RECOVERED    REMINDER    EXPIRING    NOT_EVALUATED
    STOP             both    both         STOP        both        both
    RECOVERED        both    both         both        both        both
    REMINDER         STOP    RECOVERED    the newer   both        both
    EXPIRING         STOP    RECOVERED    both        the newer   both
    NOT_EVALUATED    both    both         both        both        the newer

A STOP and a RECOVERED are always published, in their order: readers and machines keep the state of
an image by them. So are an ENDED, and the NOT_EVALUATED of an image that Anchore no longer has;
they end a STOP as a RECOVERED does, and count as one in the table. What is superseded stays in the
outbox until the notice that supersedes it is published.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TypeAlias

from rescan.kernel.failure_cause import FailureCause
from rescan.ledger.news import EventType
from rescan.outbox.grouping import REPEATING
from rescan.outbox.items import ImageKey, NoticeKey, PendingNotice

Superseded: TypeAlias = dict[NoticeKey, list[PendingNotice]]


def superseded(notices: Iterable[PendingNotice]) -> Superseded:
    """Of each notice those that need not be published once it is."""
    found: defaultdict[NoticeKey, list[PendingNotice]] = defaultdict(list)
    for queue in _by_image(notices):
        for position, notice in enumerate(queue):
            by = _superseding(notice, queue[:position], queue[position + 1 :])
            if by is not None:
                found[by.key].append(notice)
    return dict(found)


def rounds(notices: Iterable[PendingNotice]) -> list[list[PendingNotice]]:
    """The first notice of each image, then each second one, and so on."""
    rows = zip_longest(*_by_image(notices))
    return [[notice for notice in row if notice is not None] for row in rows]


def _by_image(notices: Iterable[PendingNotice]) -> Iterable[list[PendingNotice]]:
    queues: defaultdict[ImageKey, list[PendingNotice]] = defaultdict(list)
    for notice in notices:
        queues[notice.image].append(notice)
    return queues.values()


def _superseding(
    notice: PendingNotice, before: Sequence[PendingNotice], behind: Sequence[PendingNotice]
) -> PendingNotice | None:
    """One that is published itself."""
    kind = notice.envelope.event_type
    if _is_verdict(notice) or kind not in (*REPEATING, EventType.NOT_EVALUATED):
        return None
    if kind in REPEATING:
        stop = next(filter(_is_verdict, reversed(before)), None)
        if kind is EventType.REMINDER and stop and stop.envelope.event_type is EventType.STOP:
            return stop
        if (verdict := next(filter(_is_verdict, behind), None)) is not None:
            return verdict
    return next((other for other in reversed(behind) if other.envelope.event_type is kind), None)


def _is_verdict(notice: PendingNotice) -> bool:
    """Whether it begins a STOP or ends one."""
    envelope = notice.envelope
    return (
        envelope.event_type in (EventType.STOP, EventType.RECOVERED, EventType.ENDED)
        or envelope.cause is FailureCause.GONE
    )
