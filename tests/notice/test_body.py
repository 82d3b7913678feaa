"""Rules of the body that no golden notice shows."""

import pytest

from rescan.model import Problem, Report
from rescan.notice.stop_notice import stop_notice
from tests.notice.reports import (
    EXPOSED_PORT,
    FTPD,
    NSS_TOOLS,
    denylisted,
    evaluation,
    finding,
    listed,
    report,
    row,
)


def paragraph(stopped: Report, start: str) -> list[str]:
    """The lines of the paragraph that begins so."""
    paragraphs = stop_notice(stopped).body.rstrip("\n").split("\n\n")
    (found,) = [text for text in paragraphs if text.startswith(start)]
    return found.split("\n")


def test_denylisted_image_with_findings_is_not_mended_by_a_fix() -> None:
    stopped = report(
        evaluation(finding("CVE-2020-25648+nss-tools"), final_action_reason="DENYLISTED"),
        vulnerabilities=listed(NSS_TOOLS),
    )
    assert paragraph(stopped, "STOP: ") == [
        "STOP: do not deploy payments/api:2.4.1. It is on the policy's denylist.",
        "Also, 1 finding stops it, of severity high.",
    ]
    assert paragraph(stopped, "WHAT TO DO")[1:4] == [
        "- Take another image, or ask the owner of the policy why this one is on",
        "  the denylist. While it is there, no fix of a package changes the",
        "  verdict.",
    ]


def test_missing_findings_of_a_denylisted_image_are_not_mentioned() -> None:
    assert "Findings may be missing" not in stop_notice(denylisted()).body


def test_some_findings_that_could_not_be_read_are_mentioned() -> None:
    stopped = report(evaluation(EXPOSED_PORT, findings_problem="3 of 4 findings are not readable"))
    assert paragraph(stopped, "- ") == [
        "- Findings may be missing: 3 of 4 findings are not readable"
    ]


def test_stop_without_any_reason_says_so() -> None:
    stopped = report(evaluation())
    assert paragraph(stopped, "STOP: ") == [
        "STOP: do not deploy payments/api:2.4.1. Anchore stops it and names no",
        "finding.",
    ]
    assert paragraph(stopped, "WHAT TO DO")[1:3] == [
        "- Look the digest up in Anchore, under policy compliance: its answer",
        "  gives no reason.",
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
    said = [line for line in paragraph(stopped, "WHAT TO DO") if "policy says" in line]
    assert said == [f"- The policy says: advice {number}" for number in range(3)]
