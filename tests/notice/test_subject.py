"""The subject of a notice."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from rescan.gate.report import Report
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.failing import Failing
from rescan.ledger.news import News
from tests.support.notices.announced import not_evaluated, recovered, reminder, stop
from tests.support.notices.news_cases import no_longer_in_anchore, policy_changed
from tests.support.notices.outbox_texts import notice_of
from tests.support.notices.reports import (
    FTPD,
    GLIBC,
    denylisted,
    details_not_available,
    evaluation,
    evaluation_problem,
    exploited,
    finding,
    findings_unreadable,
    listed,
    one_finding,
    report,
    storm,
    typical,
)


def tagged(repository: str, tag: str = "2.4.1") -> Report:
    """One high finding in the image."""
    return report(
        evaluation(finding("CVE-2019-25013+glibc-common")),
        tag=ImageTag("registry.example.com", repository, tag),
        vulnerabilities=listed(GLIBC),
    )


@pytest.mark.parametrize(
    ("stopped", "expected"),
    [
        pytest.param(typical(), "STOP: 6 findings (critical) in payments/api:2.4.1", id="several"),
        pytest.param(one_finding(), "STOP: 1 finding (high) in payments/api:2.4.1", id="one"),
        pytest.param(
            storm(), "STOP: 20,000 findings (critical) in payments/api:2.4.1", id="thousands"
        ),
        pytest.param(
            exploited(),
            "STOP: 3 findings (critical, exploited) in payments/api:2.4.1",
            id="worst-is-not-the-first",
        ),
        pytest.param(
            details_not_available(),
            "STOP: 2 findings in payments/api:2.4.1",
            id="severity-not-known",
        ),
        pytest.param(denylisted(), "STOP: payments/api:2.4.1 is denylisted", id="denylisted"),
        pytest.param(
            report(
                evaluation(finding("CVE-2013-2512+ftpd"), final_action_reason="denylisted"),
                vulnerabilities=listed(FTPD),
            ),
            "STOP: payments/api:2.4.1 is denylisted",
            id="denylisted-with-findings",
        ),
        pytest.param(
            evaluation_problem(),
            "STOP: payments/api:2.4.1 could not be evaluated",
            id="evaluation-problem",
        ),
        pytest.param(
            findings_unreadable(),
            "STOP: unknown number of findings in payments/api:2.4.1",
            id="findings-unreadable",
        ),
        pytest.param(
            report(evaluation()),
            "STOP: payments/api:2.4.1, no reason given",
            id="no-reason",
        ),
        pytest.param(
            tagged("team/" + "x" * 200 + "/api"),
            "STOP: 1 finding (high) in ..." + "x" * 60 + "/api:2.4.1",
            id="long-repository-loses-its-beginning",
        ),
        pytest.param(
            tagged("api", "t" * 128),
            "STOP: 1 finding (high) in ..." + "t" * 70,
            id="huge-tag-keeps-its-end",
        ),
        pytest.param(
            tagged("x" * 66),
            "STOP: 1 finding (high) in " + "x" * 66 + ":2.4.1",
            id="ninety-eight-characters-stay-whole",
        ),
        pytest.param(
            tagged("zahlung/über\u202e\u00a0\U0001f680", "a\r\nb\x1b"),
            "STOP: 1 finding (high) in zahlung/?ber???:a??b?",
            id="nothing-but-printable-ascii",
        ),
    ],
)
def test_subject_says_stop_the_image_and_how_many_findings(stopped: Report, expected: str) -> None:
    notice = notice_of(stop(stopped))
    assert (notice.subject, notice.problems()) == (expected, [])


NEW = frozenset([finding("CVE-2020-25648+nss-tools").key])


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        pytest.param(
            stop(typical(), new=NEW), "STOP: 1 new finding (high) in payments/api:2.4.1", id="new"
        ),
        pytest.param(
            stop(details_not_available(), new=frozenset([finding("CVE-2019-5435+curl").key])),
            "STOP: 1 new finding in payments/api:2.4.1",
            id="new-of-a-severity-not-known",
        ),
        pytest.param(
            reminder(typical()),
            "REMINDER: still STOP after 4 d, 6 findings (critical) in payments/api:2.4.1",
            id="reminder",
        ),
        pytest.param(
            reminder(typical(), first_stop_at=None),
            "REMINDER: still STOP, 6 findings (critical) in payments/api:2.4.1",
            id="reminder-of-a-stop-without-a-beginning",
        ),
        pytest.param(
            recovered(), "RECOVERED: payments/api:2.4.1 is GO again", id="recovered-to-go"
        ),
        pytest.param(
            policy_changed(),
            "RECOVERED: payments/api:2.4.1 is WARN, no longer STOP",
            id="recovered-to-warn",
        ),
    ],
)
def test_subject_begins_with_the_kind_of_notice(news: News, expected: str) -> None:
    notice = notice_of(news)
    assert (notice.subject, notice.problems()) == (expected, [])


LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
NEGLIGIBLE_STORM = report(
    evaluation(
        *(finding(f"CVE-2019-25013+{number}") for number in range(20_000)),
    ),
    vulnerabilities=listed(replace(GLIBC, severity="Negligible")),
)


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        pytest.param(
            reminder(NEGLIGIBLE_STORM, first_stop_at=LONG_AGO),
            "REMINDER: still STOP after 739,943 d, 20,000 findings (negligible) in ",
            id="reminder",
        ),
        pytest.param(
            replace(policy_changed(), first_stop_at=LONG_AGO), "RECOVERED: ", id="recovered"
        ),
        pytest.param(
            no_longer_in_anchore(),
            "NOT EVALUATED, no longer in Anchore, still STOP: ",
            id="no-longer-in-anchore",
        ),
        pytest.param(
            not_evaluated(
                "why",
                first_stop_at=LONG_AGO,
                failing=Failing(LONG_AGO, "", "why", FailureCause.NOT_FOUND),
            ),
            "NOT EVALUATED for 739,943 d, not in Anchore, still STOP: ",
            id="not-evaluated",
        ),
    ],
)
def test_longest_words_leave_room_for_the_end_of_a_long_name(news: News, expected: str) -> None:
    long = ImageTag("registry.example.com", "x" * 200 + "/api", "2.4.1")
    notice = notice_of(replace(news, tag=long))
    assert notice.subject.startswith(f"{expected}...x")
    assert "x/api:2.4.1" in notice.subject
    assert (len(notice.subject), notice.problems()) == (99, [])
