"""Gates one image: what its result means for the ledger, the outbox and the queue.

    a verdict                             recorded, and its notices wait in the outbox
    pending, or a push not yet known      back to the queue; after PENDING_HOURS it is given up
    Anchore down, throttled, no time      the same
    what the ledger does not take         see `unrecorded.py`
    the ledger and SNS refuse,            back to the queue; after that the message fails
    or the turn to publish is far off
    any other error of Anchore's          recorded as a failed attempt; the next sweep tries again
    not evaluated                         the same
    a STOP of some platforms, others      the STOP is recorded, and what passes by itself sends the
    without a verdict                     work back to the queue
    no image                              recorded; it ends a STOP, and fails a tag that is watched
    a push that never became known        recorded as such as well

What is given up is recorded as a failed attempt, and counted. An error that is raised leaves the
message in the queue, which makes it a dead letter in the end: a crash, a queue that takes no copy.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from msgspec.structs import replace

from rescan.events.commands import Gate
from rescan.events.gate_result import GateResult
from rescan.gate.model import Outcome, RescanRequest, outcome_metric
from rescan.gate.report import Report
from rescan.gate.workflow import Anchore, rescan
from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import (
    AnchoreError,
    OutOfTime,
    PublishFailed,
    RescanError,
    SecretUnusable,
)
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.metrics import Metric, Tally
from rescan.ledger.entry import Entry, subject_of
from rescan.ledger.platforms import believed_of_all
from rescan.ledger.refresh import fresh_digests
from rescan.settings import Settings
from rescan.work.recorder import Recorder
from rescan.work.requeue import Requeue, ends_chain
from rescan.work.results import Results
from rescan.work.unknown_push import is_unknown_push, since
from rescan.work.unrecorded import Unrecorded, as_told, told_in_part


class AnalyzingAnchore(Anchore, Protocol):
    """An Anchore that can be asked to analyze an image, too."""

    def submit(
        self, tag: ImageTag, digest: Digest | None = None, since: datetime | None = None
    ) -> None:
        """Submit the image, by its digest if that is given; raises `AnchoreError`."""


class Worker:
    """One image at a time, from many threads; `feeds` tells the ledger on which a verdict rests.

    `with_scanner` adds to a report when Anchore's scanner was last seen at work.
    """

    def __init__(
        self,
        settings: Settings,
        anchore_until: Callable[[Deadline], AnalyzingAnchore],
        recorder: Recorder,
        requeue: Requeue,
        tally: Tally,
        clock: Clock = utc_now,
        feeds: Callable[[Gate, Deadline], str | None] = lambda gate, deadline: gate.feeds,
        with_scanner: Callable[[Report], Report] = lambda report: report,
    ) -> None:
        self._settings = settings
        self._anchore_until = anchore_until
        self._recorder = recorder
        self._requeue = requeue
        self._unrecorded = Unrecorded(requeue, self._is_too_old)
        self._tally = tally
        self._clock = clock
        self._feeds = feeds
        self._with_scanner = with_scanner
        self._results = Results(settings, clock)
        self._pending = timedelta(hours=settings.pending_hours)

    def gate_now(self, gate: Gate, deadline: Deadline) -> GateResult:
        """For a caller who waits: recorded like all work, but every error is the caller's.

        A pending image, or one that neither Anchore nor the ledger knows, leaves no trace.
        """
        anchore = self._anchore(gate, deadline)
        fresh = self._fresh(gate)
        entry = self._recorder.read(fresh)
        known = entry or fresh
        request = replace(gate.request(self._settings), stopped=known.stopped)
        evaluated, report, at = self._evaluated(anchore, request, known)
        self._count(report.outcome)
        is_new = known.version == 0
        if report.outcome is Outcome.PENDING or (report.outcome is Outcome.NOT_FOUND and is_new):
            return GateResult(gate.tag, report)
        change = self._results.of_report(gate, evaluated, at)
        recorded = self._recorder.record(entry, fresh, change, gate.published_id)
        return GateResult(gate.tag, report, recorded.notification)

    def work(self, gate: Gate, deadline: Deadline) -> GateResult:
        """For the queue: done, or sent back to it; QueueUnavailable when it takes no copy."""
        gate = replace(gate, first_seen=gate.first_seen or self._clock())
        fresh = self._fresh(gate)
        entry = self._recorder.read(fresh)
        is_told = gate.published_id is not None
        if not is_told and entry is not None and entry.is_newer_than(gate.sweep):
            self._recorder.mark_swept(entry, gate.sweep or self._clock())
            return GateResult(gate.tag, why="it was evaluated since the sweep began")
        try:
            return self._gate(gate, entry, fresh, deadline)
        except (AnchoreError, OutOfTime, SecretUnusable) as error:
            return self._after_error(gate, error, entry, fresh)
        except PublishFailed as error:
            # The STOP is neither recorded nor published: it must be found again.
            if self._is_last(gate):
                raise
            return self._requeue.send(told_in_part(gate, error), error)

    def _gate(
        self, gate: Gate, entry: Entry | None, fresh: Entry, deadline: Deadline
    ) -> GateResult:
        anchore = self._anchore(gate, deadline)
        known = as_told(gate, entry or fresh)
        request = self._request(gate, known, deadline)
        evaluated, report, at = self._evaluated(anchore, request, known)
        is_unknown = is_unknown_push(gate, report) or self._is_to_be_added(gate, report)
        if (report.outcome is Outcome.PENDING or is_unknown) and request.awaits_analysis:
            if is_unknown and self._settings.add_missing_images and not gate.submitted:
                anchore.submit(gate.tag, gate.old_digest, since(gate))
                gate = replace(gate, submitted=True)
            self._count(Outcome.PENDING)
            return replace(self._requeue.send(gate), report=report)
        is_pending = report.outcome is Outcome.PENDING
        self._count(Outcome.NOT_EVALUATED if is_pending else report.outcome)
        self._tally.add(Metric.ANCHORE_ERRORS, report.first_error is not None)
        patient = not (gate.unrecorded or self._is_last(gate))
        change = self._results.of_report(gate, evaluated, at)
        recorded = self._recorder.record(entry, fresh, change, gate.published_id, patient=patient)
        is_verdict = report.outcome.is_verdict
        sent_back = self._unrecorded.verdict if is_verdict else self._unrecorded.attempt
        back = sent_back(gate, recorded)
        if report.unfinished and not (recorded.unrecorded or self._is_too_old(gate)):
            copy = replace(gate, unrecorded=False, published_id=None)
            back = self._requeue.send(copy, report.first_error)
        if back is not None:
            return replace(back, report=report, notification=recorded.notification)
        is_given_up = is_pending or is_unknown or recorded.unrecorded or report.unfinished
        self._tally.add(Metric.GIVEN_UP, is_given_up)
        return GateResult(gate.tag, report, recorded.notification)

    def _after_error(
        self, gate: Gate, error: RescanError, entry: Entry | None, fresh: Entry
    ) -> GateResult:
        self._tally.add(Metric.ANCHORE_ERRORS, isinstance(error, AnchoreError))
        if error.fate.passes and not self._is_too_old(gate):
            return self._requeue.send(gate, error)
        self._tally.add(Metric.GIVEN_UP, error.fate.passes)
        self._count(Outcome.NOT_EVALUATED)
        recorded = self._recorder.record(entry, fresh, self._results.of_error(gate, error))
        if (back := self._unrecorded.attempt(gate, recorded, error)) is not None:
            return back
        return GateResult(gate.tag, notification=recorded.notification, why=str(error), failed=True)

    def _request(self, gate: Gate, entry: Entry, deadline: Deadline) -> RescanRequest:
        now, period = self._clock(), timedelta(hours=self._settings.sweep_hours)
        waits = not self._is_too_old(gate)
        return replace(
            gate.request(self._settings),
            feeds=self._feeds(gate, deadline),
            fresh_digests=fresh_digests(entry, gate.feeds, now, period),
            awaits_analysis=waits,
            awaits_push=waits and now - (gate.trigger.at or now) < self._pending,
            stopped=entry.stopped,
        )

    def _evaluated(
        self, anchore: Anchore, request: RescanRequest, known: Entry
    ) -> tuple[Report, Report, datetime]:
        """The report, what is believed of it, and when Anchore had answered.

        That is asked first: to note that scans work takes time.
        """
        report, at = rescan(anchore, request), self._clock()
        report = self._with_scanner(report)
        return report, believed_of_all(report, known, at), at

    def _anchore(self, gate: Gate, deadline: Deadline) -> AnalyzingAnchore:
        if deadline.passed:
            raise OutOfTime(f"No time was left to gate {gate.tag}: Anchore was not asked.")
        return self._anchore_until(deadline)

    def _count(self, outcome: Outcome) -> None:
        self._tally.add(outcome_metric(outcome))
        if outcome.is_verdict:
            self._tally.add(Metric.EVALUATED)

    def _is_to_be_added(self, gate: Gate, report: Report) -> bool:
        """Whether Anchore is to learn of what runs; not of an image that it had, and has no more.

        Without a moment Anchore would date it now, and the tag would move back to it.
        """
        is_missing = report.outcome is Outcome.NOT_FOUND and since(gate) is not None
        return is_missing and self._settings.add_missing_images

    def _is_too_old(self, gate: Gate) -> bool:
        now = self._clock()
        return now - (gate.first_seen or now) >= self._pending

    def _is_last(self, gate: Gate) -> bool:
        """Whether work that the ledger refuses goes back no more: nor can the ledger defer it."""
        return self._is_too_old(gate) or ends_chain(gate)

    def _fresh(self, gate: Gate) -> Entry:
        policy_id = gate.request(self._settings).policy_id
        account, old = self._settings.anchore_account, gate.old_digest
        subject = subject_of(account, gate.tag, policy_id, old)
        return Entry(subject=subject, tag=gate.tag, policy_id=policy_id, old_digest=old)
