"""The subject of a notice."""

import pytest

from rescan.image_tag import ImageTag
from rescan.model import Report
from rescan.notice.stop_notice import stop_notice
from tests.notice.reports import (
    FTPD,
    GLIBC,
    denylisted,
    details_not_available,
    evaluation,
    evaluation_problem,
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
            details_not_available(),
            "STOP: 2 findings in payments/api:2.4.1",
            id="severity-not-known",
        ),
        pytest.param(
            denylisted(), "STOP: 0 findings (denylisted) in payments/api:2.4.1", id="denylisted"
        ),
        pytest.param(
            report(
                evaluation(finding("CVE-2013-2512+ftpd"), final_action_reason="denylisted"),
                vulnerabilities=listed(FTPD),
            ),
            "STOP: 1 finding (critical, denylisted) in payments/api:2.4.1",
            id="denylisted-with-findings",
        ),
        pytest.param(
            evaluation_problem(),
            "STOP: 0 findings (evaluation problem) in payments/api:2.4.1",
            id="evaluation-problem",
        ),
        pytest.param(
            findings_unreadable(),
            "STOP: unknown number of findings in payments/api:2.4.1",
            id="findings-unreadable",
        ),
        pytest.param(
            report(evaluation()),
            "STOP: 0 findings (no reason given) in payments/api:2.4.1",
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
    notice = stop_notice(stopped)
    assert (notice.subject, notice.problems()) == (expected, [])
