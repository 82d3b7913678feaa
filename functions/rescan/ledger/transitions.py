"""What is remembered of a tag, and what a new result makes of it: the next entry, and the news.

Pure: no clock, no table. A result is one of three: a real evaluation (`after_verdict`), a failed
attempt (`after_failure`), or no image (`after_not_found`). Only a real evaluation changes the
verdict, and only a real evaluation ends a STOP, but for an image that Anchore no longer has, and
for one that nobody asks about, or sees running, any more (`ends.py`).
"""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.model import Outcome, Step, Trigger
from rescan.gate.report import Report
from rescan.kernel.clock import utc_day
from rescan.kernel.due_days import DueDays
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest
from rescan.ledger.announced_findings import AnnouncedFindings, blocking_in
from rescan.ledger.due_dates import due_dates
from rescan.ledger.ends import ended
from rescan.ledger.entry import Entry, UnknownPush
from rescan.ledger.failing import Failing
from rescan.ledger.news import EventType, News, NotEvaluatedNews
from rescan.ledger.platforms import (
    believed_of_all,
    contradicts_any,
    digest_after,
    facts_after,
    with_doubts,
    with_facts,
)
from rescan.ledger.reevaluation import Reevaluation, news_id
from rescan.ledger.unreported import UnreportedChanges

_A_DAY = timedelta(days=1)


class NotificationPolicy(Struct, frozen=True):
    """How often the same is reported again, and for how long an image must fail first.

    `due_days` are the terms by which findings are due.
    """

    reminder: timedelta
    not_evaluated: timedelta
    due_days: DueDays = DueDays()

    def may_repeat(self, last: datetime | None, now: datetime) -> bool:
        """Whether what was last reported then may be reported again."""
        return last is None or now - last >= self.reminder


Remembered = tuple[Entry, News | None]


# --- a real evaluation


def after_verdict(
    entry: Entry, report: Report, now: datetime, policy: NotificationPolicy
) -> Remembered:
    """The entry after a stop, warn or go, and what is new about it.

    A warn or a go that rests on a doubtful list is a failed attempt (`empty_list.py`).
    """
    said, report = report, believed_of_all(report, entry, now)
    facts = facts_after(entry, said, report, now)
    if not report.outcome.is_verdict:
        failing = Failing.of_report(report, now)
        after, news = after_failure(entry, failing, report.trigger, now, policy)
        return with_doubts(after, facts), news
    evaluation, endings = report.evaluation, report.expiry(now).endings
    push = _failed_push(entry, report, now)
    after = replace(
        entry,
        verdict=report.outcome,
        digest=digest_after(report, entry),
        policy_digest=evaluation.policy_digest if evaluation else None,
        evaluated_at=now,
        result_at=now,
        failing=push,
        failure_notice_at=entry.failure_notice_at if push else None,
        team=report.team,
        unknown_push=_unknown_push(entry, report),
        held_until=endings[0].until if endings else None,
    )
    after = with_facts(after, facts)
    if report.outcome is Outcome.STOP:
        # Whatever then ends soon is news again once the STOP is over.
        after = replace(after, expiry_notice_at=None)
        remembered = _after_stop(entry, after, report, now, policy)
        return _partly(entry, remembered, report, now, policy) if report.unevaluated else remembered
    return _after_go(entry, after, report, now)


def _after_go(entry: Entry, after: Entry, report: Report, now: datetime) -> Remembered:
    """A GO or a WARN, which ends a STOP if there is one."""
    after = replace(
        after, stopping=AnnouncedFindings(), unreported=UnreportedChanges(), first_stop_at=None
    )
    reevaluation = Reevaluation(entry, after, report, now)
    if not entry.stopped:
        return _after_another_go(reevaluation)
    if report.expiry(now).soon:  # the RECOVERED reports it too
        after = replace(after, expiry_notice_at=now)
    return replace(after, notice_at=now), reevaluation.recovered()


def _after_another_go(reevaluation: Reevaluation) -> Remembered:
    """A GO or a WARN that ends no STOP is news only while items of allowlists end soon."""
    after, now = reevaluation.after, reevaluation.at
    last = after.expiry_notice_at
    if not reevaluation.report.expiry(now).soon or (last is not None and now - last < _A_DAY):
        return after, None
    return replace(after, expiry_notice_at=now), reevaluation.expiring()


def _unknown_push(entry: Entry, report: Report) -> UnknownPush | None:
    push = entry.unknown_push
    return None if push is None or _is_over(push.digest, entry, report) else push


def _failed_push(entry: Entry, report: Report, now: datetime) -> Failing | None:
    """A push that failed, while Anchore still has the tag on the image before: sweeps go on asking.

    For a day, as `after_not_found`.
    """
    failing = entry.failing
    if failing is None or _is_over(failing.pushed, entry, report):
        return None
    return failing if now - failing.since < _A_DAY else None


def _is_over(pushed: Digest | None, entry: Entry, report: Report) -> bool:
    """Whether this is the image that was pushed, or one that took its place since."""
    return (
        pushed is None
        or pushed in report.digests
        or report.trigger.is_push
        or entry.digest not in (None, *report.digests)
    )


def _after_stop(
    entry: Entry, after: Entry, report: Report, now: datetime, policy: NotificationPolicy
) -> Remembered:
    current = blocking_in(report)
    is_whole = report.evaluation is not None and report.evaluation.findings_problem is None
    is_whole = is_whole and not report.unevaluated and not contradicts_any(report, entry)
    first_stop_at = (entry.first_stop_at if entry.stopped else None) or now
    stopping = entry.stopping.followed_by(
        current, is_whole=is_whole, today=utc_day(now), first_stop=utc_day(first_stop_at)
    )
    after = replace(after, stopping=stopping, first_stop_at=first_stop_at)
    reevaluation = Reevaluation(entry, after, report, now, due_dates(after, policy.due_days))
    new = entry.stopping.new_in(current)
    news: News
    if new or not entry.stopped:
        news = reevaluation.stop(new)
    elif policy.may_repeat(entry.notice_at, now):
        news = reevaluation.reminder()
    else:
        return replace(after, team=entry.team, unreported=reevaluation.unreported), None
    reported = UnreportedChanges(after.digest, after.policy_digest)
    return replace(after, notice_at=now, unreported=reported), news


def _partly(
    entry: Entry, remembered: Remembered, report: Report, now: datetime, policy: NotificationPolicy
) -> Remembered:
    """A STOP of some platforms: that others have no verdict is remembered, and told in time."""
    after, news = remembered
    since = _failing_since(entry, now)
    failing = Failing.of_platforms(report.unevaluated, since)
    after = replace(after, failing=failing, failure_notice_at=entry.failure_notice_at)
    is_due = now - since >= policy.not_evaluated
    if news is not None or not is_due or not policy.may_repeat(entry.failure_notice_at, now):
        return after, news
    told = _not_evaluated(entry, failing, report.trigger, now)
    return replace(after, failure_notice_at=now), told


def _failing_since(entry: Entry, began: datetime) -> datetime:
    """Since when the image fails; of one that did not, it began then."""
    failing = entry.failing
    if failing is not None and failing.pushed is None:
        return failing.since
    # An image may be evaluated while the failed push of another one waits. Of a STOP that has ended
    # without an evaluation only its last notice is known.
    since = failing.since if failing else began
    return max(since, entry.evaluated_at or entry.notice_at or since)


# --- no evaluation


def after_failure(
    entry: Entry, failing: Failing, trigger: Trigger, now: datetime, policy: NotificationPolicy
) -> Remembered:
    """The entry after an attempt that evaluated nothing; it never changes the verdict."""
    since = _failing_since(entry, failing.since)
    pushed = failing.pushed or (entry.failing and entry.failing.pushed)
    failing = replace(failing, since=since, pushed=pushed)
    after = replace(entry, failing=failing, result_at=now)
    is_new = now - since < policy.not_evaluated
    if is_new or not policy.may_repeat(entry.failure_notice_at, now):
        return after, None
    after = replace(after, failure_notice_at=now)
    return after, _not_evaluated(entry, failing, trigger, now)


def after_not_found(
    entry: Entry, report: Report, now: datetime, policy: NotificationPolicy, *, watched: bool
) -> Remembered:
    """The entry after Anchore had no image; `watched`: the watch list names the tag."""
    if entry.stopped:
        reason = f"no longer in Anchore: {report.reason}"
        gone = Failing(now, Step.FIND_ACTIVE_IMAGE, reason, FailureCause.GONE)
        return ended(entry, now), _not_evaluated(entry, gone, report.trigger, now)
    if watched:
        return after_failure(entry, Failing.of_report(report, now), report.trigger, now, policy)
    # Anchore may learn late of a push that failed: for a day, sweeps go on asking.
    if entry.failing is not None and now - entry.failing.since < _A_DAY:
        return replace(entry, result_at=now), None
    return replace(entry, result_at=now, failing=None, failure_notice_at=None), None


def _not_evaluated(
    entry: Entry, failing: Failing, trigger: Trigger, now: datetime
) -> NotEvaluatedNews:
    return NotEvaluatedNews(
        id=news_id(EventType.NOT_EVALUATED, entry, failing.step, failing.since),
        tag=entry.tag,
        trigger=trigger,
        at=now,
        subject=entry.subject,
        turn=entry.version,
        policy_id=entry.policy_id,
        team=entry.team,
        failing=failing,
        first_stop_at=entry.first_stop_at,
    )
