"""Pure rules: what a result makes of what is remembered, and what is news about it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from rescan.gate.evaluation import Finding, Problem
from rescan.gate.model import Outcome, Severity, Trigger, TriggerKind
from rescan.gate.report import Report
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest
from rescan.ledger.announced_findings import AnnouncedFindings
from rescan.ledger.changes import ClearedBy
from rescan.ledger.entry import Entry, UnknownPush, subject_of
from rescan.ledger.failing import Failing
from rescan.ledger.news import EventType, News, NotEvaluatedNews, RecoveredNews, StopNews
from rescan.ledger.transitions import after_failure, after_not_found, after_verdict
from tests.support.entries import (
    FRESH,
    HOUR,
    NEW,
    OLD,
    OTHER,
    PACE,
    TAG,
    TRIGGER,
    finding,
    key,
    kind,
    report,
    stopped,
)
from tests.support.fakes import NOON

# --- STOP


def test_the_first_stop_is_news_of_all_its_findings() -> None:
    entry, news = after_verdict(FRESH, report(Outcome.STOP, finding("CVE-1")), NOON, PACE)
    assert isinstance(news, StopNews)
    assert (news.new, news.first_stop_at) == (None, NOON)
    assert (entry.stopped, entry.first_stop_at, entry.notice_at) == (True, NOON, NOON)


@pytest.mark.parametrize("outcome", [Outcome.GO, Outcome.WARN])
def test_a_verdict_that_is_no_stop_is_no_news(outcome: Outcome) -> None:
    entry, news = after_verdict(FRESH, report(outcome), NOON, PACE)
    assert (entry.verdict, entry.evaluated_at, news) == (outcome, NOON, None)


def test_a_flip_to_stop_is_news() -> None:
    go, _ = after_verdict(FRESH, report(Outcome.GO), NOON, PACE)
    entry, news = after_verdict(go, report(Outcome.STOP, finding("CVE-1")), NOON + HOUR, PACE)
    assert (kind(news), entry.first_stop_at) == (EventType.STOP, NOON + HOUR)


def test_the_same_stop_is_no_news() -> None:
    before = stopped(("CVE-1", Severity.HIGH))
    same = report(Outcome.STOP, finding("CVE-1"), severities={"CVE-1": "High"})
    entry, news = after_verdict(before, same, NOON + HOUR, PACE)
    assert (news, entry.first_stop_at, entry.notice_at) == (None, NOON, NOON)


def test_a_new_finding_while_stopped_is_news_of_that_one() -> None:
    before = stopped(("CVE-1", Severity.HIGH))
    more = report(Outcome.STOP, finding("CVE-1"), finding("CVE-2"), severities={"CVE-1": "High"})
    entry, news = after_verdict(before, more, NOON + HOUR, PACE)
    assert isinstance(news, StopNews)
    assert news.new == frozenset({key("CVE-2")})
    assert (entry.first_stop_at, entry.notice_at) == (NOON, NOON + HOUR)


@pytest.mark.parametrize(
    ("said", "now", "news"),
    [
        pytest.param(Severity.HIGH, "Critical", EventType.STOP, id="raised"),
        pytest.param(Severity.UNKNOWN, "Low", EventType.STOP, id="raised-from-unknown"),
        pytest.param(Severity.HIGH, "Medium", None, id="lowered"),
        pytest.param(Severity.HIGH, "High", None, id="same"),
        pytest.param(None, "Critical", None, id="known-for-the-first-time"),
    ],
)
def test_only_a_raised_severity_is_news(
    said: Severity | None, now: str, news: EventType | None
) -> None:
    again = report(Outcome.STOP, finding("CVE-1"), severities={"CVE-1": now})
    _, found = after_verdict(stopped(("CVE-1", said)), again, NOON + HOUR, PACE)
    assert kind(found) is news


def test_a_severity_that_falls_and_rises_again_is_news_once() -> None:
    entry = stopped(("CVE-1", Severity.HIGH))
    said = []
    for severity in ("Critical", "Medium", "Critical"):
        again = report(Outcome.STOP, finding("CVE-1"), severities={"CVE-1": severity})
        entry, news = after_verdict(entry, again, NOON + HOUR, PACE)
        said.append(kind(news))
    assert said == [EventType.STOP, None, None]


def test_a_list_that_was_not_read_makes_no_news_before_or_after() -> None:
    entry = stopped(("CVE-1", Severity.HIGH))
    for severities in (None, {"CVE-1": "High"}):
        again = report(Outcome.STOP, finding("CVE-1"), severities=severities)
        entry, news = after_verdict(entry, again, NOON + HOUR, PACE)
        assert news is None


def test_findings_that_were_not_read_are_not_forgotten() -> None:
    before = stopped(("CVE-1", Severity.HIGH), ("CVE-2", Severity.LOW))
    unread = report(Outcome.STOP, finding("CVE-1"), findings_problem="1 of 2 not readable")
    entry, news = after_verdict(before, unread, NOON + HOUR, PACE)
    assert (news, set(entry.stopping.findings)) == (None, {key("CVE-1"), key("CVE-2")})


@pytest.mark.parametrize(
    "cause",
    [
        pytest.param({"final_action_reason": "denylisted"}, id="denylist"),
        pytest.param({"problems": (Problem("error", "feeds", "none"),)}, id="problem"),
    ],
)
def test_another_cause_of_the_stop_is_news_once(cause: dict[str, Any]) -> None:
    again = report(Outcome.STOP, finding("CVE-1"), **cause)
    entry, news = after_verdict(stopped(("CVE-1", None)), again, NOON + HOUR, PACE)
    assert isinstance(news, StopNews)
    assert news.new is None
    assert after_verdict(entry, again, NOON + 2 * HOUR, PACE)[1] is None


def test_numbers_in_a_message_make_no_new_finding() -> None:
    def too_large(size: int) -> Finding:
        return Finding(
            gate="image",
            trigger="size",
            trigger_id=f"md5-{size}",
            message=f"The image has {size} MB",
            action="stop",
            rule_id="rule-7",
        )

    entry, _ = after_verdict(FRESH, report(Outcome.STOP, too_large(900)), NOON, PACE)
    _, news = after_verdict(entry, report(Outcome.STOP, too_large(901)), NOON + HOUR, PACE)
    assert news is None


def test_a_moved_tag_is_told_inside_the_next_notice() -> None:
    before = stopped(("CVE-1", None))
    moved = report(Outcome.STOP, finding("CVE-1"), finding("CVE-2"), digest=NEW)
    entry, news = after_verdict(before, moved, NOON + HOUR, PACE)
    assert isinstance(news, StopNews)
    assert (news.previous_digest, entry.digest) == (OLD, NEW)


# --- REMINDER


@pytest.mark.parametrize(
    ("hours", "reminder", "said"),
    [
        pytest.param(23, 24, None, id="not-yet"),
        pytest.param(24, 24, EventType.REMINDER, id="due"),
        pytest.param(0, 0, EventType.REMINDER, id="every-run"),
    ],
)
def test_a_reminder_comes_when_the_last_notice_is_old(
    hours: int, reminder: int, said: EventType | None
) -> None:
    pace = replace(PACE, reminder=timedelta(hours=reminder))
    same = report(Outcome.STOP, finding("CVE-1"))
    entry, news = after_verdict(stopped(("CVE-1", None)), same, NOON + hours * HOUR, pace)
    assert kind(news) is said
    assert entry.notice_at == (NOON + hours * HOUR if said else NOON)


# --- RECOVERED


@pytest.mark.parametrize(
    ("now", "by"),
    [
        pytest.param(report(Outcome.GO), ClearedBy.FIXED, id="gone"),
        pytest.param(
            report(Outcome.GO, finding("CVE-1", allowlisted=True)),
            ClearedBy.ALLOWLISTED,
            id="allowlisted",
        ),
        pytest.param(
            report(Outcome.GO, final_action_reason="allowlisted"),
            ClearedBy.ALLOWLISTED,
            id="image-allowlisted",
        ),
        pytest.param(
            report(Outcome.WARN, finding("CVE-1", action="warn")),
            ClearedBy.POLICY_CHANGED,
            id="only-warns-now",
        ),
        pytest.param(
            report(Outcome.GO, policy_digest="policy-2", severities={"CVE-1": "High"}),
            ClearedBy.POLICY_CHANGED,
            id="rule-gone-vulnerability-still-listed",
        ),
        pytest.param(
            report(Outcome.GO, policy_digest="policy-2", severities={"CVE-9": "High"}),
            ClearedBy.FIXED,
            id="policy-changed-but-vulnerability-gone-too",
        ),
        pytest.param(report(Outcome.GO, digest=NEW), ClearedBy.NEW_DIGEST, id="rebuilt"),
    ],
)
def test_a_recovery_says_what_cleared_the_stop(now: Report, by: ClearedBy) -> None:
    entry, news = after_verdict(stopped(("CVE-1", Severity.HIGH)), now, NOON + HOUR, PACE)
    assert isinstance(news, RecoveredNews)
    assert news.first_stop_at == NOON
    assert [(c.key, c.severity, c.by) for c in news.cleared] == [(key("CVE-1"), Severity.HIGH, by)]
    assert (entry.stopped, entry.first_stop_at, entry.stopping) == (
        False,
        None,
        AnnouncedFindings(),
    )


# --- NOT_EVALUATED


def failing(since: datetime = NOON) -> Failing:
    return Failing(since, "regate", "HTTP 500")


@pytest.mark.parametrize("before", [FRESH, stopped(("CVE-1", None))], ids=["fresh", "stopped"])
def test_a_failure_changes_no_verdict(before: Entry) -> None:
    entry, news = after_failure(before, failing(), TRIGGER, NOON + HOUR, PACE)
    assert (news, entry.verdict, entry.stopping) == (None, before.verdict, before.stopping)
    assert (entry.failing, entry.result_at) == (failing(), NOON + HOUR)


def test_a_failure_is_told_after_its_hours_and_then_as_often_as_a_reminder() -> None:
    entry, told = FRESH, []
    for hours in range(0, 40, 6):
        entry, news = after_failure(entry, failing(), TRIGGER, NOON + hours * HOUR, PACE)
        told += [hours] if kind(news) is EventType.NOT_EVALUATED else []
    assert told == [6, 30]


def test_a_real_evaluation_ends_a_failure() -> None:
    entry, _ = after_failure(FRESH, failing(), TRIGGER, NOON, PACE)
    entry, _ = after_verdict(entry, report(Outcome.GO), NOON + HOUR, PACE)
    assert entry.failing is None


def test_a_failure_is_no_older_than_the_last_evaluation() -> None:
    before = stopped(("CVE-1", None), at=NOON + HOUR)
    entry, _ = after_failure(before, failing(NOON), TRIGGER, NOON + 2 * HOUR, PACE)
    assert entry.failing == failing(NOON + HOUR)


def test_a_failure_is_no_older_than_the_end_of_a_stop() -> None:
    ended, _ = after_not_found(
        stopped(("CVE-1", None)), MISSING, NOON + 7 * HOUR, PACE, watched=False
    )
    entry, news = after_failure(ended, failing(NOON), TRIGGER, NOON + 8 * HOUR, PACE)
    assert (kind(news), entry.failing) == (None, failing(NOON + 7 * HOUR))
    _, news = after_failure(entry, failing(NOON), TRIGGER, NOON + 13 * HOUR, PACE)
    assert kind(news) is EventType.NOT_EVALUATED


def test_a_failure_of_a_stopped_image_says_that_the_stop_stands() -> None:
    before = stopped(("CVE-1", None))
    _, news = after_failure(before, failing(), TRIGGER, NOON + 7 * HOUR, PACE)
    assert isinstance(news, NotEvaluatedNews)
    assert news.first_stop_at == NOON


# --- not found

MISSING = replace(
    report(Outcome.NOT_FOUND),
    evaluation=None,
    image_digest=None,
    reason="no image",
    cause=FailureCause.NOT_FOUND,
)


def test_a_stopped_image_that_anchore_no_longer_has_ends_with_one_notice() -> None:
    before = stopped(("CVE-1", None))
    entry, news = after_not_found(before, MISSING, NOON + HOUR, PACE, watched=False)
    assert isinstance(news, NotEvaluatedNews)
    gone = Failing(
        NOON + HOUR, "findActiveImage", "no longer in Anchore: no image", FailureCause.GONE
    )
    assert news.failing == gone
    assert (entry.stopped, entry.version) == (False, before.version)
    assert after_not_found(entry, MISSING, NOON + 9 * HOUR, PACE, watched=False)[1] is None


def test_a_missing_image_that_the_watch_list_names_is_a_failure() -> None:
    entry, news = after_not_found(FRESH, MISSING, NOON, PACE, watched=True)
    missing = Failing(NOON, "findActiveImage", "no image", FailureCause.NOT_FOUND)
    assert (kind(news), entry.failing) == (None, missing)
    _, news = after_not_found(entry, MISSING, NOON + 6 * HOUR, PACE, watched=True)
    assert kind(news) is EventType.NOT_EVALUATED


def test_another_missing_image_is_no_news() -> None:
    entry, news = after_not_found(FRESH, MISSING, NOON + 9 * HOUR, PACE, watched=False)
    assert (news, entry.failing, entry.result_at) == (None, None, NOON + 9 * HOUR)


@pytest.mark.parametrize(("hours", "is_failing"), [(23, True), (24, False)])
def test_a_failure_outlives_for_a_day_that_anchore_does_not_know_the_image(
    hours: int, is_failing: bool
) -> None:
    failed, _ = after_failure(FRESH, failing(), TRIGGER, NOON, PACE)
    at = NOON + hours * HOUR
    entry, news = after_not_found(failed, MISSING, at, PACE, watched=False)
    assert (news, entry.failing is not None, entry.result_at) == (None, is_failing, at)


# --- a push that Anchore has not learned of

BY_TAG, BY_DIGEST = UnknownPush(NOON), UnknownPush(NOON, NEW)
SWEPT, PUSHED = TriggerKind.SCHEDULE, TriggerKind.ECR_PUSH


@pytest.mark.parametrize(
    ("push", "before", "evaluated", "trigger", "is_left"),
    [
        pytest.param(BY_TAG, None, OLD, SWEPT, False, id="the-tag-is-known-now"),
        pytest.param(BY_DIGEST, OLD, NEW, SWEPT, False, id="it-is-evaluated"),
        pytest.param(BY_DIGEST, OLD, OLD, SWEPT, True, id="still-the-one-before"),
        pytest.param(BY_DIGEST, None, OLD, SWEPT, True, id="the-one-before-at-last"),
        pytest.param(BY_DIGEST, OLD, OTHER, SWEPT, False, id="the-tag-moved-on"),
        pytest.param(BY_DIGEST, OLD, OLD, PUSHED, False, id="pushed-back"),
    ],
)
def test_a_push_is_unknown_until_its_image_or_a_later_one_is_evaluated(
    push: UnknownPush,
    before: Digest | None,
    evaluated: Digest,
    trigger: TriggerKind,
    is_left: bool,
) -> None:
    said = replace(report(Outcome.GO), image_digest=evaluated, trigger=Trigger(trigger))
    entry = replace(FRESH, unknown_push=push, digest=before)
    after, _ = after_verdict(entry, said, NOON + HOUR, PACE)
    assert after.unknown_push == (push if is_left else None)
    failed = replace(failing(), pushed=push.digest)
    entry = replace(FRESH, failing=failed, failure_notice_at=NOON, digest=before)
    after, _ = after_verdict(entry, said, NOON + HOUR, PACE)
    left = (failed, NOON) if is_left else (None, None)
    assert (after.failing, after.failure_notice_at) == left


@pytest.mark.parametrize(("hours", "is_failing"), [(23, True), (24, False)])
def test_a_push_that_failed_outlives_evaluations_of_the_image_before_for_a_day(
    hours: int, is_failing: bool
) -> None:
    failed, _ = after_failure(FRESH, replace(failing(), pushed=NEW), TRIGGER, NOON, PACE)
    again, _ = after_failure(failed, failing(), TRIGGER, NOON + HOUR, PACE)
    assert again.failing is not None
    assert again.failing.pushed == NEW
    said = replace(report(Outcome.GO), image_digest=OLD, trigger=Trigger(SWEPT))
    after, _ = after_verdict(again, said, NOON + hours * HOUR, PACE)
    assert (after.failing is not None, after.digest) == (is_failing, OLD)


@pytest.mark.parametrize("verdict", [Outcome.STOP, Outcome.GO])
def test_no_evaluation_leaves_a_push_unknown(verdict: Outcome) -> None:
    entry = replace(stopped(("CVE-1", None)), verdict=verdict, unknown_push=BY_DIGEST)
    failed, _ = after_failure(entry, failing(), TRIGGER, NOON + HOUR, PACE)
    gone, _ = after_not_found(entry, MISSING, NOON + HOUR, PACE, watched=False)
    assert (failed.unknown_push, gone.unknown_push) == (BY_DIGEST, BY_DIGEST)


# --- ids, keys, cuts


def test_the_same_facts_have_the_same_id() -> None:
    facts = report(Outcome.STOP, finding("CVE-1"))
    _, first = after_verdict(FRESH, facts, NOON, PACE)
    _, second = after_verdict(FRESH, facts, NOON + HOUR, PACE)
    assert first is not None
    assert second is not None
    assert first.id == second.id


def test_other_facts_have_other_ids() -> None:
    before = stopped(("CVE-1", None))
    later = replace(before, version=3)
    news = [
        after_verdict(FRESH, report(Outcome.STOP, finding("CVE-1")), NOON, PACE)[1],
        after_verdict(FRESH, report(Outcome.STOP, finding("CVE-2")), NOON, PACE)[1],
        after_verdict(FRESH, report(Outcome.STOP, finding("CVE-1"), digest=NEW), NOON, PACE)[1],
        after_verdict(before, report(Outcome.GO), NOON, PACE)[1],
        after_verdict(later, report(Outcome.GO), NOON, PACE)[1],
    ]
    assert len({n.id for n in news if n}) == len(news)


@pytest.mark.parametrize(
    ("account", "policy", "subject"),
    [
        (None, None, "own|reg.io/app:1|active"),
        ("platform", "p1", "platform|reg.io/app:1|p1"),
    ],
)
def test_an_entry_is_of_account_tag_and_policy(
    account: str | None, policy: str | None, subject: str
) -> None:
    assert subject_of(account, TAG, policy) == subject


@pytest.mark.parametrize(
    ("severity", "news"),
    [
        pytest.param("High", EventType.STOP, id="worse-than-what-was-kept"),
        pytest.param("Medium", None, id="may-have-been-cut"),
        pytest.param("Low", None, id="less-severe"),
    ],
)
def test_a_finding_that_may_have_been_cut_is_no_news(severity: str, news: EventType | None) -> None:
    before = stopped(("CVE-1", Severity.CRITICAL), ("CVE-2", Severity.MEDIUM))
    cut = replace(before, stopping=replace(before.stopping, total=900))
    more = report(Outcome.STOP, finding("CVE-3"), severities={"CVE-3": severity})
    assert kind(after_verdict(cut, more, NOON + HOUR, PACE)[1]) is news


def test_the_worst_findings_are_kept() -> None:
    known = stopped(("CVE-1", None), ("CVE-2", Severity.CRITICAL), ("CVE-3", Severity.LOW)).stopping
    assert known.worst(2) == AnnouncedFindings(
        {key("CVE-2"): Severity.CRITICAL, key("CVE-3"): Severity.LOW}, 3
    )


# --- the team


def told(news: News | None) -> str | None:
    return news.team if news else None


OF_A, OF_B = replace(stopped(("CVE-1", None)), team="a"), "b"


def test_a_stop_is_told_to_the_team_of_the_evaluation_and_it_is_remembered() -> None:
    said = replace(report(Outcome.STOP, finding("CVE-1")), team=OF_B)
    entry, news = after_verdict(FRESH, said, NOON, PACE)
    assert (told(news), entry.team) == ("b", "b")


@pytest.mark.parametrize(
    ("hours", "findings", "team"),
    [
        pytest.param(1, ["CVE-1"], (None, "a"), id="nothing-new-is-nobody-else-s"),
        pytest.param(1, ["CVE-1", "CVE-2"], ("b", "b"), id="new-finding"),
        pytest.param(24, ["CVE-1"], ("b", "b"), id="reminder"),
    ],
)
def test_an_image_changes_teams_with_the_next_notice_of_its_stop(
    hours: int, findings: list[str], team: tuple[str | None, str]
) -> None:
    said = replace(report(Outcome.STOP, *map(finding, findings)), team=OF_B)
    entry, news = after_verdict(OF_A, said, NOON + hours * HOUR, PACE)
    assert (told(news), entry.team) == team


def test_a_recovery_is_told_to_the_team_that_got_the_stop() -> None:
    go = replace(report(Outcome.GO), team=OF_B)
    entry, news = after_verdict(OF_A, go, NOON + HOUR, PACE)
    assert (told(news), entry.team) == ("a", "b")


def test_an_image_that_is_gone_is_told_to_the_team_that_got_the_stop() -> None:
    gone = replace(MISSING, team=OF_B)
    entry, news = after_not_found(OF_A, gone, NOON + HOUR, PACE, watched=True)
    assert (told(news), entry.team) == ("a", "a")


def test_a_failure_is_told_to_the_team_that_is_remembered() -> None:
    failing = Failing(NOON - 9 * HOUR, "regate", "HTTP 500")
    entry, news = after_failure(
        replace(OF_A, evaluated_at=NOON - 9 * HOUR), failing, TRIGGER, NOON, PACE
    )
    assert (told(news), entry.team) == ("a", "a")


@pytest.mark.parametrize(("known", "team"), [("unrouted", "by-name"), ("a", "a")])
def test_the_name_gives_the_team_where_none_is_remembered(known: str, team: str) -> None:
    assert replace(FRESH, team=known).known_to("by-name").team == team
