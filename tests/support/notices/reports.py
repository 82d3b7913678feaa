"""Reports of a STOP: defaults for all but the point of a test, and the cases to announce.

CVEs, packages, versions and fixes are those of real answers; each case is a situation in which
somebody is called.
"""

from datetime import UTC, datetime

from msgspec import Raw, json, structs

from rescan.gate.evaluation import Evaluation, Finding, Problem, RuleSet
from rescan.gate.model import Outcome, Trigger, TriggerKind, Vulnerability, VulnerabilityList
from rescan.gate.platforms import together
from rescan.gate.report import Report
from rescan.kernel.image_tag import Digest, ImageTag

DIGEST = Digest("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
OTHER_DIGEST = Digest("sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae")
POLICY_ID = "2c53a13c-1765-11e8-82ef-23527761d060"
RULE_SET_ID = "48e6f7d6-1765-11e8-b5f9-8b6f228548b6"
TAG = ImageTag("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "payments/api", "2.4.1")
PUSHED_AT = datetime(2026, 11, 24, 21, 50, 37, tzinfo=UTC)


def row(vuln: str, severity: str, name: str, version: str, **fields: object) -> Vulnerability:
    """A row of an OS package without a fix, unless `fields` say otherwise.

    Fields that are kept as JSON are given as the values that Anchore answers.
    """
    row_fields = {
        "package": f"{name}-{version}",
        "package_name": name,
        "package_version": version,
        "package_path": "pkgdb",
        "fix": "None",
        "will_not_fix": False,
    } | {name: _kept(name, value) for name, value in fields.items()}
    return Vulnerability(vuln=vuln, severity=severity, **row_fields)  # type: ignore[arg-type]


_KEPT_AS_JSON = {field.name for field in structs.fields(Vulnerability) if field.type is Raw}


def _kept(name: str, value: object) -> object:
    return Raw(json.encode(value)) if name in _KEPT_AS_JSON else value


def finding(trigger_id: str, message: str = "", **fields: object) -> Finding:
    """A finding of vulnerabilities/package that stops, unless `fields` say otherwise."""
    finding_fields = {
        "gate": "vulnerabilities",
        "trigger": "package",
        "action": "stop",
        "policy_id": RULE_SET_ID,
        "rule_id": "b30e8abc-444f-45b1-8a37-55be1b8c8bb5",
    } | fields
    return Finding(trigger_id=trigger_id, message=message, **finding_fields)  # type: ignore[arg-type]


def evaluation(*findings: Finding, **fields: object) -> Evaluation:
    """An evaluation that ended in stop."""
    evaluation_fields = {
        "image_digest": DIGEST,
        "evaluated_tag": str(TAG),
        "policy_id": POLICY_ID,
        "final_action": "stop",
        "final_action_reason": "policy_evaluation",
        "evaluated_at": "2026-11-24T21:50:58Z",
        "mapped_to_rule": True,
        "problems": (),
    } | fields
    return Evaluation(findings=findings, **evaluation_fields)  # type: ignore[arg-type]


def listed(*rows: Vulnerability) -> VulnerabilityList:
    """The rows, as an answer held them."""
    return VulnerabilityList(rows, Raw(b"[]"))


def report(evaluated: Evaluation, **fields: object) -> Report:
    """A STOP after a push."""
    report_fields = {
        "tag": TAG,
        "trigger": Trigger(TriggerKind.ECR_PUSH, PUSHED_AT),
        "outcome": Outcome.STOP,
        "reason": "",
        "image_digest": DIGEST,
        "final_action": "stop",
        "policy_id": evaluated.policy_id,
        "team": "payments",
    } | fields
    return Report(evaluation=evaluated, **report_fields)  # type: ignore[arg-type]


FTPD = row(
    "CVE-2013-2512",
    "Critical",
    "ftpd",
    "0.2.1",
    package_path="/var/lib/gems/2.5.0/specifications/ftpd-0.2.1.gemspec",
    inherited_from_base=False,
)
NSS_TOOLS = row(
    "CVE-2020-25648",
    "High",
    "nss-tools",
    "3.53.1-3.el7_9",
    fix="0:3.53.1-7.el7_9",
    inherited_from_base=True,
)
GLIBC = row("CVE-2019-25013", "High", "glibc-common", "2.28-127.el8", inherited_from_base=True)
GUAVA = [
    row(
        "GHSA-5mg8-w23w-74h3",
        "Medium",
        "guava",
        "23.0",
        fix="30.0-jre",
        package_path=f"/sandbox/target/my-app-{number}.jar:guava",
        inherited_from_base=False,
    )
    for number in (1, 2)
]
EXPOSED_PORT = finding(
    "41cb7cdf04850e33a11f80c42bf660b3",
    "Dockerfile exposes port (22) which is in policy file DENIED_PORTS list",
    gate="dockerfile",
    trigger="exposed_ports",
    recommendation="Remove the EXPOSE line; use the session manager instead of SSH.",
)


def typical() -> Report:
    """Several gates, with and without a fix, base image and own layer."""
    return report(
        evaluation(
            EXPOSED_PORT,
            finding("CVE-2019-25013+glibc-common"),
            finding("GHSA-5mg8-w23w-74h3+my-app-1.jar:guava"),
            finding("GHSA-5mg8-w23w-74h3+my-app-2.jar:guava"),
            finding("CVE-2013-2512+ftpd-0.2.1.gemspec"),
            finding("CVE-2020-25648+nss-tools"),
            finding("CVE-2020-8927+brotli", action="warn"),
        ),
        reason="6 findings stop it",
        vulnerabilities=listed(
            row("CVE-2020-8927", "Medium", "brotli", "1.0.6-2.el8"), GLIBC, *GUAVA, FTPD, NSS_TOOLS
        ),
    )


def one_finding() -> Report:
    """One, with a fix; found by the schedule, which says when."""
    return report(
        evaluation(finding("CVE-2020-25648+nss-tools")),
        reason="1 finding stops it",
        trigger=Trigger(TriggerKind.SCHEDULE, PUSHED_AT),
        vulnerabilities=listed(NSS_TOOLS),
    )


def no_fix() -> Report:
    """Two without a fix, one of which never gets one; asked for by hand."""
    unfixed = row("CVE-2010-4756", "Negligible", "libc6", "2.28-10", will_not_fix=True)
    return report(
        evaluation(finding("CVE-2019-25013+glibc-common"), finding("CVE-2010-4756+libc6")),
        reason="2 findings stop it",
        trigger=Trigger(TriggerKind.DIRECT),
        vulnerabilities=listed(unfixed, GLIBC),
    )


KEV_FTPD = row(
    "CVE-2013-2512",
    "Critical",
    "ftpd",
    "0.2.1",
    package_path="/usr/local/share/gems/specifications/ftpd-0.2.1.gemspec",
    inherited_from_base=False,
    url="https://nvd.nist.gov/vuln/detail/CVE-2013-2512",
    is_kev=False,
    epss=[{"epss": 0.1042, "percentile": 0.933}],
    nvd_data=[{"id": "CVE-2013-2512", "cvss_v3": {"base_score": 9.8}}],
)
KEV_GLIBC = row(
    "CVE-2023-4911",
    "High",
    "glibc-common",
    "2.34-60.el9",
    fix="2.34-60.el9_2.7, 2.39",
    suggested_fix_version="2.34-60.el9_2.7",
    inherited_from_base=True,
    url="https://access.redhat.com/security/cve/CVE-2023-4911",
    is_kev=True,
    epss=[{"epss": 0.9412, "percentile": 0.9991}],
    nvd_data=[{"id": "CVE-2023-4911", "cvss_v3": {"base_score": 7.8}}],
    annotation_status="affected",
    detected_at="2026-11-24T21:50:55Z",
)


def exploited() -> Report:
    """One is exploited, and another of a worse severity: as a server of API 2.13 tells it."""
    return report(
        evaluation(
            finding("CVE-2013-2512+ftpd-0.2.1.gemspec"),
            finding("CVE-2023-4911+glibc-common"),
            EXPOSED_PORT,
            policy_name="Production",
            rule_sets=(RuleSet(RULE_SET_ID, "OS packages"),),
        ),
        reason="3 findings stop it",
        vulnerabilities=listed(KEV_FTPD, KEV_GLIBC),
    )


def denylisted() -> Report:
    """Nothing is wrong with the packages: the image itself is banned."""
    return report(
        evaluation(
            final_action_reason="denylisted", findings_problem="the answer carries no findings"
        ),
        reason="the image is on the policy's denylist",
        vulnerabilities=listed(row("CVE-2020-8927", "Medium", "brotli", "1.0.6-2.el8")),
    )


def evaluation_problem() -> Report:
    """Anchore answers stop because it could not evaluate."""
    problem = Problem(
        "error", "initialization_error", "Trigger not found: vulnerabilities/blacklist"
    )
    return report(
        evaluation(problems=(problem,)),
        reason=f"the policy could not be evaluated: {problem.details}",
        vulnerabilities=listed(),
    )


def details_not_available() -> Report:
    """The list could not be read, and the gate ran all the same."""
    return report(
        evaluation(
            finding(
                "CVE-2023-52425+libexpat",
                "HIGH Vulnerability found in os package type (APKG) - libexpat (fixed in: 2.6.0-r0)"
                "(CVE-2023-52425 - https://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-2023-52425)",
            ),
            finding(
                "CVE-2019-5435+curl",
                "MEDIUM Vulnerability found in os package type (APKG) - curl"
                " (CVE-2019-5435 - http://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-2019-5435)",
            ),
        ),
        reason="2 findings stop it",
        vulnerabilities_problem=(
            "refreshVulnerabilities: Anchore answered 500 Internal Server Error"
            f" (GET /images/{DIGEST}/vuln/all?vendor_only=true)."
        ),
    )


def storm() -> Report:
    """20,000 findings, and one of another gate that must not vanish among them."""
    severities = ("Critical", "High", "Medium", "Low")
    rows = [
        row(
            f"CVE-2026-{number:05}",
            severities[number % 4],
            f"package-{number:05}",
            "1.0",
            fix="1.1" if number % 3 else "None",
        )
        for number in range(19_999)
    ]
    return report(
        evaluation(
            *(finding(f"{row.vuln}+{row.package_name}") for row in reversed(rows)), EXPOSED_PORT
        ),
        reason="20000 findings stop it",
        vulnerabilities=listed(*rows),
    )


def hostile_names() -> Report:
    """Names that would colour a terminal, turn text around, or break a line or XML."""
    name = "lib\x1b[31mred\u202egnp\u2066\ufffe.so\r\nSubject: all is well"
    return report(
        evaluation(
            finding(f"CVE-2020-25648+{name}"),
            finding(
                "6d0ac03e5e0d52f0d6bb1d7ebf7eb8a1",
                "Dockerfile has\tRUN \x07curl\x00 http://example.com |\n\n sh \ud83d",
                gate="dockerfile",
                trigger="instruction",
            ),
        ),
        tag=ImageTag("registry.example.com", "zahlung/über-\u202eapi", "2.4.1\r\nBcc: x"),
        reason="2 findings\x1b[0m stop the\u2028image",
        policy_id="our\x85 policy\u200f",
        vulnerabilities=listed(
            row("CVE-2020-25648", "High", name, "3.53\x9b1", fix="3.54\x00\x1b]0;owned\x07")
        ),
    )


def superseded_push() -> Report:
    """The image that stops is not the one that was pushed."""
    return report(
        evaluation(finding("CVE-2013-2512+ftpd-0.2.1.gemspec")),
        reason="1 finding stops it",
        vulnerabilities=listed(FTPD),
        notes=(
            f"the push of {OTHER_DIGEST} is superseded: since 2026-11-24T21:52:01+00:00"
            f" the tag is on {DIGEST}, which was evaluated instead",
        ),
    )


def base_image() -> Report:
    """Eleven of twelve are inherited."""
    rows = [
        row(
            f"CVE-2026-{number:04}",
            "High",
            f"lib{number}",
            "1.0",
            fix="1.1",
            inherited_from_base=number > 0,
        )
        for number in range(12)
    ]
    return report(
        evaluation(*(finding(f"{row.vuln}+{row.package_name}") for row in rows)),
        reason="12 findings stop it",
        vulnerabilities=listed(*rows),
    )


def long_names() -> Report:
    """Names as long as registries and package managers allow, in more alphabets than one."""
    package = "org.springframework.cloud.spring-cloud-starter-bootstrap-Überprüfung-検査"
    tag = ImageTag(
        "registry.example.com:5000",
        "zahlungsverkehr/abteilung-für-überweisungen/schnittstelle-für-rücklastschriften/検査",
        "2026.11.24-feature-payment-initiation-rework.0123456789abcdef",
    )
    return report(
        evaluation(finding(f"CVE-2022-22965+{package}"), evaluated_tag=str(tag)),
        tag=tag,
        reason="1 finding stops it",
        vulnerabilities=listed(
            row(
                "CVE-2022-22965",
                "Critical",
                package,
                "3.1.1-SNAPSHOT+build.20261124.0123456789abcdef",
                fix="3.1.2",
            )
        ),
    )


def platforms() -> Report:
    """Two of three stop, by one finding that both have and another; the third is not analyzed."""
    arm = report(
        evaluation(
            finding("CVE-2013-2512+ftpd-0.2.1.gemspec"), finding("CVE-2023-4911+glibc-common")
        ),
        reason="2 findings stop it",
        vulnerabilities=listed(KEV_FTPD, KEV_GLIBC),
        platform="linux/arm64",
    )
    amd = report(
        evaluation(finding("CVE-2023-4911+glibc-common"), image_digest=OTHER_DIGEST),
        reason="1 finding stops it",
        image_digest=OTHER_DIGEST,
        vulnerabilities=listed(KEV_GLIBC),
        platform="linux/amd64",
    )
    digest = Digest("sha256:486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7")
    failed = Report(
        tag=TAG,
        trigger=arm.trigger,
        outcome=Outcome.NOT_EVALUATED,
        reason="the analysis failed: Anchore must analyze the image again",
        image_digest=digest,
        team="payments",
        platform=f"unknown ({digest[:19]})",
        needed=False,
    )
    return together((arm, amd, failed))


def findings_unreadable() -> Report:
    """Anchore says stop, and its findings have a shape that nobody knows."""
    return report(
        evaluation(findings_problem="the details are not readable: Expected `object`, got `str`"),
        reason="Anchore stops the image; its findings are not available: the details are not"
        " readable: Expected `object`, got `str`",
        vulnerabilities=listed(NSS_TOOLS, FTPD),
    )
