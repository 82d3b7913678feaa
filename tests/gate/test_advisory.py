"""What the rows say of a vulnerability: exploited, likely, its score, its page, its fix."""

from datetime import UTC, datetime

import pytest
from msgspec import json
from msgspec.structs import replace

from rescan.gate.advisory import Advisory, Epss
from rescan.gate.blocking_findings import BlockingFinding, blocking_findings
from rescan.gate.evaluation import RuleSet
from rescan.gate.model import Vulnerability
from tests.support.notices.reports import RULE_SET_ID, finding

PAGE = "https://nvd.nist.gov/vuln/detail/CVE-2013-2512"
QUERY = "http://anchore:8228/v1/query?id=VULNDB-103881"
TILDE = "http://people.ubuntu.com/~ubuntu-security/cve/CVE-1"


def row_with(**answered: object) -> Vulnerability:
    """A row of one package with the fields as Anchore answers them."""
    sound = {"vuln": "CVE-1", "severity": "High", "package_name": "lib", "fix": "None"}
    return json.decode(json.encode(sound | answered), type=Vulnerability)


def advisory(*rows: Vulnerability) -> Advisory:
    return Advisory.of(rows)


def stopping(*rows: Vulnerability) -> BlockingFinding:
    (found,) = blocking_findings([finding("CVE-1+lib")], rows)
    return found


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        pytest.param([{"is_kev": True}], True, id="2.13-in-the-row"),
        pytest.param([{"is_kev": False}], False, id="known-not-to-be"),
        pytest.param([{"nvd_data": [{"id": "CVE-1", "is_kev": True}]}], True, id="2.12.1-in-nvd"),
        pytest.param([{"nvd_data": [{"is_kev": False}, {}]}], False, id="nvd-says-no"),
        pytest.param([{"is_kev": False, "nvd_data": [{"is_kev": True}]}], True, id="one-says-yes"),
        pytest.param([{"is_kev": False}, {"is_kev": True}], True, id="another-row-says-yes"),
        pytest.param([{}, {"is_kev": False}], False, id="one-row-says"),
        pytest.param([{"nvd_data": [{"id": "CVE-1"}]}], None, id="older-server"),
        pytest.param([{"is_kev": None, "nvd_data": None}], None, id="null"),
        pytest.param([{"is_kev": "true", "nvd_data": [{"is_kev": 1}]}], None, id="no-booleans"),
        pytest.param([{"nvd_data": ["CVE-1", None, 7, {"is_kev": True}]}], True, id="odd-items"),
        pytest.param([], None, id="no-row"),
    ],
)
def test_exploited_when_anybody_says_so_and_not_known_when_nobody_says(
    answered: list[dict[str, object]], expected: bool | None
) -> None:
    assert advisory(*(row_with(**fields) for fields in answered)).known_exploited is expected


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        pytest.param(
            {"epss": [{"epss": 0.94, "percentile": 0.999}]}, Epss(0.94, 0.999), id="2.13-row"
        ),
        pytest.param(
            {"nvd_data": [{"epss": {"epss": 0.5, "percentile": 0.9}}]}, Epss(0.5, 0.9), id="2.12.1"
        ),
        pytest.param({"epss": [{"epss": 1}]}, Epss(1.0), id="whole-number-without-percentile"),
        pytest.param(
            {"epss": [{"epss": 0.1}], "nvd_data": [{"epss": {"epss": 0.2}}, {"epss": None}]},
            Epss(0.2),
            id="the-highest",
        ),
        pytest.param({"epss": [{"epss": 94.0}]}, None, id="no-probability"),
        pytest.param({"epss": [{"epss": 1.5}]}, None, id="more-than-certain"),
        pytest.param({"epss": [{"epss": 0.0, "percentile": 0.0}]}, Epss(0.0, 0.0), id="zero"),
        pytest.param(
            {"epss": [{"epss": 0.3, "percentile": 1.5}]}, Epss(0.3), id="more-than-all-CVEs"
        ),
        pytest.param(
            {"epss": [{"epss": 0.2}, {"epss": 0.2, "percentile": 0.5}]},
            Epss(0.2),
            id="the-first-of-two-equal-ones",
        ),
        pytest.param({"epss": [{"epss": -1.0}]}, None, id="no-score-as-servers-write-it"),
        pytest.param({"epss": [{"epss": "0.94"}]}, None, id="text"),
        pytest.param({"epss": [{"epss": 0.3, "percentile": 97}]}, Epss(0.3), id="no-share"),
        pytest.param({"epss": []}, None, id="empty"),
        pytest.param({"epss": "None"}, None, id="the-word-none"),
        pytest.param({}, None, id="older-server"),
    ],
)
def test_epss_is_the_highest_that_is_a_probability(
    answered: dict[str, object], expected: Epss | None
) -> None:
    assert advisory(row_with(**answered)).epss == expected


def nvd(*, v2: object = -1.0, v3: object = -1.0) -> dict[str, object]:
    """An item of `nvd_data` as servers have it; -1.0 stands for no score."""
    scores = {"exploitability_score": 10.0, "impact_score": 10.0}
    return {"cvss_v2": scores | {"base_score": v2}, "cvss_v3": scores | {"base_score": v3}}


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        pytest.param({"nvd_data": [nvd(v2=10.0, v3=9.8)]}, 10.0, id="of-both-versions"),
        pytest.param({"nvd_data": [nvd(v2=5.0, v3=7.5), nvd(v2=6.8)]}, 7.5, id="of-all-items"),
        pytest.param({"vendor_data": [nvd(v3=8.1)], "nvd_data": []}, 8.1, id="of-the-vendor"),
        pytest.param({"nvd_data": [nvd()]}, None, id="none-as-servers-write-it"),
        pytest.param({"nvd_data": [nvd(v2=None, v3=11)]}, None, id="null-and-out-of-range"),
        pytest.param({"nvd_data": [{"cvss_v3": 9.8, "cvss_v2": None}]}, None, id="no-objects"),
        pytest.param({"nvd_data": {"cvss_v3": {"base_score": 4}}}, 4.0, id="bare-object"),
        pytest.param({}, None, id="absent"),
    ],
)
def test_cvss_is_the_highest_base_score(
    answered: dict[str, object], expected: float | None
) -> None:
    assert advisory(row_with(**answered)).cvss == expected


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        pytest.param([PAGE], PAGE, id="https"),
        pytest.param([QUERY], QUERY, id="http-port-and-query"),
        pytest.param([TILDE], TILDE, id="tilde"),
        pytest.param(["None", PAGE], PAGE, id="the-first-that-is-one"),
        pytest.param([None], None, id="null"),
        pytest.param([7], None, id="number"),
        pytest.param(["javascript:alert(1)"], None, id="another-scheme"),
        pytest.param(["HTTPS:\\\\nvd.nist.gov"], None, id="backslashes"),
        pytest.param(["https://nvd.nist.gov@evil.example/"], None, id="user-name"),
        pytest.param([f"{PAGE}\nhttps://evil.example/"], None, id="two-lines"),
        pytest.param([f"{PAGE}\n"], None, id="line-end"),
        pytest.param([f"{PAGE}|STOP is over>"], None, id="slack-label"),
        pytest.param([f"{PAGE})"], None, id="markdown"),
        pytest.param([f"{PAGE}?&lt;!here&gt;"], None, id="entity-and-mention"),
        pytest.param([f"{PAGE}`"], None, id="code-span"),
        pytest.param(["https://nvd.nist.gov/\u202e"], None, id="right-to-left"),
        pytest.param(["https://nvd.nіst.gov/"], None, id="other-alphabet"),  # noqa: RUF001
        pytest.param(["https://a.example/" + "a" * 300], None, id="too-long"),
        pytest.param(["https://"], None, id="no-host"),
    ],
)
def test_page_is_shown_only_when_its_address_can_do_nothing_but_be_opened(
    urls: list[object], expected: str | None
) -> None:
    assert advisory(*(row_with(url=url) for url in urls)).url == expected


@pytest.mark.parametrize(
    ("fix", "suggested", "expected"),
    [
        pytest.param("1.2, 2.0", "2.0", ("2.0", "2.0, 1.2"), id="the-others-after-it"),
        pytest.param("1.2", "1.2", ("1.2", "1.2"), id="the-only-one"),
        pytest.param("None", "1.3", ("1.3", "1.3"), id="no-other"),
        pytest.param("1.2,2.0", "None", (None, "1.2,2.0"), id="none"),
        pytest.param("1.2", 7, (None, "1.2"), id="number"),
        pytest.param("None", "", (None, None), id="no-fix"),
    ],
)
def test_suggested_fix_is_named_first(
    fix: str, suggested: object, expected: tuple[str | None, str | None]
) -> None:
    found = stopping(row_with(suggested_fix_version=suggested, fix=fix))
    assert (found.suggested_fix, found.fixed_in) == expected


@pytest.mark.parametrize(
    ("answered", "annotation", "detected_at"),
    [
        pytest.param(
            {"annotation_status": "under_investigation", "detected_at": "2026-11-20T09:30:12Z"},
            "under_investigation",
            datetime(2026, 11, 20, 9, 30, 12, tzinfo=UTC),
            id="said",
        ),
        pytest.param(
            {"annotation_status": None, "detected_at": "yesterday"}, None, None, id="not-readable"
        ),
        pytest.param(
            {"annotation_status": {}, "detected_at": "9999-12-31T23:59:59-12:00"},
            None,
            None,
            id="beyond-the-last-year",
        ),
        pytest.param({}, None, None, id="older-server"),
    ],
)
def test_annotation_and_first_detection_are_those_of_the_package(
    answered: dict[str, object], annotation: str | None, detected_at: datetime | None
) -> None:
    found = stopping(row_with(**answered))
    assert (found.annotation, found.detected_at) == (annotation, detected_at)


def test_finding_of_a_package_that_no_row_describes_has_what_is_said_of_the_vulnerability() -> None:
    told = row_with(is_kev=True, epss=[{"epss": 0.9}], url=PAGE, suggested_fix_version="2")
    (found,) = blocking_findings([finding("CVE-1+other")], [told])
    assert (found.known_exploited, found.epss, found.url) == (True, Epss(0.9), PAGE)
    assert (found.listed, found.suggested_fix) == (False, None)


def test_finding_of_another_gate_has_no_advisory() -> None:
    (found,) = blocking_findings([finding("CVE-1+lib", gate="files")], [row_with(is_kev=True)])
    assert (found.known_exploited, found.epss, found.cvss, found.url) == (None,) * 4


def test_exploited_comes_first_then_the_worst_the_likeliest_and_those_with_a_fix() -> None:
    rows = [
        row_with(package_name="exploited", severity="Low", is_kev=True),
        row_with(package_name="critical", severity="Critical", is_kev=False),
        row_with(package_name="likely", epss=[{"epss": 0.5}]),
        row_with(package_name="less-likely-and-fixed", epss=[{"epss": 0.4}], fix="2"),
        row_with(package_name="fixed", fix="2"),
        row_with(package_name="no-fix"),
    ]
    # What is known is known of a vulnerability, so each row is about another.
    listed = [replace(one, vuln=f"CVE-{number}") for number, one in enumerate(rows)]
    found = [finding(f"{one.vuln}+{one.package_name}") for one in reversed(listed)]
    assert [f.package for f in blocking_findings(found, listed)] == [r.package_name for r in rows]


def test_finding_names_the_set_of_its_rule() -> None:
    sets = [RuleSet("other", "Others"), RuleSet(RULE_SET_ID, "Production")]
    (found,) = blocking_findings([finding("CVE-1+lib")], [], sets)
    assert found.rule_set == "Production"
