"""Ends the STOPs that nobody asks about any more, and says so.

A tag has an entry for each account and policy under which it was ever gated. A sweep asks for all
that are watched or stopped, but only under the account and the policy of the settings. When these
change, or when somebody has gated an image under another policy once, its STOP would stand for
ever. It ends when

    no sweep asks about it         it is not the entry under which a sweep gates the tag
    nor has anybody else           for 30 days: who does may have a schedule of their own
    and the sweeps have an answer  the tag's own entry had a verdict since, or Anchore no longer has
                                   the image; while that one fails, what was known stays

So a tag that leaves WATCHED_TAGS while it is stopped is swept on, until it recovers.

The STOP of an old digest ends when a fresh inventory no longer sees it running, too.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Protocol

from aws_lambda_powertools import Logger

from rescan.gate.model import Notification, Trigger
from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import LedgerConflict
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.ledger.ends import SILENCE, after_sight, after_silence
from rescan.ledger.entry import Entry
from rescan.ledger.failing import Failing
from rescan.ledger.news import EndCause
from rescan.ledger.transitions import Remembered
from rescan.work.ports import EntrySnapshot
from rescan.work.recorder import Change, Recorder

# A sweep: each takes a read and a write. The next one ends more.
_MOST = 500
_MOST_NAMED = 20


class _Answered(Protocol):
    @property
    def result_at(self) -> datetime | None: ...
    @property
    def failing(self) -> Failing | None: ...


class Silence:
    """`swept_as` is the subject of the entry under which a sweep gates a tag."""

    def __init__(
        self,
        recorder: Recorder,
        swept_as: Callable[[ImageTag, Digest | None], str],
        logger: Logger,
        clock: Clock = utc_now,
    ) -> None:
        self._recorder = recorder
        self._swept_as = swept_as
        self._logger = logger
        self._clock = clock

    def end(
        self,
        every: Sequence[EntrySnapshot],
        trigger: Trigger,
        deadline: Deadline,
        entry: Callable[[str], _Answered | None] | None = None,
    ) -> None:
        """End what is due of these; what cannot be is tried again later.

        They are all entries, unless another one is to be asked for by its subject.
        """
        now = self._clock()
        silent = [one for one in every if self._is_silent(one, now)]
        own = {one.subject: one for one in every} if silent else {}
        remembered = entry or own.get
        due = (one for one in silent if _is_answered(one, remembered(self._own(one))))
        ended = [
            one.subject
            for one in islice(due, _MOST)
            if not deadline.passed and self._end(one, trigger, now)
        ]
        if ended:
            named = ended[:_MOST_NAMED]
            self._logger.info("stops are no longer watched", total=len(ended), subjects=named)

    def _is_silent(self, one: EntrySnapshot, now: datetime) -> bool:
        if not one.stopped or one.result_at is None or now - one.result_at < SILENCE:
            return False
        return one.subject != self._own(one)

    def _own(self, one: EntrySnapshot) -> str:
        return self._swept_as(one.tag, one.old_digest)

    def end_unseen(
        self,
        due: Iterable[tuple[EntrySnapshot, EndCause]],
        sweep: datetime,
        trigger: Trigger,
        deadline: Deadline,
    ) -> None:
        """End the STOPs of old digests that the sweep's inventory no longer sees as such."""
        now = self._clock()
        ended = [
            one.subject
            for one, cause in islice(due, _MOST)
            if not deadline.passed
            and self._record(one, partial(_unseen, cause, sweep, trigger, now))
        ]
        if ended:
            named = ended[:_MOST_NAMED]
            self._logger.info("old digests no longer run", total=len(ended), subjects=named)

    def _end(self, one: EntrySnapshot, trigger: Trigger, now: datetime) -> bool:
        return self._record(one, lambda entry: after_silence(entry, trigger, now))

    def _record(self, one: EntrySnapshot, change: Change) -> bool:
        """Whether it has ended; not when it was asked about meanwhile, or the ledger refuses."""
        fresh = Entry(subject=one.subject, tag=one.tag)
        if (entry := self._recorder.read(fresh)) is None:
            return False
        try:
            recorded = self._recorder.record(entry, fresh, change)
        except LedgerConflict:
            return False
        return recorded.notification is Notification.QUEUED


def _unseen(
    cause: EndCause, sweep: datetime, trigger: Trigger, now: datetime, entry: Entry
) -> Remembered:
    return after_sight(entry, cause, sweep, trigger, now)


def _is_answered(one: EntrySnapshot, own: _Answered | None) -> bool:
    """Whether the sweeps' own entry of the tag had a result since that is no failure."""
    if own is None or own.result_at is None or own.failing is not None:
        return False
    return one.result_at is not None and own.result_at > one.result_at
