"""What is remembered of a tag, and what a new result makes of it: the next entry, and the news.

Pure: no clock, no table. A result is one of three: a real evaluation (`after_verdict`), a failed
attempt (`after_failure`), or no image (`after_not_found`). Only a real evaluation changes the
verdict, and only a real evaluation ends a STOP, but for an image that Anchore no longer has.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.allowlist_expiry import AllowlistExpiry
from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Outcome, Severity, Step, Trigger, TriggerKind
from rescan.gate.report import Report
from rescan.kernel.failure_cause import FailureCause
from rescan.ledger.announced_findings import AnnouncedFindings
from rescan.ledger.entry import Entry
from rescan.ledger.news import (
    Change,
    ChangedFinding,
    EventType,
    Failing,
    ImageEvent,
    News,
    stable_id,
)
from rescan.ledger.unreported import ClearanceReasons, UnreportedChanges

# What a notice names; the total is told beside it.
_MOST_CLEARED = 500
_A_DAY = timedelta(days=1)


class NotificationPolicy(Struct, frozen=True):
    """How often the same thing is said: reminders, and failures after which time."""

    reminder: timedelta
    not_evaluated: timedelta

    def due(self, last: datetime | None, now: datetime) -> bool:
        """Whether what was last said then may be said again."""
        return last is None or now - last >= self.reminder


Remembered = tuple[Entry, News | None]


# --- a real evaluation


def after_verdict(
    entry: Entry, report: Report, now: datetime, pace: NotificationPolicy
) -> Remembered:
    """The entry after a stop, warn or go, and what is new about it."""
    evaluation, look = report.evaluation, report.expiry(now)
    after = replace(
        entry,
        verdict=report.outcome,
        digest=report.image_digest,
        policy_digest=evaluation.policy_digest if evaluation else None,
        evaluated_at=now,
        result_at=now,
        failing=None,
        failing_said_at=None,
        team=report.team,
        unknown_push=None if _has_learned(entry, report) else entry.unknown_push,
        held_until=next((end.until for end in look.endings), None),
    )
    if report.outcome is Outcome.STOP:
        return _after_stop(entry, after, report, now, pace)
    after = replace(
        after, stopping=AnnouncedFindings(), unreported=UnreportedChanges(), first_stop_at=None
    )
    if not entry.stopped:
        return _after_another_go(entry, after, report, look)
    news = _recovered(entry, after, report, now)
    if look.soon:  # which the RECOVERED says along
        after = replace(after, expiring_said_at=now)
    return replace(after, notice_at=now), news


def _after_another_go(
    entry: Entry, after: Entry, report: Report, look: AllowlistExpiry
) -> Remembered:
    """A go or a warn that ends no STOP is news only while items of allowlists end soon."""
    now, said_at = look.now, entry.expiring_said_at
    if not look.soon or (said_at is not None and now - said_at < _A_DAY):
        return after, None
    ends = [ending.until.isoformat() for ending in look.soon]
    news = _news(EventType.EXPIRING, entry, after, report, now, ends)
    return replace(after, expiring_said_at=now), news


def _has_learned(entry: Entry, report: Report) -> bool:
    """Whether this is the image that was pushed, or one that took its place since."""
    push, digest = entry.unknown_push, report.image_digest
    return (
        push is None
        or push.digest in (None, digest)
        or report.trigger.kind is TriggerKind.ECR_PUSH
        or entry.digest not in (None, digest)
    )


def _after_stop(
    entry: Entry, after: Entry, report: Report, now: datetime, pace: NotificationPolicy
) -> Remembered:
    current = _what_stops(report)
    after = replace(
        after,
        stopping=_said(entry, current, report),
        first_stop_at=entry.first_stop_at if entry.stopped else now,
    )
    after = replace(after, unreported=_unreported(entry, after, report))
    new = entry.stopping.new_in(current)
    if not entry.stopped:
        news = _news(EventType.STOP, entry, after, report, now, sorted(current.items()))
    elif new:
        facts = sorted((key, current[key]) for key in new)
        news = _news(EventType.STOP, entry, after, report, now, facts)
        news = replace(news, new=_among_findings(new, report))
    elif pace.due(entry.notice_at, now):
        news = _news(EventType.REMINDER, entry, after, report, now)
    else:
        return replace(after, team=entry.team), None
    if since := entry.notice_at if entry.stopped else entry.evaluated_at:
        changed = _new_ones(entry, current, new)
        news = replace(news, changes=after.unreported.changes(since, after.policy_digest, changed))
    told = UnreportedChanges(after.digest, after.policy_digest)
    return replace(after, notice_at=now, unreported=told), news


def _unreported(entry: Entry, after: Entry, report: Report) -> UnreportedChanges:
    """What there is to tell along, should there be a notice: since the last one while stopped."""
    unreported = (
        entry.unreported if entry.stopped else UnreportedChanges(entry.digest, entry.policy_digest)
    )
    said = entry.stopping.findings
    if not (gone := said.keys() - after.stopping.findings.keys()):
        return unreported
    reasons = _clearance_reasons(entry, after, report)
    return unreported.plus(reasons.cleared(key, said[key]) for key in sorted(gone))


def _clearance_reasons(entry: Entry, after: Entry, report: Report) -> ClearanceReasons:
    return ClearanceReasons.of(
        report,
        moved=entry.digest != after.digest,
        policy_changed=entry.policy_digest != after.policy_digest,
    )


def _new_ones(
    entry: Entry, current: Mapping[FindingKey, Severity | None], new: frozenset[FindingKey]
) -> list[ChangedFinding]:
    """Worst first; one that was said before comes with the severity that it had."""
    said = entry.stopping.findings
    return [
        ChangedFinding(key, current[key], Change.SEVERITY_RAISED, said[key])
        if key in said
        else ChangedFinding(key, current[key], Change.ADDED)
        for key in sorted(new, key=lambda key: (-(current[key] or 0), key))
    ]


def _what_stops(report: Report) -> dict[FindingKey, Severity | None]:
    """The stopping findings; a denylist or a problem that stops is known like one of them."""
    evaluation = report.evaluation
    if evaluation is None:
        return {}
    found: dict[FindingKey, Severity | None] = {}
    for finding in report.blocking:
        known = (found.get(finding.key), finding.known_severity)
        found[finding.key] = max((s for s in known if s is not None), default=None)
    if evaluation.is_denylisted:
        found[FindingKey("", "image", "denylist", "denylisted")] = None
    for problem in evaluation.errors:
        found[FindingKey("", "image", "evaluation_problem", problem.problem_type)] = None
    return found


def _said(
    entry: Entry, current: Mapping[FindingKey, Severity | None], report: Report
) -> AnnouncedFindings:
    """What will have been said: the current ones, each with the worst severity said so far.

    When the answer's findings could not all be read, those that are missing may still be there.
    """
    before = entry.stopping.findings if entry.stopped else {}
    partly_read = report.evaluation is None or report.evaluation.findings_problem is not None
    kept = dict(before) if partly_read else {}
    for key, severity in current.items():
        said = before.get(key)
        kept[key] = max((s for s in (severity, said) if s is not None), default=None)
    return AnnouncedFindings(kept, len(kept))


def _among_findings(new: frozenset[FindingKey], report: Report) -> frozenset[FindingKey] | None:
    """None, which means all, when what is new is no finding that a list could show."""
    findings = report.evaluation.findings if report.evaluation else ()
    shown = new & {finding.key for finding in findings}
    return shown or None


def _recovered(entry: Entry, after: Entry, report: Report, now: datetime) -> News:
    reasons = _clearance_reasons(entry, after, report)
    cleared = tuple(
        reasons.cleared(key, severity)
        for key, severity in entry.stopping.worst(_MOST_CLEARED).findings.items()
    )
    more = entry.stopping.total - len(cleared)
    since = entry.notice_at or now
    return replace(
        _news(EventType.RECOVERED, entry, after, report, now),
        first_stop_at=entry.first_stop_at,
        cleared=cleared,
        cleared_total=entry.stopping.total,
        changes=entry.unreported.changes(since, after.policy_digest, (), cleared, more),
        team=entry.team,
    )


# --- no evaluation


def after_failure(
    entry: Entry, failing: Failing, trigger: Trigger, now: datetime, pace: NotificationPolicy
) -> Remembered:
    """The entry after an attempt that evaluated nothing; it never changes the verdict."""
    since = entry.failing.since if entry.failing else failing.since
    if entry.evaluated_at is not None:
        since = max(since, entry.evaluated_at)
    failing = replace(failing, since=since)
    after = replace(entry, failing=failing, result_at=now)
    if now - since < pace.not_evaluated or not pace.due(entry.failing_said_at, now):
        return after, None
    after = replace(after, failing_said_at=now)
    return after, _not_evaluated(entry, after, trigger, failing, now)


def after_not_found(
    entry: Entry, report: Report, now: datetime, pace: NotificationPolicy, *, watched: bool
) -> Remembered:
    """The entry after Anchore had no image; `watched`: the watch list names the tag."""
    if entry.stopped:
        reason = f"no longer in Anchore: {report.reason}"
        gone = Failing(now, Step.FIND_ACTIVE_IMAGE, reason, FailureCause.GONE)
        after = Entry(
            subject=entry.subject,
            tag=entry.tag,
            policy_id=entry.policy_id,
            version=entry.version,
            result_at=now,
            notice_at=now,
            sweep=entry.sweep,
            team=entry.team,
            unknown_push=entry.unknown_push,
        )
        return after, _not_evaluated(entry, after, report.trigger, gone, now)
    if watched:
        return after_failure(entry, Failing.of_report(report, now), report.trigger, now, pace)
    return replace(entry, result_at=now, failing=None, failing_said_at=None), None


def _not_evaluated(
    entry: Entry, after: Entry, trigger: Trigger, failing: Failing, now: datetime
) -> News:
    return News(
        event_type=EventType.NOT_EVALUATED,
        id=_id(EventType.NOT_EVALUATED, entry, failing.step, failing.since),
        tag=entry.tag,
        trigger=trigger,
        at=now,
        subject=entry.subject,
        turn=entry.version,
        policy_id=entry.policy_id,
        first_stop_at=entry.first_stop_at,
        failing=failing,
        team=entry.team,
    )


# --- news


def _news(
    event_type: ImageEvent, entry: Entry, after: Entry, report: Report, now: datetime, *facts: Any
) -> News:
    before = entry.unreported.digest if entry.stopped else entry.digest
    policy_known = entry.policy_digest is not None and after.policy_digest is not None
    return News(
        event_type=event_type,
        id=_id(event_type, entry, after.digest, *facts),
        tag=report.tag,
        trigger=report.trigger,
        at=now,
        subject=entry.subject,
        turn=entry.version,
        policy_id=report.policy_id,
        report=report,
        first_stop_at=after.first_stop_at,
        previous_digest=before if before != after.digest else None,
        policy_changed=policy_known
        and entry.digest == after.digest
        and entry.policy_digest != after.policy_digest,
        team=report.team,
    )


def _id(event_type: EventType, entry: Entry, *facts: Any) -> str:
    """The same for the same facts on the same entry: who decides twice says the same id."""
    return stable_id(event_type, entry.subject, entry.version, facts)
