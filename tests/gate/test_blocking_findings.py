"""Findings joined with the rows of the vulnerability list."""

from collections import Counter
from collections.abc import Iterator

import pytest
from msgspec import Raw
from msgspec.structs import replace

from rescan.gate.advisory import Epss
from rescan.gate.blocking_findings import (
    BlockingFinding,
    any_exploited,
    any_fix,
    blocking_findings,
    told_once,
    worst_first,
    worst_severity,
)
from rescan.gate.evaluation import Finding, FindingKey
from rescan.gate.model import Severity, Vulnerability
from rescan.gate.vulnerability_index import VulnerabilityIndex
from tests.support.notices.reports import FTPD, GLIBC, GUAVA, NSS_TOOLS, finding, row

NSS_FINDING = finding("CVE-2020-25648+nss-tools", "HIGH Vulnerability found", recommendation="Fix")
NSS_STOPS = BlockingFinding(
    key=NSS_FINDING.key,
    gate="vulnerabilities",
    trigger="package",
    known_severity=Severity.HIGH,
    vulnerability="CVE-2020-25648",
    package="nss-tools",
    version="3.53.1-3.el7_9",
    listed=True,
    fixed_in="0:3.53.1-7.el7_9",
    inherited_from_base=True,
    message="HIGH Vulnerability found",
    rule_id=NSS_FINDING.rule_id,
    policy_id=NSS_FINDING.policy_id,
    recommendation="Fix",
)


def joined(found: Finding, *rows: Vulnerability) -> BlockingFinding:
    """The one finding that is left."""
    (stopping,) = blocking_findings([found], rows)
    return stopping


def test_finding_gets_severity_version_and_fix_of_its_row() -> None:
    assert joined(NSS_FINDING, GLIBC, NSS_TOOLS) == NSS_STOPS


@pytest.mark.parametrize(
    ("called", "described"),
    [
        pytest.param("nss-tools", NSS_TOOLS, id="name"),
        pytest.param(
            "nss-tools-3.53.1-3.el7_9", replace(NSS_TOOLS, package=None), id="name-version"
        ),
        pytest.param(
            "nss-tools-3.53.1", replace(NSS_TOOLS, package="nss-tools-3.53.1"), id="package"
        ),
        pytest.param("/a/nss.jar", replace(NSS_TOOLS, package_path="/a/nss.jar"), id="path"),
        pytest.param("nss.jar", replace(NSS_TOOLS, package_path="/a/nss.jar"), id="file-name"),
        pytest.param(
            "nss-js", replace(NSS_TOOLS, package_path="/a/nss-js/package.json"), id="npm-directory"
        ),
    ],
)
def test_row_is_found_by_whatever_the_finding_calls_the_package(
    called: str, described: Vulnerability
) -> None:
    stopping = joined(replace(NSS_FINDING, trigger_id=f"CVE-2020-25648+{called}"), described)
    file = called if called in ("/a/nss.jar", "nss.jar", "nss-js", "nss-tools-3.53.1") else None
    key = finding(f"CVE-2020-25648+{called}").key
    assert stopping == replace(NSS_STOPS, key=key, file=file)


def test_row_with_the_name_counts_before_a_row_with_such_a_file() -> None:
    other = row("CVE-2020-25648", "Low", "other", "1", package_path="/usr/bin/nss-tools")
    assert joined(NSS_FINDING, other, NSS_TOOLS) == NSS_STOPS


@pytest.mark.parametrize("vuln", ["cve-2020-25648", "Cve-2020-25648"])
def test_vulnerability_is_the_same_in_any_case(vuln: str) -> None:
    assert joined(NSS_FINDING, replace(NSS_TOOLS, vuln=vuln)) == NSS_STOPS


def test_package_may_hold_a_plus() -> None:
    stopping = joined(
        finding("CVE-2018-12886+libstdc++6"), row("CVE-2018-12886", "High", "libstdc++6", "8.3.0-6")
    )
    assert (stopping.package, stopping.version) == ("libstdc++6", "8.3.0-6")


@pytest.mark.parametrize("fix", [None, "", "None"])
def test_absent_fix_is_no_fix_however_it_is_written(fix: str | None) -> None:
    assert joined(NSS_FINDING, replace(NSS_TOOLS, fix=fix)) == replace(NSS_STOPS, fixed_in=None)


def test_several_fixes_are_kept() -> None:
    stopping = joined(NSS_FINDING, replace(NSS_TOOLS, fix="1.2,2.0"), replace(NSS_TOOLS, fix="3.0"))
    assert stopping.fixed_in == "1.2,2.0, 3.0"


def test_repeated_rows_are_one_finding_in_several_places() -> None:
    rows = [replace(GUAVA[0], package_path=path) for path in ("/a", "/b", "/b", "/c")]
    found = finding("GHSA-5mg8-w23w-74h3+guava")
    assert blocking_findings([found], rows) == (
        BlockingFinding(
            key=found.key,
            gate="vulnerabilities",
            trigger="package",
            known_severity=Severity.MEDIUM,
            vulnerability="GHSA-5mg8-w23w-74h3",
            package="guava",
            version="23.0",
            listed=True,
            fixed_in="30.0-jre",
            locations=3,
            inherited_from_base=False,
            rule_id=found.rule_id,
            policy_id=found.policy_id,
        ),
    )


def test_repeated_finding_is_one_in_several_places_without_rows_too() -> None:
    stopping = blocking_findings([NSS_FINDING, NSS_FINDING, NSS_FINDING], [])
    assert [(f.package, f.locations) for f in stopping] == [("nss-tools", 3)]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(NSS_FINDING, policy_id="another"), id="policy"),
        pytest.param(replace(NSS_FINDING, gate="other"), id="gate"),
        pytest.param(replace(NSS_FINDING, trigger="denylist"), id="trigger"),
        pytest.param(replace(NSS_FINDING, trigger_id="CVE-2020-25648+nss"), id="trigger-id"),
    ],
)
def test_findings_that_differ_in_identity_stay_apart(other: Finding) -> None:
    stopping = blocking_findings([NSS_FINDING, other], [NSS_TOOLS])
    assert [f.locations for f in stopping] == [1, 1]


def test_unknown_package_takes_only_the_severity_of_the_vulnerability() -> None:
    rows = [NSS_TOOLS, replace(NSS_TOOLS, severity="Critical")]
    stopping = joined(replace(NSS_FINDING, trigger_id="CVE-2020-25648+nss-sysinit"), *rows)
    assert stopping == replace(
        NSS_STOPS,
        key=finding("CVE-2020-25648+nss-sysinit").key,
        known_severity=Severity.CRITICAL,
        package="nss-sysinit",
        version=None,
        listed=False,
        fixed_in=None,
        inherited_from_base=None,
    )


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        pytest.param("HIGH", Severity.HIGH, id="upper-case"),
        pytest.param("Moderate", Severity.UNKNOWN, id="word-that-anchore-does-not-know"),
        pytest.param("Unknown", Severity.UNKNOWN, id="said-to-be-unknown"),
        pytest.param("None", Severity.UNKNOWN, id="the-word-none"),
        pytest.param(None, Severity.UNKNOWN, id="missing"),
    ],
)
def test_severity_is_read_as_anchore_orders_it(severity: str | None, expected: Severity) -> None:
    assert joined(NSS_FINDING, replace(NSS_TOOLS, severity=severity)).severity is expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([], None, id="no-row-at-all"),
        pytest.param([GLIBC], None, id="rows-of-others"),
        pytest.param([replace(NSS_TOOLS, severity="Unknown")], Severity.UNKNOWN, id="vendor-says"),
        pytest.param([replace(NSS_TOOLS, severity=None)], Severity.UNKNOWN, id="row-says-nothing"),
        pytest.param(
            [replace(NSS_TOOLS, package_name="nss", package="nss", severity="Low")],
            Severity.LOW,
            id="another-package",
        ),
    ],
)
def test_severity_is_not_known_only_where_no_row_has_the_vulnerability(
    rows: list[Vulnerability], expected: Severity | None
) -> None:
    stopping = joined(NSS_FINDING, *rows)
    assert (stopping.known_severity, stopping.severity) == (expected, expected or Severity.UNKNOWN)


def test_messages_that_differ_in_numbers_share_a_key_and_stay_two_findings() -> None:
    stopping = blocking_findings(
        [
            finding(f"hash-{port}", f"Dockerfile exposes port ({port})", gate="dockerfile")
            for port in (22, 23)
        ],
        [],
    )
    assert [f.message for f in stopping] == [
        "Dockerfile exposes port (22)",
        "Dockerfile exposes port (23)",
    ]
    same = FindingKey(NSS_FINDING.rule_id, "dockerfile", "package", "Dockerfile exposes port (#)")
    assert [f.key for f in stopping] == [same, same]


def test_package_without_a_severity_takes_that_of_the_vulnerability() -> None:
    unreported = replace(NSS_TOOLS, severity=None)
    elsewhere = row("CVE-2020-25648", "Critical", "nss", "3.53.1")
    assert joined(NSS_FINDING, unreported, elsewhere).severity is Severity.CRITICAL


def test_row_without_any_field_is_passed_over() -> None:
    assert joined(NSS_FINDING, Vulnerability(), NSS_TOOLS) == NSS_STOPS


def test_row_with_nothing_but_names_leaves_the_rest_open() -> None:
    bare = Vulnerability(vuln="CVE-2020-25648", package="nss-tools")
    assert joined(NSS_FINDING, bare) == replace(
        NSS_STOPS,
        known_severity=Severity.UNKNOWN,
        version=None,
        fixed_in=None,
        inherited_from_base=None,
    )


@pytest.mark.parametrize(
    ("said", "rows", "expected"),
    [
        pytest.param(False, [True], False, id="the-finding-counts-first"),
        pytest.param(None, [True, True], True, id="rows-agree"),
        pytest.param(None, [None, False], False, id="one-row-says"),
        pytest.param(None, [True, False], None, id="rows-contradict-each-other"),
        pytest.param(None, [None], None, id="nobody-says"),
    ],
)
def test_base_image_or_own_layer(
    said: bool | None, rows: list[bool | None], expected: bool | None
) -> None:
    inherited = [replace(NSS_TOOLS, inherited_from_base=value) for value in rows]
    stopping = joined(replace(NSS_FINDING, inherited_from_base=said), *inherited)
    assert stopping.inherited_from_base is expected


@pytest.mark.parametrize(
    ("gate", "trigger_id"),
    [
        pytest.param("dockerfile", "41cb7cdf04850e33a11f80c42bf660b3", id="hash"),
        pytest.param("files", "CVE-2020-25648+nss-tools", id="looks-like-a-cve"),
        pytest.param("vulnerabilities", "41cb7cdf04850e33a11f80c42bf660b3", id="stale-feeds"),
    ],
)
def test_finding_about_something_else_has_its_message_alone(gate: str, trigger_id: str) -> None:
    found = finding(trigger_id, "the message", gate=gate, trigger="some_trigger")
    assert joined(found, NSS_TOOLS) == BlockingFinding(
        key=found.key,
        gate=gate,
        trigger="some_trigger",
        message="the message",
        rule_id=found.rule_id,
        policy_id=found.policy_id,
    )


@pytest.mark.parametrize(
    ("trigger_id", "expected"),
    [
        pytest.param("CVE-2020-25648+", ("CVE-2020-25648", None, Severity.HIGH), id="no-package"),
        pytest.param("+nss-tools", (None, "nss-tools", Severity.UNKNOWN), id="no-vulnerability"),
    ],
)
def test_half_a_trigger_id_is_half_an_answer(
    trigger_id: str, expected: tuple[str | None, str | None, Severity]
) -> None:
    stopping = joined(finding(trigger_id), NSS_TOOLS)
    assert (stopping.vulnerability, stopping.package, stopping.severity) == expected


@pytest.mark.parametrize(
    "harmless",
    [
        pytest.param(replace(NSS_FINDING, action="warn"), id="warn"),
        pytest.param(replace(NSS_FINDING, action="go"), id="go"),
        pytest.param(replace(NSS_FINDING, allowlisted=True), id="allowlisted"),
    ],
)
def test_what_does_not_stop_is_left_out(harmless: Finding) -> None:
    assert blocking_findings([harmless], [NSS_TOOLS]) == ()


def test_worst_comes_first_then_what_has_a_fix_then_by_name() -> None:
    fixed = replace(GLIBC, vuln="CVE-2021-0001", fix="9")
    found = [
        finding("41cb7cdf04850e33a11f80c42bf660b3", gate="dockerfile", trigger="instruction"),
        finding("CVE-2019-25013+glibc-common"),
        finding("CVE-2021-0001+glibc-common"),
        finding("CVE-2020-25648+nss-tools"),
        finding("CVE-2013-2512+ftpd"),
    ]
    rows = [fixed, GLIBC, NSS_TOOLS, FTPD]
    expected = ["CVE-2013-2512", "CVE-2020-25648", "CVE-2021-0001", "CVE-2019-25013", None]
    assert [f.vulnerability for f in blocking_findings(found, rows)] == expected
    assert blocking_findings(reversed(found), rows) == blocking_findings(found, rows)


def test_index_reads_each_row_a_bounded_number_of_times() -> None:
    """The worst for a join: every finding and every row names the same vulnerability."""
    reads: Counter[str] = Counter()

    class CountedRow(Vulnerability, frozen=True):
        """A row that counts how often its fix, which only a match needs, is read."""

        def __getattribute__(self, name: str) -> object:
            reads[name] += 1
            return super().__getattribute__(name)

    def rows() -> Iterator[Vulnerability]:
        for number in range(2_000):
            yield CountedRow(vuln="CVE-1", package_name="same", package_path=f"/{number}/p.jar")

    index = VulnerabilityIndex(rows())
    for called in ["same", "p.jar", *(f"/{number}/p.jar" for number in range(2_000))] * 2:
        index.package("CVE-1", called)
    assert reads["fix"] == 3 * 2_000


def stopped_by(**known: object) -> BlockingFinding:
    return replace(NSS_STOPS, **known)


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        pytest.param([], None, id="none"),
        pytest.param([stopped_by(listed=False, fixed_in="1")], None, id="no-row-describes-it"),
        pytest.param([stopped_by(fixed_in=None)], False, id="no-fix"),
        pytest.param([stopped_by(fixed_in=None), stopped_by(fixed_in="1")], True, id="one-has"),
    ],
)
def test_whether_there_is_a_fix_is_known_of_packages_that_a_row_describes(
    findings: list[BlockingFinding], expected: bool | None
) -> None:
    assert any_fix(findings) is expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [([], None), ([None], None), ([False, None], False), ([False, True], True)],
)
def test_exploited_is_what_anybody_says(said: list[bool | None], expected: bool | None) -> None:
    assert any_exploited(stopped_by(known_exploited=each) for each in said) is expected


def test_the_worst_severity_stands_anywhere() -> None:
    found = [stopped_by(known_severity=each) for each in (Severity.LOW, Severity.HIGH, None)]
    assert worst_severity(found) is Severity.HIGH
    assert worst_severity([]) is Severity.UNKNOWN


@pytest.mark.parametrize(
    "in_order",
    [
        pytest.param(
            [
                stopped_by(epss=Epss(0.9)),
                stopped_by(epss=Epss(0.1)),
                stopped_by(epss=None, fixed_in=None),
            ],
            id="the-likeliest-first-and-none-is-the-least",
        ),
        pytest.param([stopped_by(epss=Epss(0.0)), stopped_by(vulnerability="CVE-3")], id="zero"),
        pytest.param(
            [stopped_by(package=None), stopped_by(package="b"), stopped_by(package="c")],
            id="by-package",
        ),
        pytest.param(
            [stopped_by(vulnerability=None), stopped_by(vulnerability="CVE-1")],
            id="what-has-no-name-first",
        ),
    ],
)
def test_findings_of_one_severity_have_an_order(in_order: list[BlockingFinding]) -> None:
    assert list(worst_first(reversed(in_order))) == in_order
    assert list(worst_first(in_order)) == in_order


def test_a_vulnerability_is_asked_for_in_whatever_case() -> None:
    index = VulnerabilityIndex([NSS_TOOLS])
    upper = index.package("CVE-2020-25648", "nss-tools")
    assert upper is not None
    assert index.package("cve-2020-25648", "nss-tools") is upper


def test_the_worst_severity_of_a_packages_rows_counts() -> None:
    rows = [replace(NSS_TOOLS, severity=each) for each in ("Low", "Critical", "High")]
    elsewhere = row("CVE-2020-25648", "Low", "nss", "3.53.1")
    assert joined(NSS_FINDING, elsewhere, *rows).known_severity is Severity.CRITICAL


def test_a_fix_that_will_not_come_is_said() -> None:
    assert joined(NSS_FINDING, replace(NSS_TOOLS, will_not_fix=True)).will_not_fix
    assert not joined(NSS_FINDING).will_not_fix


def test_half_a_name_with_its_version_is_no_name() -> None:
    unnamed = replace(NSS_TOOLS, package_name=None, package=None)
    unversioned = replace(NSS_TOOLS, package_version=None, package=None)
    index = VulnerabilityIndex([unnamed, unversioned])
    assert not index.rows("CVE-2020-25648", "None-3.53.1-3.el7_9")
    assert not index.rows("CVE-2020-25648", "nss-tools-None")
    assert not index.rows("CVE-2020-25648", "nss-tools-3.53.1-3.el7_9")


# --- of several platforms


def test_a_package_is_told_once_and_other_messages_each() -> None:
    """The message of a package's finding may differ; of another gate's it is what was found."""
    package = replace(NSS_STOPS, message="HIGH Vulnerability found in amd64", locations=3)
    port = BlockingFinding(key=FindingKey("r", "dockerfile", "port", "#"), gate="g", trigger="t")
    ports = [replace(port, message=f"port {number} is exposed") for number in (22, 23)]
    told = told_once([("amd64", [package, *ports]), ("arm64", [NSS_STOPS, ports[0]])])
    assert [(each.platforms, each.locations) for each in told] == [
        (("amd64", "arm64"), 3),
        (("amd64", "arm64"), 1),
        (("amd64",), 1),
    ]


def test_a_package_has_its_own_severity_and_the_vulnerability_s_score() -> None:
    scored = Raw(b'[{"id": "CVE-2020-25648", "cvss_v3": {"base_score": 7.5}}]')
    other = replace(NSS_TOOLS, package_name="nss", package="nss", severity="Critical")
    found = joined(NSS_FINDING, replace(NSS_TOOLS, nvd_data=scored), other)
    assert (found.severity, found.cvss) == (Severity.HIGH, 7.5)


def test_a_package_has_the_worst_severity_of_its_rows() -> None:
    [low, critical] = [replace(NSS_TOOLS, severity=word) for word in ("Low", "Critical")]
    other = replace(NSS_TOOLS, package_name="nss", package="nss", severity="Medium")
    assert joined(NSS_FINDING, low, other).severity is Severity.LOW
    assert joined(NSS_FINDING, low, critical).severity is Severity.CRITICAL
