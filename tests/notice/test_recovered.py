"""Rules of the RECOVERED mail that no golden notice shows."""

import pytest

from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Severity
from rescan.ledger.changes import ClearedBy, ClearedFinding
from rescan.ledger.news import News
from tests.support.notices.announced import NOW, cleared, recovered
from tests.support.notices.news_cases import FTPD
from tests.support.notices.outbox_texts import notice_of


def lines(news: News, start: str) -> list[str]:
    """The lines of the paragraph that begins so."""
    paragraphs = notice_of(news).body.rstrip("\n").split("\n\n")
    (found,) = [text for text in paragraphs if text.startswith(start)]
    return found.split("\n")


def by(*causes: ClearedBy) -> News:
    """One finding for each cause."""
    return recovered(
        *(cleared(f"CVE-{number}+p", Severity.LOW, cause) for number, cause in enumerate(causes))
    )


@pytest.mark.parametrize(
    ("causes", "expected"),
    [
        pytest.param(
            [ClearedBy.ALLOWLISTED, ClearedBy.FIXED],
            [
                "- 1 of 2 findings is allowlisted, not fixed: still in the image, held",
                "  back by the allowlist alone.",
            ],
            id="allowlisted-is-not-fixed",
        ),
        pytest.param(
            [ClearedBy.POLICY_CHANGED],
            [
                "- The finding is cleared by a change of the policy, not fixed: still in",
                "  the image.",
            ],
            id="policy-changed-is-not-fixed",
        ),
        pytest.param(
            [ClearedBy.NEW_DIGEST, ClearedBy.NEW_DIGEST],
            [
                "- Every finding is cleared by a new digest: still in whatever runs on",
                "  the old one.",
            ],
            id="old-digest-is-as-bad-as-before",
        ),
    ],
)
def test_what_is_not_fixed_is_said(causes: list[ClearedBy], expected: list[str]) -> None:
    assert lines(by(*causes), "- ") == expected


def test_what_is_fixed_is_gone_and_needs_no_words() -> None:
    first, second, *_ = notice_of(by(ClearedBy.FIXED)).body.split("\n\n")
    assert first.split("\n")[1] == "Nothing to do: the policy lets the image through."
    assert second == "FINDINGS THAT NO LONGER STOP THE IMAGE (1 of 1 shown)"


def test_findings_stand_under_what_cleared_them_in_one_order() -> None:
    body = notice_of(by(*reversed(ClearedBy))).body.partition("FINDINGS THAT NO LONGER")[2]
    assert body.partition("\nCleared findings")[0].split("\n") == [
        " STOP THE IMAGE (4 of 4 shown)",
        "",
        "FIXED",
        "- LOW  CVE-3  p; vulnerabilities/package",
        "",
        "ALLOWLISTED",
        "- LOW  CVE-2  p; vulnerabilities/package",
        "",
        "BY A POLICY CHANGE",
        "- LOW  CVE-1  p; vulnerabilities/package",
        "",
        "BY A NEW DIGEST",
        "- LOW  CVE-0  p; vulnerabilities/package",
        "",
    ]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        pytest.param(
            FindingKey("set", "vulnerabilities", "package", "CVE-2018-12886+libstdc++6"),
            "- UNKNOWN  CVE-2018-12886  libstdc++6; vulnerabilities/package",
            id="package-with-a-plus",
        ),
        pytest.param(
            FindingKey("set", "vulnerabilities", "stale_feed_data", "41cb7cdf"),
            "- UNKNOWN  41cb7cdf; vulnerabilities/stale_feed_data",
            id="no-package",
        ),
        pytest.param(
            FindingKey("", "image", "denylist", "denylisted"),
            "- POLICY  denylisted; image/denylist",
            id="denylist",
        ),
        pytest.param(
            FindingKey("rule", "dockerfile", "instruction", ""),
            "- POLICY  not named; dockerfile/instruction",
            id="no-message",
        ),
    ],
)
def test_finding_is_named_by_what_is_remembered_of_it(key: FindingKey, expected: str) -> None:
    news = recovered(ClearedFinding(key, None, ClearedBy.FIXED))
    assert lines(news, "FIXED") == ["FIXED", expected]


def test_total_below_what_is_listed_counts_what_is_listed() -> None:
    assert "(1 of 1 shown)" in notice_of(recovered(FTPD, cleared_total=0)).body


def test_beginning_that_nobody_remembers_is_left_out() -> None:
    news = recovered(FTPD, first_stop_at=None)
    assert lines(news, "RECOVERED: ")[0] == "RECOVERED: payments/api:2.4.1 is GO again."
    assert "\nStopped " not in notice_of(news).body


def test_stop_of_a_moment_is_dated_too() -> None:
    news = recovered(FTPD, first_stop_at=NOW)
    assert lines(news, "RECOVERED: ")[0] == (
        "RECOVERED: payments/api:2.4.1 is GO again, after <1 h of STOP."
    )
    stopped = "Stopped    2026-11-24 21:51 UTC to 2026-11-24 21:51 UTC"
    assert lines(news, "Image")[2] == stopped
