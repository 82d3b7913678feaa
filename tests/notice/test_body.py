"""Rules of the body that no golden notice shows."""

import pytest
from msgspec.structs import replace

from rescan.gate.evaluation import Problem
from rescan.gate.report import Report
from rescan.ledger.news import ExpiringNews, News, RecoveredNews, ReminderNews, StopNews
from tests.support.notices.announced import (
    FIRST_STOP,
    expiring,
    held,
    not_evaluated,
    recovered,
    reminder,
    stop,
)
from tests.support.notices.news_cases import IN_A_WEEK
from tests.support.notices.outbox_texts import notice_of
from tests.support.notices.reports import (
    EXPOSED_PORT,
    FTPD,
    NSS_TOOLS,
    OTHER_DIGEST,
    denylisted,
    evaluation,
    finding,
    listed,
    report,
    row,
)


def paragraph(stopped: Report | News, start: str) -> list[str]:
    """The lines of the paragraph that begins so."""
    news = stopped if isinstance(stopped, News) else stop(stopped)
    paragraphs = notice_of(news).body.rstrip("\n").split("\n\n")
    (found,) = [text for text in paragraphs if text.startswith(start)]
    return found.split("\n")


def test_denylisted_image_with_findings_is_not_mended_by_a_fix() -> None:
    stopped = report(
        evaluation(finding("CVE-2020-25648+nss-tools"), final_action_reason="DENYLISTED"),
        vulnerabilities=listed(NSS_TOOLS),
    )
    assert paragraph(stopped, "STOP, ") == [
        "STOP, high: payments/api:2.4.1 is on the policy's denylist. Also, 1",
        "finding stops it.",
        "Do not deploy it. Take another image, or ask the owner of the policy why",
        "this one is on the denylist. While it is there, no fix of a package",
        "changes the verdict.",
    ]


def test_missing_findings_of_a_denylisted_image_are_not_mentioned() -> None:
    assert "Findings may be missing" not in notice_of(stop(denylisted())).body


def test_some_findings_that_could_not_be_read_are_mentioned() -> None:
    stopped = report(evaluation(EXPOSED_PORT, findings_problem="3 of 4 findings are not readable"))
    assert paragraph(stopped, "- ") == [
        "- Findings may be missing: 3 of 4 findings are not readable"
    ]


def test_stop_without_any_reason_says_so() -> None:
    stopped = report(evaluation())
    assert paragraph(stopped, "STOP: ") == [
        "STOP: Anchore stops payments/api:2.4.1 and names no finding.",
        "Do not deploy it. Look the digest up in Anchore, under policy",
        "compliance: its answer gives no reason.",
    ]


def test_evaluation_problems_are_cut_honestly_and_warnings_left_out() -> None:
    errors = tuple(Problem("error", "", f"gate {number} is unknown") for number in range(7))
    stopped = report(evaluation(problems=(Problem("warn", "old", "a warning"), *errors)))
    assert paragraph(stopped, "- Evaluation") == [
        "- Evaluation problem: gate 0 is unknown",
        "- Evaluation problem: gate 1 is unknown",
        "- Evaluation problem: gate 2 is unknown",
        "- Evaluation problem: gate 3 is unknown",
        "- Evaluation problem: gate 4 is unknown",
        "- 5 of 7 evaluation problems shown",
    ]


def test_rules_beyond_the_most_frequent_are_counted() -> None:
    others = [
        finding(f"hash-{number}", gate="dockerfile", trigger=f"rule_{number}")
        for number in range(7)
    ]
    stopped = report(evaluation(*others, finding("hash-7", gate="dockerfile", trigger="rule_6")))
    assert paragraph(stopped, "Stopping findings")[1:] == [
        "By gate and trigger: 2 dockerfile/rule_6, 1 dockerfile/rule_0, 1",
        "  dockerfile/rule_1, 1 dockerfile/rule_2, 1 dockerfile/rule_3, 2 further",
        "  rules",
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"fix": "1.2,1.3"}, "fixed in 1.2,1.3", id="fixes"),
        pytest.param({"fix": "1.2", "will_not_fix": True}, "fixed in 1.2", id="a-fix-counts-more"),
        pytest.param({}, "no fix", id="no-fix"),
        pytest.param({"will_not_fix": True}, "no fix: vendor will not fix", id="will-not-fix"),
        pytest.param({"will_not_fix": None}, "no fix", id="nobody-says"),
    ],
)
def test_fix_is_said_in_words(fields: dict[str, object], expected: str) -> None:
    stopped = report(
        evaluation(finding("CVE-1+curl")),
        vulnerabilities=listed(row("CVE-1", "High", "curl", "1", **fields)),
    )
    assert paragraph(stopped, "FINDINGS")[1:] == [
        "  1. HIGH  CVE-1  curl 1",
        f"     {expected}; vulnerabilities/package",
    ]


def test_places_are_counted_when_there_are_several() -> None:
    rows = [row("CVE-1", "Low", "curl", "1", package_path=path) for path in ("/a", "/b")]
    stopped = report(evaluation(finding("CVE-1+curl")), vulnerabilities=listed(*rows))
    assert paragraph(stopped, "FINDINGS")[2] == "     no fix; vulnerabilities/package; in 2 places"


def test_same_recommendation_is_given_once_and_three_at_most() -> None:
    found = [
        finding(f"CVE-{number}+ftpd", recommendation=f"advice {number // 2}") for number in range(9)
    ]
    stopped = report(evaluation(*found), vulnerabilities=listed(FTPD))
    said = [line for line in paragraph(stopped, "WHAT ELSE TO DO") if "policy says" in line]
    assert said == [f"- The policy says: advice {number}" for number in range(3)]


NSS = "CVE-2020-25648+nss-tools"
BOTH = report(
    evaluation(finding("CVE-2020-25648+nss-tools"), finding("CVE-2013-2512+ftpd")),
    vulnerabilities=listed(NSS_TOOLS, FTPD),
)
FTPD_IS_NEW = frozenset([finding("CVE-2013-2512+ftpd").key])


def test_known_findings_are_counted_and_neither_listed_nor_advised_on() -> None:
    news = stop(BOTH, new=FTPD_IS_NEW, first_stop_at=FIRST_STOP)
    assert "nss-tools" not in notice_of(news).body
    assert paragraph(news, "STOP, ") == [
        "STOP, critical: 1 new finding stops payments/api:2.4.1.",
        "Do not deploy it. The new finding lacks a fix: remove the package, or",
        "ask the owner of the policy for an allowlist entry.",
    ]
    assert paragraph(news, "New findings")[0] == "New findings: 1 critical"
    assert paragraph(news, "1 known") == [
        "1 known finding stops it too, 1 high; first stopped 2026-11-20 03:00",
        "UTC.",
    ]


def test_known_findings_of_a_stop_without_a_beginning_are_only_counted() -> None:
    news = stop(BOTH, new=FTPD_IS_NEW, first_stop_at=None)
    assert paragraph(news, "1 known") == ["1 known finding stops it too, 1 high."]


def test_stop_whose_findings_are_all_new_has_nothing_known() -> None:
    news = stop(BOTH, new=FTPD_IS_NEW | {finding("CVE-2020-25648+nss-tools").key})
    assert "known finding" not in notice_of(news).body
    assert paragraph(news, "NEW FINDINGS")[0] == (
        "NEW FINDINGS THAT STOP THE IMAGE, WORST FIRST (2 of 2 shown)"
    )


def test_denylisted_image_with_a_new_finding_is_still_denylisted_first() -> None:
    banned = report(
        evaluation(finding("CVE-2013-2512+ftpd"), final_action_reason="denylisted"),
        vulnerabilities=listed(FTPD),
    )
    assert paragraph(stop(banned, new=FTPD_IS_NEW), "STOP, ")[:2] == [
        "STOP, critical: payments/api:2.4.1 is on the policy's denylist. Also, 1",
        "new finding stops it.",
    ]


def test_reminder_of_a_stop_without_a_beginning_says_no_age() -> None:
    assert paragraph(reminder(BOTH, first_stop_at=None), "REMINDER, ")[:2] == [
        "REMINDER, critical: still STOP. 2 findings stop payments/api:2.4.1.",
        "Do not deploy it. 1 of 2 findings has a fix in the base image: take a",
    ]


@pytest.mark.parametrize(
    "news",
    [stop(BOTH), reminder(BOTH), recovered(), expiring(held(NSS, IN_A_WEEK))],
    ids=lambda news: news.event_type,
)
def test_moved_tag_is_told_in_every_kind_with_each_digest_on_its_line(
    news: StopNews | ReminderNews | RecoveredNews | ExpiringNews,
) -> None:
    lines = paragraph(replace(news, previous_digest=OTHER_DIGEST), "The tag has moved")
    assert lines == ["The tag has moved from", OTHER_DIGEST, "to", news.report.image_digest]


@pytest.mark.parametrize("news", [stop(BOTH), reminder(BOTH), recovered(), not_evaluated("why")])
def test_tag_that_has_not_moved_is_not_mentioned(news: News) -> None:
    assert "has moved" not in notice_of(news).body
