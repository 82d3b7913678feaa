"""A sweep of very many tags, page by page: each page sends the message that does the next one.

A page is done by one message, which claims it. It sends the messages of its images, keeps what it
came to, and sends the next page. Whatever ends it in between, the same message is received again:
what is not kept is done once more, and what is kept is not. Of two messages that send the same
next page, one claims it.

So a chain has as many invocations as pages; Lambda lets it (`RecursiveLoop: Allow`), and each page
begins its count of attempts anew, as the images do that it sends. A page that fails goes back as
delayed copies, at most as many as an image's (`requeue.py`). Then the chain ends: an error and
GivenUp say so, and the sweep stays incomplete, as it does when the message becomes a dead letter.

An older chain goes on when another sweep begins. If it ended, tags late in the list would never be
swept when sweeps take longer than the time between two. What is newer than its sweep is not gated
again.
"""

import random
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger
from msgspec.structs import replace

from rescan.events.commands import SweepPage
from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import LedgerUnavailable, OutOfTime, RescanError
from rescan.kernel.metrics import Metric, Tally
from rescan.kernel.watch_list import ListedTags
from rescan.work.measuring import tell_age, tell_coverage, tell_expected
from rescan.work.page_hashes import HashSet, each_hash
from rescan.work.page_ports import Page, SweepPages, SweepPlan
from rescan.work.page_steps import PageSteps
from rescan.work.ports import Ledger, SweepRecord, WorkQueue
from rescan.work.requeue import COPIES, delay, doubled

# Ten million tags: whatever a server answers, a chain ends.
_MOST_PAGES = 25_000


class PageChain:
    """`new_id` tells messages apart."""

    def __init__(
        self,
        pages: SweepPages,
        steps: PageSteps,
        ledger: Ledger,
        queue: WorkQueue,
        tally: Tally,
        logger: Logger,
        clock: Clock = utc_now,
        jitter: Callable[[], float] = random.random,
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self._pages = pages
        self._steps = steps
        self._ledger = ledger
        self._queue = queue
        self._tally = tally
        self._logger = logger
        self._clock = clock
        self._jitter = jitter
        self._new_id = new_id
        self._held: SweepPlan | None = None

    def suits(self, last: SweepRecord | None) -> bool:
        """Whether the sweep before had too many tags for one invocation, and read them by pages.

        Else Anchore is asked first whether it has so many, on full pages.
        """
        most = self._steps.listing.most
        return last is not None and last.has_listed_most and last.expected > most

    def few(self, deadline: Deadline, digests: AbstractSet[str]) -> ListedTags:
        """All tags; ManyTags when there are too many."""
        return self._steps.listing.few(deadline, digests)

    def begin(self, plan: SweepPlan, deadline: Deadline) -> dict[str, Any] | None:
        """Do the first page: {"enqueued", "sweep"}; None when the ledger refuses the plan.

        AnchoreError when only what runs is watched, and that is not known; QueueUnavailable.
        """
        plan = self._steps.with_inventory(plan, deadline)
        try:
            self._pages.keep_plan(plan)
            self._ledger.record_sweep(plan.record)
        except LedgerUnavailable as error:
            self._tally.add(Metric.LEDGER_ERRORS)
            self._logger.error("a sweep by pages cannot begin", reason=str(error))
            return None
        return self.run(SweepPage(plan.record.started, 0, self._new_id()), deadline)

    def run(self, message: SweepPage, deadline: Deadline) -> dict[str, Any]:
        """Do the page: {"enqueued", "sweep"}. QueueUnavailable leaves the message in its queue."""
        try:
            enqueued = self._run(message, deadline)
        except RescanError as error:
            self._send_back(message, error)
            enqueued = 0
        return {"enqueued": enqueued, "sweep": message.sweep.isoformat()}

    def _run(self, message: SweepPage, deadline: Deadline) -> int:
        """How many messages this very attempt has sent."""
        if deadline.passed:
            raise OutOfTime(f"No time was left for page {message.page} of a sweep.")
        claim = self._pages.claim(message.sweep, message.page, message.sent)
        plan = self._plan(message.sweep) if claim.is_held else None
        if plan is None:
            self._ignore(message, is_held=claim.is_held)
            return 0
        page, enqueued = claim.page, 0
        if page is None:
            done = self._steps.do(plan, message.page, claim.counted, deadline)
            page = self._pages.keep(message.sweep, message.page, done)
            enqueued = sum(1 for _ in each_hash(done.enqueued))
        self._follow(plan, message, page)
        self._logger.info("sweep enqueued", enqueued=enqueued, page=message.page, then=page.next)
        return enqueued

    def _plan(self, sweep: datetime) -> SweepPlan | None:
        """Read once a container and sweep: with what runs it may have megabytes, and stays."""
        held = self._held
        if held is None or held.record.started != sweep:
            held = self._held = self._pages.plan(sweep)
        return held

    def _follow(self, plan: SweepPlan, message: SweepPage, page: Page) -> None:
        """Once the page is kept; all of it may be repeated."""
        if page.next == "end":
            self._end(plan, message, page)
            return
        if page.next == "tags" and page.number == message.page + 1:
            self._measure(plan, page)
        if message.page + 1 >= _MOST_PAGES:
            raise OutOfTime(f"A sweep has more than {_MOST_PAGES:,} pages.")
        following = SweepPage(message.sweep, message.page + 1, self._new_id())
        self._queue.send_page(following, timedelta())

    def _measure(self, plan: SweepPlan, page: Page) -> None:
        """The sweep before, once the last page of entries is counted."""
        if plan.measured is None:
            return
        record = _measured(plan, page)
        tell_coverage(self._tally, self._logger, plan.measured, page.counted)
        self._pages.amend(record)
        tell_age(self._tally, page.counted.oldest, self._clock())

    def _end(self, plan: SweepPlan, message: SweepPage, page: Page) -> None:
        """All is sent: what the sweep expects is known."""
        every = self._pages.read(message.sweep, range(message.page + 1))
        sent = HashSet(each.enqueued for each in every)
        expected = len(sent) + page.unwatched.rows
        record = replace(
            _measured(plan, page), expected=expected, unwatched=page.unwatched, enqueuing=False
        )
        self._pages.amend(record)
        tell_expected(self._tally, record)
        self._logger.info(
            "all pages of a sweep enqueued", expected=expected, pages=message.page + 1
        )

    def _ignore(self, message: SweepPage, *, is_held: bool) -> None:
        """Another message does the page; or the plan is gone, and nobody can."""
        told: dict[str, Any] = {"sweep": message.sweep.isoformat(), "page": message.page}
        if not is_held:
            self._logger.info("another message does this page of a sweep", **told)
            return
        self._tally.add(Metric.GIVEN_UP)
        self._logger.error("a page of a sweep came too late: its plan is gone", **told)

    def _send_back(self, message: SweepPage, error: RescanError) -> None:
        told: dict[str, Any] = {"sweep": message.sweep.isoformat(), "page": message.page}
        told["reason"] = str(error)
        if message.attempt + 1 >= COPIES:
            self._tally.add(Metric.GIVEN_UP)
            self._logger.error("a sweep ends before its last page: images are not swept", **told)
            return
        asked = getattr(error, "retry_after", None)
        wait = delay(doubled(message.attempt), self._jitter(), asked)
        self._queue.send_page(replace(message, attempt=message.attempt + 1), wait)
        self._logger.warning("a page of a sweep is tried again", **told)


def _measured(plan: SweepPlan, page: Page) -> SweepRecord:
    before = page.counted.coverage(plan.measured) if plan.measured else plan.record.before
    return replace(plan.record, before=before)
