"""What stops an image once items of allowlists end: pure rules, and no false promise."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from rescan.gate.allowlist_expiry import AllowlistExpiry, SuppressedFindings
from rescan.gate.evaluation import Allowlisted
from rescan.gate.model import Outcome, Severity
from rescan.gate.vulnerability_index import VulnerabilityIndex
from tests.support.notices.announced import NOW, held
from tests.support.notices.reports import (
    EXPOSED_PORT,
    NSS_TOOLS,
    evaluation,
    listed,
    report,
)
from tests.support.notices.reports import FTPD as FTPD_ROW
from tests.support.notices.reports import GLIBC as GLIBC_ROW

IN_A_WEEK = NOW + timedelta(days=7)
IN_TWO = NOW + timedelta(days=14)
NSS, FTPD, GLIBC = (
    "CVE-2020-25648+nss-tools",
    "CVE-2013-2512+ftpd-0.2.1.gemspec",
    "CVE-2019-25013+glibc-common",
)


def ahead(*items: Allowlisted) -> AllowlistExpiry:
    said = evaluation(final_action="go", allowlisted=items)
    rows = listed(FTPD_ROW, NSS_TOOLS, GLIBC_ROW)
    return report(said, outcome=Outcome.GO, vulnerabilities=rows).expiry(NOW)


def told(look: AllowlistExpiry) -> dict[str, list[object]]:
    """The findings by what is known of their end."""
    return {
        "endings": [(e.until, [f.key.what for f in e.findings]) for e in look.endings],
        "over": [finding.key.what for finding in look.over],
        "unknown": [finding.key.what for finding in look.unknown],
    }


def nothing(**fields: object) -> dict[str, object]:
    return {"endings": [], "over": [], "unknown": []} | fields


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param([held(NSS, IN_A_WEEK)], nothing(endings=[(IN_A_WEEK, [NSS])]), id="one-item"),
        pytest.param([held(NSS, None, ends=False)], nothing(), id="no-end"),
        pytest.param([held(NSS, None, ends=None)], nothing(unknown=[NSS]), id="not-known"),
        pytest.param([held(NSS, NOW)], nothing(over=[NSS]), id="over"),
        pytest.param(
            [held(NSS, IN_TWO), held(FTPD, IN_A_WEEK), held(GLIBC, IN_A_WEEK)],
            nothing(endings=[(IN_A_WEEK, [FTPD, GLIBC]), (IN_TWO, [NSS])]),
            id="first-end-first-and-worst-finding-first",
        ),
        pytest.param(
            [held(NSS, IN_A_WEEK), held(NSS, IN_TWO)],
            nothing(endings=[(IN_TWO, [NSS])]),
            id="latest-of-several-items",
        ),
        pytest.param(
            [held(NSS, IN_A_WEEK), held(NSS, NOW)],
            nothing(endings=[(IN_A_WEEK, [NSS])]),
            id="one-is-over",
        ),
        pytest.param(
            [held(NSS, IN_A_WEEK), held(NSS, None, ends=False)], nothing(), id="one-without-end"
        ),
        pytest.param(
            [held(NSS, IN_A_WEEK), held(NSS, None, ends=None)],
            nothing(unknown=[NSS]),
            id="one-not-known",
        ),
        pytest.param(
            [held(replace(EXPOSED_PORT, action="warn"), IN_A_WEEK)], nothing(), id="only-warns"
        ),
        pytest.param(
            [held(replace(EXPOSED_PORT, action="STOP"), IN_A_WEEK)],
            nothing(endings=[(IN_A_WEEK, [EXPOSED_PORT.key.what])]),
            id="action-in-upper-case",
        ),
    ],
)
def test_what_is_held_back_is_told_by_its_end(
    items: list[Allowlisted], expected: dict[str, object]
) -> None:
    assert told(ahead(*items)) == expected


@pytest.mark.parametrize(
    ("until", "soon"),
    [
        pytest.param(NOW + timedelta(seconds=1), True, id="at-once"),
        pytest.param(NOW + timedelta(days=14), True, id="fourteen-days"),
        pytest.param(NOW + timedelta(days=14, seconds=1), False, id="more-than-fourteen-days"),
        pytest.param(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), False, id="never"),
    ],
)
def test_end_is_near_within_fourteen_days(until: datetime, soon: bool) -> None:
    assert bool(ahead(held(NSS, until)).soon) is soon


def test_finding_comes_with_what_the_vulnerability_list_says_of_it() -> None:
    ((finding,),) = [ending.findings for ending in ahead(held(NSS, IN_A_WEEK)).endings]
    assert (finding.severity, finding.fixed_in) == (Severity.HIGH, "0:3.53.1-7.el7_9")


def test_lists_that_hold_back_are_named_once() -> None:
    look = ahead(
        held(NSS, IN_A_WEEK, allowlist="B"),
        held(FTPD, IN_A_WEEK, allowlist="A"),
        held(GLIBC, IN_A_WEEK, allowlist="B"),
    )
    assert [ending.allowlists for ending in look.endings] == [("A", "B")]


def test_image_that_is_itself_allowlisted_will_not_stop() -> None:
    said = evaluation(
        final_action="go", final_action_reason="Allowlisted", allowlisted=(held(NSS, IN_A_WEEK),)
    )
    assert report(said, outcome=Outcome.GO).expiry(NOW) == AllowlistExpiry(NOW)


@pytest.mark.parametrize("outcome", [o for o in Outcome if not o.is_verdict])
def test_answer_that_does_not_count_promises_nothing(outcome: Outcome) -> None:
    said = report(evaluation(allowlisted=(held(NSS, IN_A_WEEK),)), outcome=outcome)
    assert said.expiry(NOW) == AllowlistExpiry(NOW)


def test_report_without_an_answer_promises_nothing() -> None:
    said = replace(report(evaluation(allowlisted=(held(NSS, IN_A_WEEK),))), evaluation=None)
    assert said.expiry(NOW) == AllowlistExpiry(NOW)


def test_time_that_passes_turns_an_end_into_one_that_is_over() -> None:
    said = evaluation(final_action="go", allowlisted=(held(NSS, IN_A_WEEK), held(FTPD, IN_TWO)))
    go = report(said, outcome=Outcome.GO)
    assert told(go.expiry(NOW)) == nothing(endings=[(IN_A_WEEK, [NSS]), (IN_TWO, [FTPD])])
    assert told(go.expiry(IN_A_WEEK)) == nothing(endings=[(IN_TWO, [FTPD])], over=[NSS])


def test_what_platforms_share_is_told_once_with_the_lists_of_both() -> None:
    """The first end comes first, though the platform that has it comes last."""

    def of(*items: Allowlisted) -> SuppressedFindings:
        return SuppressedFindings.of(items, VulnerabilityIndex([FTPD_ROW, NSS_TOOLS, GLIBC_ROW]))

    unknown = held(GLIBC, None, ends=None)
    amd64 = of(held(NSS, IN_TWO, allowlist="B"), unknown)
    arm64 = of(held(NSS, IN_TWO, allowlist="A"), held(FTPD, IN_A_WEEK), unknown)
    both = SuppressedFindings.together([("linux/amd64", amd64), ("linux/arm64", arm64)]).as_of(NOW)
    assert told(both) == nothing(endings=[(IN_A_WEEK, [FTPD]), (IN_TWO, [NSS])], unknown=[GLIBC])
    first, second = both.endings
    assert [first.findings[0].platforms, second.findings[0].platforms] == [
        ("linux/arm64",),
        ("linux/amd64", "linux/arm64"),
    ]
    assert (second.allowlists, both.unknown[0].listed) == (("A", "B"), True)
