"""Rules of the EXPIRING mail, and of what other notices say of it, that no golden notice shows."""

import json
from datetime import timedelta

import pytest
from msgspec.structs import replace

from rescan.gate.evaluation import Allowlisted
from rescan.gate.model import Outcome
from rescan.kernel.errors import NoticeInvalid
from rescan.ledger.news import News
from tests.support.notices.announced import NOW, expiring, go_until, held, stop
from tests.support.notices.news_cases import IN_A_WEEK, NEXT_YEAR, ends_differ
from tests.support.notices.outbox_texts import notice_of
from tests.support.notices.reports import EXPOSED_PORT, evaluation, report, typical

NSS, GLIBC = "CVE-2020-25648+nss-tools", "CVE-2019-25013+glibc-common"


def suppressed(news: News) -> list[tuple[str | None, str]]:
    """What the result says, as pairs."""
    result = json.loads(notice_of(news).result)["held_back"]
    assert result["total"] == result["shown"] == len(result["findings"])
    return [(found["until"], found["what"]) for found in result["findings"]]


@pytest.mark.parametrize(
    "outcome", [outcome for outcome in Outcome if outcome not in (Outcome.GO, Outcome.WARN)]
)
def test_nothing_but_go_and_warn_ends(outcome: Outcome) -> None:
    go = go_until(held(NSS, IN_A_WEEK))
    with pytest.raises(NoticeInvalid, match=f"2.4.1 is {outcome}, expected go or warn for an EX"):
        expiring(report=replace(go, outcome=outcome))


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([], id="none"),
        pytest.param([held(NSS, NEXT_YEAR)], id="far-away"),
        pytest.param([held(NSS, NOW)], id="over"),
        pytest.param([held(NSS, None, ends=None)], id="not-known"),
    ],
)
def test_what_does_not_end_soon_is_refused(items: list[Allowlisted]) -> None:
    with pytest.raises(NoticeInvalid, match=r"no allowlist item that .* needs ends within 14 days"):
        expiring(*items)


def test_warn_is_called_one() -> None:
    warn = replace(go_until(held(NSS, IN_A_WEEK)), outcome=Outcome.WARN)
    notice = notice_of(expiring(report=warn))
    assert notice.subject == "EXPIRING: WARN until 2026-12-01, then STOP (high): payments/api:2.4.1"
    assert notice.body.startswith(
        "EXPIRING, high: payments/api:2.4.1 is WARN until 2026-12-01 00:00 UTC,\nthen STOP"
    )


def test_severity_that_nobody_knows_is_left_out() -> None:
    notice = notice_of(expiring(held(EXPOSED_PORT, IN_A_WEEK)))
    assert notice.subject == "EXPIRING: GO until 2026-12-01, then STOP: payments/api:2.4.1"
    assert notice.body.startswith("EXPIRING: payments/api:2.4.1 is GO until")
    assert (notice.attributes["max_severity"], notice.attributes["fix_available"]) == (
        "none",
        "none",
    )


def test_list_without_a_name_is_not_named() -> None:
    body = notice_of(expiring(held(NSS, IN_A_WEEK, allowlist=""))).body.replace("\n  ", " ")
    assert "have the owner of the policy give the allowlist item a later end." in body


def test_result_tells_every_end_that_is_known_and_null_for_the_others() -> None:
    assert suppressed(ends_differ()) == [
        ("2026-12-01T00:00:00Z", NSS),
        ("2026-12-01T00:00:00Z", EXPOSED_PORT.key.what),
        ("2026-12-04T18:00:00Z", "CVE-2013-2512+ftpd-0.2.1.gemspec"),
        ("2027-01-31T00:00:00Z", GLIBC),
        (None, "CVE-2019-5435+curl"),
        (None, "CVE-2023-52425+libexpat"),
    ]


def test_notice_of_another_kind_tells_it_too() -> None:
    said = report(evaluation(allowlisted=(held(NSS, IN_A_WEEK), held(GLIBC, NEXT_YEAR))))
    assert suppressed(stop(said)) == [
        ("2026-12-01T00:00:00Z", NSS),
        ("2027-01-31T00:00:00Z", GLIBC),
    ]
    assert suppressed(stop(typical())) == []


def test_remark_names_three_ends_at_most_and_counts_the_others() -> None:
    items = [held(f"CVE-{n}+lib", NOW + timedelta(days=n + 1)) for n in range(5)]
    said = report(evaluation(allowlisted=tuple(items)))
    lines = notice_of(stop(said)).body.split("\n")
    assert [line for line in lines if "Beside that" in line] == [
        f"- Beside that, allowlisted until 2026-11-{25 + n} 21:51 UTC ({age}), then STOP"
        for n, age in enumerate(("24 h", "2 d", "3 d"))
    ]
    assert "- 3 of 5 ends of allowlist items shown" in lines


def test_further_findings_of_later_ends_are_counted() -> None:
    items = [held(NSS, IN_A_WEEK), held(GLIBC, NEXT_YEAR), held("CVE-1+a", NEXT_YEAR)]
    body = " ".join(notice_of(expiring(*items)).body.split())
    assert "- 2 further findings are allowlisted until 2027-01-31 00:00 UTC (67 d) at least" in body
