"""A verdict, between the entries before and after it: what changes, and the news of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.evaluation import FindingKey
from rescan.gate.report import Report
from rescan.ledger.changes import ChangedFinding, Changes
from rescan.ledger.entry import Entry
from rescan.ledger.news import (
    EvaluatedNews,
    EventType,
    ExpiringNews,
    RecoveredNews,
    ReminderNews,
    StopNews,
    stable_id,
)
from rescan.ledger.unreported import ClearanceReasons, UnreportedChanges

# What a notice names; the total is given beside it.
_MOST_CLEARED = 500

_News = TypeVar("_News", bound=EvaluatedNews)


class Reevaluation(Struct, frozen=True):
    """The report at the time `at`, the entry that it found, and the one that follows from it.

    `due` are the dates by which the findings of the one that follows are to be gone.
    """

    before: Entry
    after: Entry
    report: Report
    at: datetime
    due: Mapping[FindingKey, date] = {}

    def stop(self, new: Sequence[ChangedFinding]) -> StopNews:
        """The STOP, by these findings that were not reported before."""
        is_first = not self.before.stopped
        facts = sorted((finding.key, finding.severity) for finding in new)
        return replace(
            self._news(StopNews, facts),
            first_stop_at=self.after.first_stop_at,
            policy_changed=self._policy_changed,
            changes=self._changes(new),
            due=self.due,
            new=None if is_first else _listed(new, self.report),
        )

    def reminder(self) -> ReminderNews:
        """The STOP that goes on."""
        return replace(
            self._news(ReminderNews),
            first_stop_at=self.after.first_stop_at,
            policy_changed=self._policy_changed,
            changes=self._changes(()),
            due=self.due,
        )

    def recovered(self) -> RecoveredNews:
        """The end of the STOP, for the team that got it."""
        stopping, reasons = self.before.stopping, self._clearance_reasons
        worst = stopping.worst(_MOST_CLEARED).findings
        cleared = tuple(reasons.cleared(key, severity) for key, severity in worst.items())
        since, more = self.before.notice_at or self.at, stopping.total - len(cleared)
        return replace(
            self._news(RecoveredNews),
            first_stop_at=self.before.first_stop_at,
            policy_changed=self._policy_changed,
            changes=self.before.unreported.changes(
                since, self.after.policy_digest, (), cleared, more
            ),
            cleared=cleared,
            cleared_total=stopping.total,
            team=self.before.team,
        )

    def expiring(self) -> ExpiringNews:
        """A GO or a WARN, for a while."""
        ends = [ending.until.isoformat() for ending in self.report.expiry(self.at).soon]
        return self._news(ExpiringNews, ends)

    @property
    def unreported(self) -> UnreportedChanges:
        """What has changed since the last notice, by this evaluation too."""
        unreported = self._unreported_before
        known = self.before.stopping.findings
        if not (gone := known.keys() - self.after.stopping.findings.keys()):
            return unreported
        reasons = self._clearance_reasons
        return unreported.plus(reasons.cleared(key, known[key]) for key in sorted(gone))

    def _changes(self, new: Iterable[ChangedFinding]) -> Changes | None:
        before = self.before
        since = before.notice_at if before.stopped else before.evaluated_at
        if since is None:
            return None
        return self.unreported.changes(since, self.after.policy_digest, new)

    def _news(self, kind: type[_News], *facts: Any) -> _News:
        reported, report = self._unreported_before.digest, self.report
        return kind(
            id=news_id(kind.event_type, self.before, self.after.digest, *facts),
            tag=report.tag,
            trigger=report.trigger,
            at=self.at,
            subject=self.before.subject,
            turn=self.before.version,
            policy_id=report.policy_id,
            team=report.team,
            report=report,
            previous_digest=reported if reported != self.after.digest else None,
        )

    @property
    def _unreported_before(self) -> UnreportedChanges:
        before = self.before
        if before.stopped:
            return before.unreported
        return UnreportedChanges(before.digest, before.policy_digest)

    @property
    def _policy_changed(self) -> bool:
        before, after = self.before, self.after
        if None in (before.policy_digest, after.policy_digest) or before.digest != after.digest:
            return False
        return before.policy_digest != after.policy_digest

    @property
    def _clearance_reasons(self) -> ClearanceReasons:
        return ClearanceReasons.of(
            self.report,
            moved=not self.before.digests <= self.after.digests,
            policy_changed=self.before.policy_digest != self.after.policy_digest,
        )


def news_id(event_type: EventType, before: Entry, *facts: Any) -> str:
    """The same for the same facts on the same entry: deciding twice gives the same id."""
    return stable_id(event_type, before.subject, before.version, facts)


def _listed(new: Iterable[ChangedFinding], report: Report) -> frozenset[FindingKey] | None:
    """None, which means all, when what is new is no finding that a list could show."""
    findings = report.evaluation.findings if report.evaluation else ()
    listed = {finding.key for finding in findings}
    return frozenset(finding.key for finding in new if finding.key in listed) or None
