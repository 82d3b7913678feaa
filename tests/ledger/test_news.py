"""What news says of the image, the entry and the moment, and which news cannot be made."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from rescan.gate.evaluation import Allowlisted, Finding
from rescan.gate.model import Outcome, Severity, Trigger, TriggerKind
from rescan.gate.report import Report
from rescan.kernel.errors import NoticeInvalid
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.announced_findings import AnnouncedFindings
from rescan.ledger.ends import SILENCE, after_silence
from rescan.ledger.entry import Entry
from rescan.ledger.failing import Failing
from rescan.ledger.news import (
    ComparedNews,
    EvaluatedNews,
    ExpiringNews,
    News,
    NotEvaluatedNews,
    RecoveredNews,
    ReminderNews,
    StopNews,
)
from rescan.ledger.transitions import after_failure, after_not_found, after_verdict
from tests.support.entries import FRESH, HOUR, NEW, OLD, PACE, TAG, finding, key, report, stopped
from tests.support.fakes import NOON

PUSH = Trigger(TriggerKind.ECR_PUSH, NOON)
LATER = NOON + 24 * HOUR
KNOWN = replace(
    stopped(("CVE-1", Severity.HIGH)),
    subject="platform|reg.io/app:1|p",
    version=7,
    policy_id="p",
    team="payments",
    failing=Failing(NOON, "regate", "HTTP 500"),
)
PASSES = replace(KNOWN, verdict=Outcome.GO, first_stop_at=None, stopping=AnnouncedFindings())
JUST_TOLD = replace(KNOWN, notice_at=LATER)
SILENT = replace(KNOWN, result_at=LATER - SILENCE)
FAILING = Failing(NOON, "regate", "HTTP 500")


def said(outcome: Outcome, *findings: Finding, **fields: object) -> Report:
    result = report(outcome, *findings, **fields)  # type: ignore[arg-type]
    return replace(result, trigger=PUSH, policy_id="p", team="payments")


STOPS = said(Outcome.STOP, finding("CVE-1"))
MISSING = replace(said(Outcome.NOT_FOUND), evaluation=None, image_digest=None)
HELD = finding("CVE-1", allowlisted=True)
ENDING = said(
    Outcome.GO,
    HELD,
    allowlisted=(Allowlisted(HELD, "Ours", ends=True, until=LATER + timedelta(days=3)),),
)
PARTLY = replace(
    STOPS,
    platforms=(
        replace(STOPS, platform="linux/amd64"),
        replace(MISSING, outcome=Outcome.NOT_EVALUATED, platform="linux/arm64"),
    ),
)


def of(entry: Entry, result: Report) -> News | None:
    return after_verdict(entry, result, LATER, PACE)[1]


MADE: dict[str, Callable[[], News | None]] = {
    "stop": lambda: of(KNOWN, said(Outcome.STOP, finding("CVE-1"), finding("CVE-2"))),
    "reminder": lambda: of(KNOWN, STOPS),
    "recovered": lambda: of(KNOWN, said(Outcome.GO)),
    "expiring": lambda: of(PASSES, ENDING),
    "not evaluated": lambda: of(KNOWN, said(Outcome.NOT_EVALUATED)),
    "a platform not evaluated": lambda: of(JUST_TOLD, PARTLY),
    "failed": lambda: after_failure(KNOWN, FAILING, PUSH, LATER, PACE)[1],
    "gone": lambda: after_not_found(KNOWN, MISSING, LATER, PACE, watched=True)[1],
    "missing": lambda: after_not_found(PASSES, MISSING, LATER, PACE, watched=True)[1],
    "ended": lambda: after_silence(SILENT, PUSH, LATER)[1],
}


@pytest.mark.parametrize("case", MADE)
def test_news_says_of_which_entry_it_is_what_woke_us_and_when(case: str) -> None:
    news = MADE[case]()
    assert news is not None
    assert (news.subject, news.turn) == ("platform|reg.io/app:1|p", 7)
    assert (news.tag, news.policy_id, news.team) == (TAG, "p", "payments")
    assert (news.trigger, news.at) == (PUSH, LATER)
    assert re.fullmatch("[0-9a-f]{32}", news.id)


# --- ids


def test_a_reminder_and_a_recovery_of_the_same_entry_have_different_ids() -> None:
    reminder, recovered = MADE["reminder"](), MADE["recovered"]()
    assert reminder is not None
    assert recovered is not None
    assert reminder.id != recovered.id


def test_only_the_same_failure_of_the_same_entry_has_the_same_id() -> None:
    def id_of(entry: Entry = FRESH, *, step: str = "regate", hours: int = 0, told: int = 12) -> str:
        failing = Failing(NOON + hours * HOUR, step, "HTTP 500")
        _, news = after_failure(entry, failing, PUSH, NOON + told * HOUR, PACE)
        assert news is not None
        return news.id

    others = {
        id_of(step="findActiveImage"),
        id_of(hours=1),
        id_of(replace(FRESH, subject="another")),
        id_of(replace(FRESH, version=1)),
    }
    assert len(others) == 4
    assert id_of() not in others
    assert id_of(told=13) == id_of()


def test_an_end_after_another_result_has_another_id() -> None:
    ends = [
        after_silence(replace(KNOWN, result_at=asked), PUSH, NOON + SILENCE)[1]
        for asked in (NOON, NOON - HOUR)
    ]
    assert len({end.id for end in ends if end}) == 2


def test_without_a_memory_each_report_is_news() -> None:
    news = StopNews.unremembered(STOPS, NOON)
    assert (news.tag, news.policy_id, news.team) == (TAG, "p", "payments")
    assert (news.trigger, news.at, news.report) == (PUSH, NOON, STOPS)
    assert (news.subject, news.turn, news.new, news.changes) == ("", 0, None, None)
    again = StopNews.unremembered(replace(STOPS, reason="in other words"), NOON)
    others = [
        StopNews.unremembered(replace(STOPS, tag=ImageTag.parse("reg.io/app:2")), NOON),
        StopNews.unremembered(replace(STOPS, image_digest=NEW), NOON),
        StopNews.unremembered(replace(STOPS, policy_id="q"), NOON),
        StopNews.unremembered(STOPS, NOON + HOUR),
    ]
    assert again.id == news.id
    assert len({news.id, *(other.id for other in others)}) == 5


# --- what cannot be


@pytest.mark.parametrize(
    ("kind", "outcome", "problem"),
    [
        (StopNews, Outcome.GO, "is go, expected stop for a STOP"),
        (ReminderNews, Outcome.WARN, "is warn, expected stop for a REMINDER"),
        (RecoveredNews, Outcome.STOP, "is stop, expected go or warn for a RECOVERED"),
        (ExpiringNews, Outcome.STOP, "is stop, expected go or warn for an EXPIRING"),
    ],
)
def test_news_of_another_outcome_cannot_be_made(
    kind: type[EvaluatedNews], outcome: Outcome, problem: str
) -> None:
    with pytest.raises(NoticeInvalid) as raised:
        kind.unremembered(report(outcome), NOON)
    assert str(raised.value) == f"the outcome of reg.io/app:1 {problem}"


def test_a_verdict_is_no_failure() -> None:
    with pytest.raises(NoticeInvalid) as raised:
        NotEvaluatedNews(
            id="", tag=TAG, trigger=PUSH, at=NOON, report=STOPS, failing=Failing(NOON, "a", "b")
        )
    problem = "the outcome of reg.io/app:1 is stop, expected no verdict for a NOT_EVALUATED"
    assert str(raised.value) == problem


def test_nothing_expires_when_no_item_ends_soon() -> None:
    with pytest.raises(NoticeInvalid) as raised:
        ExpiringNews.unremembered(report(Outcome.GO), NOON)
    problem = "no allowlist item that reg.io/app:1 needs ends within 14 days"
    assert str(raised.value) == f"{problem}, expected one for an EXPIRING"


# --- what it is compared with


@pytest.mark.parametrize(
    ("outcome", "cves", "kind"),
    [
        (Outcome.STOP, ("CVE-1", "CVE-2"), StopNews),
        (Outcome.STOP, ("CVE-1",), ReminderNews),
        (Outcome.GO, (), RecoveredNews),
    ],
)
def test_news_of_a_stop_says_since_when_and_whether_the_policy_has_changed(
    outcome: Outcome, cves: tuple[str, ...], kind: type[ComparedNews]
) -> None:
    edited = said(outcome, *map(finding, cves), policy_digest="policy-2")
    news = of(KNOWN, edited)
    assert isinstance(news, kind)
    assert (news.first_stop_at, news.policy_changed) == (NOON, True)
    assert news.changes is not None
    assert (news.changes.since, news.changes.policy_changed) == (NOON, True)
    moved = of(KNOWN, said(outcome, *map(finding, cves), policy_digest="policy-2", digest=NEW))
    assert isinstance(moved, kind)
    assert (moved.policy_changed, moved.previous_digest) == (False, OLD)


def test_the_next_notice_is_compared_with_the_state_that_a_stop_reported() -> None:
    entry, _ = after_verdict(FRESH, STOPS, NOON, PACE)
    news = of(entry, said(Outcome.STOP, finding("CVE-1"), digest=NEW, policy_digest="policy-2"))
    assert isinstance(news, ReminderNews)
    assert news.previous_digest == OLD
    assert news.changes is not None
    assert news.changes.policy_changed


def test_a_recovery_names_five_hundred_findings_and_counts_all() -> None:
    known = {key(f"CVE-{number}"): Severity.HIGH for number in range(501)}
    entry = replace(KNOWN, stopping=AnnouncedFindings(known, 600))
    news = of(entry, said(Outcome.GO))
    assert isinstance(news, RecoveredNews)
    assert news.changes is not None
    assert (len(news.cleared), news.cleared_total, news.changes.more) == (500, 600, 100)
    assert {found.severity for found in news.changes.findings} == {Severity.HIGH}


@pytest.mark.parametrize("outcome", [Outcome.STOP, Outcome.GO])
def test_a_verdict_without_an_evaluation_is_remembered_too(outcome: Outcome) -> None:
    before = PASSES if outcome is Outcome.STOP else KNOWN
    entry, news = after_verdict(before, replace(said(outcome), evaluation=None), LATER, PACE)
    assert isinstance(news, StopNews | RecoveredNews)
    assert (entry.verdict, entry.policy_digest, entry.notice_at) == (outcome, None, LATER)


# --- how long a failure counts


def test_an_image_that_is_gone_ends_now_and_one_that_nobody_watches_fails_no_more() -> None:
    gone, _ = after_not_found(KNOWN, MISSING, LATER, PACE, watched=True)
    assert (gone.result_at, gone.notice_at) == (LATER, LATER)
    told = replace(PASSES, failure_notice_at=NOON)
    unwatched, _ = after_not_found(told, MISSING, LATER, PACE, watched=False)
    assert (unwatched.failing, unwatched.failure_notice_at) == (None, None)


def test_that_a_platform_fails_is_told_once_a_day() -> None:
    entry, told = JUST_TOLD, []
    for hours in range(4):
        entry, news = after_verdict(entry, PARTLY, LATER + hours * HOUR, PACE)
        told.append(news is not None)
    assert told == [True, False, False, False]
    assert entry.failure_notice_at == LATER
