"""What a result makes of the ledger's entry: the change that the recorder writes."""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from rescan.events.commands import Gate
from rescan.gate.model import Outcome
from rescan.gate.report import Report
from rescan.kernel.clock import Clock
from rescan.kernel.errors import RescanError
from rescan.kernel.image_tag import Digest
from rescan.ledger.entry import Entry
from rescan.ledger.failing import Failing
from rescan.ledger.transitions import (
    NotificationPolicy,
    Remembered,
    after_failure,
    after_not_found,
    after_verdict,
)
from rescan.settings import Settings
from rescan.work.recorder import Change
from rescan.work.unknown_push import unknown_push, with_push
from rescan.work.unrecorded import as_told, is_told_in_part


class Results:
    """Results of one image each."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        paces = settings.reminder_hours, settings.not_evaluated_hours
        reminder, not_evaluated = (timedelta(hours=pace) for pace in paces)
        self._notification_policy = NotificationPolicy(reminder, not_evaluated, settings.due_terms)

    def of_report(self, gate: Gate, report: Report, at: datetime) -> Change:
        """What the workflow came to, as of then."""
        if report.outcome.is_verdict:
            change = self._verdict(gate, report, at)
        elif report.outcome is Outcome.NOT_FOUND:
            change = self._not_found(gate, _located(report, gate), at)
        else:
            failing = Failing.of_report(report, self._since(gate))
            change = self._failure(gate, failing, at, report.digests)
        push = unknown_push(gate, report, self._clock())
        return change if push is None else with_push(push, change)

    def of_error(self, gate: Gate, error: RescanError) -> Change:
        """The workflow came to nothing."""
        return self._failure(gate, Failing.of_error(error, self._since(gate)), self._clock())

    def _verdict(self, gate: Gate, report: Report, at: datetime) -> Change:
        return self._change(
            gate,
            at,
            lambda e: after_verdict(e, report, at, self._notification_policy),
            report.digests,
        )

    def _not_found(self, gate: Gate, report: Report, at: datetime) -> Change:
        watched = gate.tag in self._settings.watch_list.tags or gate.old_digest is not None
        return self._change(
            gate,
            at,
            lambda e: after_not_found(e, report, at, self._notification_policy, watched=watched),
        )

    def _since(self, gate: Gate) -> datetime:
        now = self._clock()
        return min(gate.first_seen or now, now)

    def _failure(
        self, gate: Gate, failing: Failing, at: datetime, digests: tuple[Digest, ...] = ()
    ) -> Change:
        pushed = gate.digest if gate.trigger.is_push else None
        failing = replace(failing, pushed=pushed)
        return self._change(
            gate,
            at,
            lambda e: after_failure(e, failing, gate.trigger, at, self._notification_policy),
            digests,
        )

    def _change(
        self,
        gate: Gate,
        at: datetime,
        result: Callable[[Entry], Remembered],
        digests: tuple[Digest, ...] = (),
    ) -> Change:
        """The result as of then; an entry that was evaluated later stays as it is.

        `digests` are those of the image that was found.
        """
        team = self._settings.routes.of(gate.tag)

        def change(entry: Entry) -> Remembered:
            outdated = entry.decided_at is not None and entry.decided_at > at
            if outdated:
                return entry.marked_by(gate.sweep), None
            entry = entry.known_to(team)
            # Work that no sweep asked for knows nothing of it.
            if gate.sweep or gate.running:
                entry = entry.seen_by(gate.running, digests or _old(gate))
            after, news = result(as_told(gate, entry))
            is_found_again = after.stopped and after.evaluated_at == at
            if is_found_again and is_told_in_part(gate):  # new to those whom it did not reach
                after, news = result(entry)
            return after.marked_by(gate.sweep), news

        return change


def _old(gate: Gate) -> tuple[Digest, ...]:
    return (gate.old_digest,) if gate.old_digest else ()


def _located(report: Report, gate: Gate) -> Report:
    """The report on what Anchore does not know, though it runs: where that is."""
    known = gate.known_running if gate.old_digest else None
    seen = known.of(_old(gate)) if known else None
    if seen is None or not seen.places:
        return report
    more = f" and {seen.total - 1:,} more" if seen.total > 1 else ""
    reason = f"runs in {seen.places[0].context}{more}, and Anchore does not know it"
    return replace(report, reason=f"{gate.old_digest} {reason}")
