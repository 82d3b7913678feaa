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

from rescan.image_tag import Digest, ImageTag
from rescan.model import Finding, FindingKey, Outcome, Report, Severity, Step, Trigger, TriggerKind
from rescan.news import ClearedBy, ClearedFinding, EventType, Failing, ImageEvent, News, stable_id
from rescan.stopping import stopping_findings
from rescan.team import UNROUTED

__all__ = [
    "Entry",
    "KnownFindings",
    "Pace",
    "UnknownPush",
    "after_failure",
    "after_not_found",
    "after_verdict",
    "subject_of",
]

# What a notice names; the total is told beside it.
_MOST_CLEARED = 500


def subject_of(account: str | None, tag: ImageTag, policy_id: str | None) -> str:
    """The key of an entry: one per account, tag and configured policy."""
    return f"{account or 'own'}|{tag}|{policy_id or 'active'}"


class KnownFindings(Struct, frozen=True):
    """Findings that were said to stop the image, with the worst severity that was said.

    Severity None: never known. A `total` above their number says that the least severe were
    not kept.
    """

    findings: Mapping[FindingKey, Severity | None] = {}
    total: int = 0

    def worst(self, most: int) -> "KnownFindings":
        """The same, cut to the worst so many."""
        order = sorted(self.findings.items(), key=lambda item: (-(item[1] or 0), item[0]))
        return KnownFindings(dict(order[:most]), self.total)

    def news_in(self, current: Mapping[FindingKey, Severity | None]) -> frozenset[FindingKey]:
        """Which of the current ones are unknown, or of a severity above what was said."""
        return frozenset(key for key, severity in current.items() if self._is_news(key, severity))

    def _is_news(self, key: FindingKey, severity: Severity | None) -> bool:
        if key not in self.findings:
            return not self._may_have_been_cut(severity)
        said = self.findings[key]
        return said is not None and severity is not None and severity > said

    def _may_have_been_cut(self, severity: Severity | None) -> bool:
        if self.total <= len(self.findings):
            return False
        least = min((s or Severity.UNKNOWN for s in self.findings.values()), default=None)
        return least is None or (severity or Severity.UNKNOWN) <= least


class UnknownPush(Struct, frozen=True):
    """When a push was given up that Anchore had not learned of.

    `digest` is what was pushed, if the tag is known, on another image; None: so is the tag not.
    """

    at: datetime
    digest: Digest | None = None


class Entry(Struct, frozen=True, kw_only=True):
    """What is remembered of one tag under one configured policy (None: the active one).

    `verdict`, `digest`, `policy_digest` and `evaluated_at` are of the last real evaluation,
    `result_at` of the last result of any kind. `version` counts the writes; 0 was never written.
    `team` was told of the STOP, if there is one. `held_until` is when the first item of an
    allowlist ends without which the image would be stopped.
    """

    subject: str
    tag: ImageTag
    policy_id: str | None = None
    version: int = 0
    verdict: Outcome | None = None
    digest: Digest | None = None
    policy_digest: str | None = None
    stopping: KnownFindings = KnownFindings()
    first_stop_at: datetime | None = None
    evaluated_at: datetime | None = None
    result_at: datetime | None = None
    notice_at: datetime | None = None
    failing: Failing | None = None
    failing_said_at: datetime | None = None
    sweep: datetime | None = None
    team: str = UNROUTED
    unknown_push: UnknownPush | None = None
    held_until: datetime | None = None

    @property
    def stopped(self) -> bool:
        """Whether the last real evaluation was a STOP."""
        return self.verdict is Outcome.STOP

    def known_to(self, team: str) -> "Entry":
        """The same; the team that its name gives stands in for one that is not known."""
        return replace(self, team=team) if self.team == UNROUTED else self


class Pace(Struct, frozen=True):
    """How often the same thing is said: reminders, and failures after which time."""

    reminder: timedelta
    not_evaluated: timedelta

    def due(self, last: datetime | None, now: datetime) -> bool:
        """Whether what was last said then may be said again."""
        return last is None or now - last >= self.reminder


Remembered = tuple[Entry, News | None]


# --- a real evaluation


def after_verdict(entry: Entry, report: Report, now: datetime, pace: Pace) -> Remembered:
    """The entry after a stop, warn or go, and what is new about it."""
    evaluation = report.evaluation
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
    )
    if report.outcome is Outcome.STOP:
        return _after_stop(entry, after, report, now, pace)
    after = replace(after, stopping=KnownFindings(), first_stop_at=None)
    if not entry.stopped:
        return after, None
    return replace(after, notice_at=now), _recovered(entry, after, report, now)


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
    entry: Entry, after: Entry, report: Report, now: datetime, pace: Pace
) -> Remembered:
    current = _what_stops(report)
    after = replace(
        after,
        stopping=_said(entry, current, report),
        first_stop_at=entry.first_stop_at if entry.stopped else now,
    )
    new = entry.stopping.news_in(current)
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
    return replace(after, notice_at=now), news


def _what_stops(report: Report) -> dict[FindingKey, Severity | None]:
    """The stopping findings; a denylist or a problem that stops is known like one of them."""
    evaluation, listed = report.evaluation, report.vulnerabilities
    if evaluation is None:
        return {}
    found: dict[FindingKey, Severity | None] = {}
    for finding in stopping_findings(evaluation.findings, listed.rows if listed else ()):
        known = (found.get(finding.key), finding.known_severity)
        found[finding.key] = max((s for s in known if s is not None), default=None)
    if (evaluation.final_action_reason or "").lower() == "denylisted":
        found[FindingKey("", "image", "denylist", "denylisted")] = None
    for problem in evaluation.problems or ():
        if problem.prevents_evaluation:
            found[FindingKey("", "image", "evaluation_problem", problem.problem_type)] = None
    return found


def _said(
    entry: Entry, current: Mapping[FindingKey, Severity | None], report: Report
) -> KnownFindings:
    """What will have been said: the current ones, each with the worst severity said so far.

    When the answer's findings could not all be read, those that are missing may still be there.
    """
    before = entry.stopping.findings if entry.stopped else {}
    partly_read = report.evaluation is None or report.evaluation.findings_problem is not None
    kept = dict(before) if partly_read else {}
    for key, severity in current.items():
        said = before.get(key)
        kept[key] = max((s for s in (severity, said) if s is not None), default=None)
    return KnownFindings(kept, len(kept))


def _among_findings(new: frozenset[FindingKey], report: Report) -> frozenset[FindingKey] | None:
    """None, which means all, when what is new is no finding that a list could show."""
    findings = report.evaluation.findings if report.evaluation else ()
    shown = new & {finding.key for finding in findings}
    return shown or None


def _recovered(entry: Entry, after: Entry, report: Report, now: datetime) -> News:
    now_says = _NowSays.of(entry, after, report)
    cleared = tuple(
        ClearedFinding(key, severity, now_says.cleared_by(key))
        for key, severity in entry.stopping.worst(_MOST_CLEARED).findings.items()
    )
    news = _news(EventType.RECOVERED, entry, after, report, now)
    return replace(
        news,
        first_stop_at=entry.first_stop_at,
        cleared=cleared,
        cleared_total=entry.stopping.total,
        team=entry.team,
    )


class _NowSays(Struct, frozen=True):
    """What the evaluation that ended a STOP says of the findings that were behind it."""

    moved: bool
    policy_changed: bool
    image_allowlisted: bool
    findings: Mapping[FindingKey, Finding]
    listed: frozenset[str]

    @classmethod
    def of(cls, entry: Entry, after: Entry, report: Report) -> "_NowSays":
        evaluation, listed = report.evaluation, report.vulnerabilities
        reason = (evaluation.final_action_reason if evaluation else None) or ""
        return cls(
            moved=entry.digest != after.digest,
            policy_changed=entry.policy_digest != after.policy_digest,
            image_allowlisted=reason.lower() == "allowlisted",
            findings={f.key: f for f in (evaluation.findings if evaluation else ())},
            listed=frozenset((row.vuln or "").upper() for row in (listed.rows if listed else ())),
        )

    def cleared_by(self, key: FindingKey) -> ClearedBy:
        """A rebuilt image explains all; otherwise what is still there was not fixed."""
        if self.moved:
            return ClearedBy.NEW_DIGEST
        if self.image_allowlisted:
            return ClearedBy.ALLOWLISTED
        if (still := self.findings.get(key)) is not None:
            return ClearedBy.ALLOWLISTED if still.allowlisted else ClearedBy.POLICY_CHANGED
        is_vulnerability = key.gate.lower() == "vulnerabilities"
        may_be_there = not is_vulnerability or key.what.partition("+")[0].upper() in self.listed
        if self.policy_changed and may_be_there:
            return ClearedBy.POLICY_CHANGED
        return ClearedBy.FIXED


# --- no evaluation


def after_failure(
    entry: Entry, failing: Failing, trigger: Trigger, now: datetime, pace: Pace
) -> Remembered:
    """The entry after an attempt that evaluated nothing; it never changes the verdict."""
    since = entry.failing.since if entry.failing else failing.since
    if entry.evaluated_at is not None:
        since = max(since, entry.evaluated_at)
    failing = Failing(since, failing.step, failing.reason)
    after = replace(entry, failing=failing, result_at=now)
    if now - since < pace.not_evaluated or not pace.due(entry.failing_said_at, now):
        return after, None
    after = replace(after, failing_said_at=now)
    return after, _not_evaluated(entry, after, trigger, failing, now)


def after_not_found(
    entry: Entry, report: Report, now: datetime, pace: Pace, *, watched: bool
) -> Remembered:
    """The entry after Anchore had no image; `watched`: the watch list names the tag."""
    failing = Failing(now, Step.FIND_ACTIVE_IMAGE, report.reason)
    if entry.stopped:
        gone = replace(failing, reason=f"no longer in Anchore: {report.reason}")
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
        return after_failure(entry, failing, report.trigger, now, pace)
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
        policy_id=entry.policy_id,
        first_stop_at=entry.first_stop_at,
        failing=failing,
        team=entry.team,
    )


# --- news


def _news(
    event_type: ImageEvent, entry: Entry, after: Entry, report: Report, now: datetime, *facts: Any
) -> News:
    moved = entry.digest is not None and entry.digest != after.digest
    policy_known = entry.policy_digest is not None and after.policy_digest is not None
    return News(
        event_type=event_type,
        id=_id(event_type, entry, after.digest, *facts),
        tag=report.tag,
        trigger=report.trigger,
        at=now,
        subject=entry.subject,
        policy_id=report.policy_id,
        report=report,
        first_stop_at=after.first_stop_at,
        previous_digest=entry.digest if moved else None,
        policy_changed=policy_known and not moved and entry.policy_digest != after.policy_digest,
        team=report.team,
    )


def _id(event_type: EventType, entry: Entry, *facts: Any) -> str:
    """The same for the same facts on the same entry: who decides twice says the same id."""
    return stable_id(event_type, entry.subject, entry.version, facts)
