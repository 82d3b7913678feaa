"""What each dialect asks, and how it reads what comes back, drifted answers included."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec import ValidationError

from rescan.anchore.arazzo import ArazzoDialect
from rescan.anchore.dialect import Dialect
from rescan.anchore.enterprise import EnterpriseDialect
from rescan.gate.blocking_findings import blocking_findings
from rescan.gate.evaluation import Finding
from rescan.gate.model import DetectedTag, ImageRecord, Step, Vulnerability
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.json_decoding import MALFORMED

TAG = ImageTag.parse("reg.io/app:1")
DIGEST, OTHER = (Digest(f"sha256:{letter * 64}") for letter in "ab")
ENTERPRISE, ARAZZO = EnterpriseDialect(), ArazzoDialect()


def body(answer: object) -> bytearray:
    return bytearray(json.dumps(answer).encode())


# --- what is asked

VULN = f"GET /images/{DIGEST}/vuln"
CHECK = f"GET /images/{DIGEST}/check?tag=reg.io%2Fapp%3A1"


@pytest.mark.parametrize(
    ("dialect", "request_line"),
    [
        pytest.param(
            ENTERPRISE,
            "GET /images?full_tag=reg.io%2Fapp%3A1&image_status=active",
            id="enterprise",
        ),
        pytest.param(ARAZZO, "GET /images?tag=reg.io%2Fapp%3A1&image_status=active", id="arazzo"),
    ],
)
def test_the_active_images_are_asked_for_by_their_tag(dialect: Dialect, request_line: str) -> None:
    assert str(dialect.images(TAG)) == request_line


@pytest.mark.parametrize(
    ("dialect", "vtype", "forced", "request_line"),
    [
        pytest.param(
            ENTERPRISE,
            "all",
            True,
            f"{VULN}/all?force_refresh=true&vendor_only=true",
            id="enterprise-forced",
        ),
        pytest.param(
            ENTERPRISE, "os", False, f"{VULN}/os?vendor_only=true", id="enterprise-unforced"
        ),
        pytest.param(
            EnterpriseDialect(vendor_only=False),
            "all",
            False,
            f"{VULN}/all?vendor_only=false",
            id="enterprise-with-what-the-vendor-will-not-fix",
        ),
        pytest.param(
            EnterpriseDialect(base_image=True),
            "non-os",
            True,
            f"{VULN}/non-os?force_refresh=true&vendor_only=true&base_digest=auto",
            id="enterprise-with-base-image",
        ),
        pytest.param(ARAZZO, "all", True, f"{VULN}/all?force_refresh=true", id="arazzo-forced"),
        pytest.param(ARAZZO, "all", False, f"{VULN}/all", id="arazzo-unforced"),
    ],
)
def test_only_a_forced_list_starts_work(
    dialect: Dialect, vtype: str, forced: bool, request_line: str
) -> None:
    query = dialect.vulnerabilities(DIGEST, vtype, forced=forced)
    assert (str(query), query.starts_work) == (request_line, forced)


@pytest.mark.parametrize(
    ("dialect", "policy_id", "request_line"),
    [
        pytest.param(ENTERPRISE, None, CHECK, id="enterprise-active-policy"),
        pytest.param(ENTERPRISE, "p1", f"{CHECK}&policy_id=p1", id="enterprise-named-policy"),
        pytest.param(
            EnterpriseDialect(vendor_only=False, base_image=True),
            "p1",
            f"{CHECK}&policy_id=p1&base_digest=auto",
            id="enterprise-with-base-image",
        ),
        pytest.param(ARAZZO, None, CHECK, id="arazzo-active-policy"),
        pytest.param(ARAZZO, "p1", f"{CHECK}&policyId=p1", id="arazzo-named-policy"),
    ],
)
def test_the_gate_is_asked_with_tag_and_policy(
    dialect: Dialect, policy_id: str | None, request_line: str
) -> None:
    query = dialect.check(DIGEST, TAG, policy_id)
    assert (str(query), query.starts_work) == (request_line, False)


@pytest.mark.parametrize(
    ("dialect", "sent"),
    [
        pytest.param(
            ENTERPRISE, {"source": {"tag": {"pull_string": "reg.io/app:1"}}}, id="enterprise"
        ),
        pytest.param(ARAZZO, {"tag": "reg.io/app:1"}, id="arazzo"),
    ],
)
def test_an_image_is_submitted_by_its_tag(dialect: Dialect, sent: object) -> None:
    query = dialect.submission(TAG)
    assert (str(query), query.starts_work) == ("POST /images", True)
    assert json.loads(query.body or b"") == sent


@pytest.mark.parametrize(
    ("since", "dated"),
    [
        pytest.param(
            datetime(2026, 11, 20, 9, 30, 19, tzinfo=UTC),
            {"creation_timestamp_override": "2026-11-20T09:30:19Z"},
            id="as-of-then",
        ),
        pytest.param(None, {}, id="as-of-now"),
    ],
)
def test_an_image_is_submitted_by_its_digest_as_of_a_time(
    since: datetime | None, dated: dict[str, str]
) -> None:
    query = ENTERPRISE.submission(TAG, DIGEST, since)
    named = {"pull_string": f"reg.io/app@{DIGEST}", "tag": "reg.io/app:1"}
    assert (str(query), query.starts_work) == ("POST /images", True)
    assert json.loads(query.body or b"") == {"source": {"digest": named | dated}}


@pytest.mark.parametrize("dialect", [ENTERPRISE, ARAZZO], ids=["enterprise", "arazzo"])
def test_each_request_is_one_of_its_step(dialect: Dialect) -> None:
    assert dialect.images(TAG).step is Step.FIND_ACTIVE_IMAGE
    assert dialect.vulnerabilities(DIGEST, "all", forced=True).step is Step.REFRESH_VULNERABILITIES
    assert dialect.check(DIGEST, TAG, None).step is Step.REGATE
    assert dialect.submission(TAG).step is Step.ADD_IMAGE


@pytest.mark.parametrize("hostile", [0, [], {}, ""], ids=["number", "list", "object", "text"])
def test_the_findings_of_an_answer_are_bounded_whatever_they_are(hostile: object) -> None:
    answer = body({"evaluations": [{"details": {"findings": [hostile] * 1_000}}]})
    assert answer.count(ENTERPRISE.check(DIGEST, TAG, None).counted) >= 999


# --- images


def test_an_enterprise_record_is_read_with_all_its_tags() -> None:
    record = {
        "image_digest": DIGEST,
        "parent_digest": OTHER,
        "image_status": "active",
        "analysis_status": "analyzed",
        "image_detail": [
            {
                "full_tag": "reg.io/app:1",
                "tag_detected_at": "2026-11-20T09:30:19Z",
                "registry": "r",
            },
            {"full_tag": "reg.io/app:latest", "tag_detected_at": None},
            {"full_tag": None},
        ],
        "last_updated": "2026-11-20T09:31:00Z",
    }
    assert ENTERPRISE.read_images(body({"items": [record]})) == [
        ImageRecord(
            digest=DIGEST,
            tags=(
                DetectedTag("reg.io/app:1", datetime(2026, 11, 20, 9, 30, 19, tzinfo=UTC)),
                DetectedTag("reg.io/app:latest", None),
                DetectedTag("", None),
            ),
            parent_digest=OTHER,
            image_status="active",
            analysis_status="analyzed",
        )
    ]


@pytest.mark.parametrize(
    ("content", "platform"),
    [
        pytest.param(
            {"metadata": {"arch": "arm64", "distro": "debian"}}, "linux/arm64", id="linux"
        ),
        pytest.param(
            {"metadata": {"arch": "amd64", "distro": "windows"}}, "windows/amd64", id="win"
        ),
        pytest.param({"metadata": {"arch": "s390x"}}, "linux/s390x", id="no-distro"),
        pytest.param({"metadata": {"arch": ""}}, None, id="before-the-analysis"),
        pytest.param({"metadata": {"arch": 7, "distro": 7}}, None, id="another-type"),
        pytest.param({"metadata": None}, None, id="no-metadata"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_a_record_names_its_platform(content: object, platform: str | None) -> None:
    record = {"image_digest": DIGEST, "image_content": content}
    (read,) = ENTERPRISE.read_images(body({"items": [record]}))
    assert read.platform == platform


def test_the_history_of_a_tag_is_asked_for_by_its_name() -> None:
    parameters = {"full_tag": str(TAG), "image_status": "active", "history": "true"}
    assert ENTERPRISE.images(TAG, history=True).parameters == parameters


@pytest.mark.parametrize("detail", [{}, {"image_detail": None}, {"image_detail": []}])
def test_an_enterprise_record_that_names_no_tag_bears_none(detail: dict[str, object]) -> None:
    (record,) = ENTERPRISE.read_images(body({"items": [{"image_digest": DIGEST, **detail}]}))
    assert (record, record.bears(TAG)) == (ImageRecord(DIGEST, tags=()), False)


@pytest.mark.parametrize(
    ("annotations", "team"),
    [
        pytest.param({"annotations": {"team": "payments", "other": 1}}, "payments", id="said"),
        pytest.param({"annotations": {"team": " pay\nments\u0000"}}, "pay ments", id="one-line"),
        pytest.param({"annotations": {"team": "x" * 101}}, "x" * 97 + "...", id="bounded"),
        pytest.param({"annotations": {"team": "\u200b "}}, None, id="nothing-left"),
        pytest.param({"annotations": {"Team": "payments"}}, None, id="another-name"),
        pytest.param({"annotations": {"team": ["payments"]}}, None, id="no-text"),
        pytest.param({"annotations": {"team": None}}, None, id="null"),
        pytest.param({"annotations": {}}, None, id="none"),
        pytest.param({"annotations": None}, None, id="null-annotations"),
        pytest.param({"annotations": ["team"]}, None, id="another-type"),
        pytest.param({}, None, id="not-answered"),
    ],
)
def test_the_team_is_what_the_annotation_says_if_it_is_a_text(
    annotations: dict[str, object], team: str | None
) -> None:
    dialect = EnterpriseDialect(team_annotation="team")
    (record,) = dialect.read_images(body({"items": [{"image_digest": DIGEST, **annotations}]}))
    assert record == ImageRecord(DIGEST, tags=(), team=team)


def test_without_a_name_no_annotation_is_read() -> None:
    annotated = {"image_digest": DIGEST, "annotations": {"team": "payments", "": "payments"}}
    assert ENTERPRISE.read_images(body({"items": [annotated]})) == [ImageRecord(DIGEST, tags=())]


def test_an_arazzo_record_is_read_as_one_whose_tags_are_not_told() -> None:
    record = {"imageDigest": DIGEST, "analysisStatus": "analyzed", "imageStatus": "active"}
    assert ARAZZO.read_images(body([record])) == [
        ImageRecord(DIGEST, tags=None, image_status="active", analysis_status="analyzed")
    ]


@pytest.mark.parametrize(
    ("dialect", "answer", "field"),
    [
        pytest.param(
            ENTERPRISE,
            {"items": [{"image_digest": DIGEST}, {}]},
            r"`image_digest` - at `\$.items\[1\]`",
            id="enterprise-without-digest",
        ),
        pytest.param(
            ENTERPRISE,
            {"items": [{"image_digest": None}]},
            r"at `\$.items\[0\].image_digest`",
            id="enterprise-null-digest",
        ),
        pytest.param(
            ENTERPRISE,
            {"items": [{"image_digest": "../../policies"}]},
            r"at `\$.items\[0\].image_digest`",
            id="enterprise-path-for-a-digest",
        ),
        pytest.param(
            ENTERPRISE,
            {"items": [{"image_digest": f"{DIGEST}/x"}]},
            r"at `\$.items\[0\].image_digest`",
            id="enterprise-digest-and-more",
        ),
        pytest.param(ENTERPRISE, {}, "`items`", id="enterprise-without-items"),
        pytest.param(ENTERPRISE, {"items": None}, r"at `\$.items`", id="enterprise-null-items"),
        pytest.param(ENTERPRISE, [], "Expected `object`, got `array`", id="enterprise-bare-array"),
        pytest.param(
            ARAZZO,
            [{"imageDigest": DIGEST}, {"image_digest": DIGEST}],
            r"`imageDigest` - at `\$\[1\]`",
            id="arazzo-without-digest",
        ),
        pytest.param(
            ARAZZO, [{"imageDigest": "latest"}], r"at `\$\[0\].imageDigest`", id="arazzo-bad-digest"
        ),
        pytest.param(
            ARAZZO, {"items": []}, "Expected `array`, got `object`", id="arazzo-as-enterprise"
        ),
    ],
)
def test_a_list_of_images_that_cannot_be_read_names_its_field(
    dialect: Dialect, answer: object, field: str
) -> None:
    with pytest.raises(ValidationError, match=field):
        dialect.read_images(body(answer))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2026-11-20T09:30:19Z", datetime(2026, 11, 20, 9, 30, 19, tzinfo=UTC), id="Z"),
        pytest.param(
            "2026-11-20T09:30:19",
            datetime(2026, 11, 20, 9, 30, 19, tzinfo=UTC),
            id="no-zone-is-UTC",
        ),
        pytest.param(
            "2026-11-20T09:30:19.123456789Z",
            datetime(2026, 11, 20, 9, 30, 19, 123456, tzinfo=UTC),
            id="nanoseconds",
        ),
        pytest.param(
            "2026-11-20T09:30:19+01:00",
            datetime(2026, 11, 20, 9, 30, 19, tzinfo=timezone(timedelta(hours=1))),
            id="another-zone",
        ),
        pytest.param("", None, id="empty"),
        pytest.param("yesterday", None, id="a-word"),
        pytest.param("2026-13-45T09:30:19Z", None, id="no-such-day"),
        pytest.param("1795167019", None, id="seconds-since-1970"),
    ],
)
def test_a_time_is_aware_or_none(text: str, moment: datetime | None) -> None:
    detail = [{"full_tag": "reg.io/app:1", "tag_detected_at": text}]
    answer = {"items": [{"image_digest": DIGEST, "image_detail": detail}]}
    (record,) = ENTERPRISE.read_images(body(answer))
    assert record.detected_at(TAG) == moment


# --- vulnerabilities


def test_enterprise_rows_are_read_and_kept_as_they_were_sent() -> None:
    row = {
        "vuln": "CVE-2019-5953",
        "severity": "Critical",
        "package": "wget-1.18",
        "package_name": "wget",
        "package_version": "1.18",
        "package_path": "pkgdb",
        "fix": "None",
        "will_not_fix": None,
        "inherited_from_base": True,
        "nvd_data": [{"id": "CVE-2019-5953", "cvss_v3": {"base_score": -1.0}}],
    }
    answer = {"vulnerabilities": [row, {}], "image_digest": DIGEST, "vulnerability_type": "all"}
    read = ENTERPRISE.read_vulnerabilities(body(answer), DIGEST)
    assert read.rows == [
        Vulnerability(
            vuln="CVE-2019-5953",
            severity="Critical",
            package="wget-1.18",
            package_name="wget",
            package_version="1.18",
            package_path="pkgdb",
            fix="None",
            inherited_from_base=True,
            nvd_data=read.rows[0].nvd_data,
        ),
        Vulnerability(),
    ]
    assert json.loads(bytes(read.rows[0].nvd_data)) == row["nvd_data"]
    assert json.loads(bytes(read.document)) == [row, {}]


@pytest.mark.parametrize("odd", [None, "None", "", 7, -1.0, True, [], {}, [[]], [7], {"epss": []}])
def test_a_field_that_no_verdict_needs_never_costs_the_list(odd: object) -> None:
    optional = ["url", "nvd_data", "vendor_data", "is_kev", "epss"]
    optional += ["suggested_fix_version", "annotation_status", "detected_at"]
    rows = [{"vuln": "CVE-1", "package_name": "lib", field: odd} for field in optional]
    read = ENTERPRISE.read_vulnerabilities(body({"vulnerabilities": rows}), DIGEST)
    found = Finding("vulnerabilities", "package", "CVE-1+lib", action="stop")
    assert [finding.package for finding in blocking_findings([found], read.rows)] == ["lib"]


def test_arazzo_rows_are_read_by_the_document_s_names() -> None:
    row = {
        "vuln": "CVE-2019-5953",
        "severity": "High",
        "package": "wget",
        "packageVersion": "1.18",
        "packagePath": "/usr/bin/wget",
        "fix": "1.19",
        "feedGroup": "debian:9",
    }
    read = ARAZZO.read_vulnerabilities(body({"vulnerabilities": [row]}), DIGEST)
    assert read.rows == [
        Vulnerability(
            vuln="CVE-2019-5953",
            severity="High",
            package="wget",
            package_version="1.18",
            package_path="/usr/bin/wget",
            fix="1.19",
        )
    ]
    assert json.loads(bytes(read.document)) == [row]


@pytest.mark.parametrize(
    "about",
    [
        pytest.param({"image_digest": DIGEST}, id="the-digest"),
        pytest.param({"image_digest": DIGEST.upper().replace("SHA", "sha")}, id="in-capitals"),
        pytest.param({"image_digest": None}, id="null"),
        pytest.param({}, id="not-said"),
    ],
)
def test_a_list_about_the_image_or_about_none_by_name_is_read(about: dict[str, object]) -> None:
    assert (
        ENTERPRISE.read_vulnerabilities(body({"vulnerabilities": [], **about}), DIGEST).rows == []
    )


def test_a_list_about_another_image_is_none() -> None:
    answer = {"vulnerabilities": [], "image_digest": OTHER}
    with pytest.raises(ValidationError, match=f"the list is about another image: {OTHER}"):
        ENTERPRISE.read_vulnerabilities(body(answer), DIGEST)


@pytest.mark.parametrize("dialect", [ENTERPRISE, ARAZZO], ids=["enterprise", "arazzo"])
@pytest.mark.parametrize(
    ("answer", "field"),
    [
        pytest.param({}, "missing required field `vulnerabilities`", id="missing"),
        pytest.param({"vulnerabilities": None}, r"got `null` - at `\$.vulnerabilities`", id="null"),
        pytest.param(
            {"vulnerabilities": {}}, r"got `object` - at `\$.vulnerabilities`", id="no-list"
        ),
        pytest.param(
            {"vulnerabilities": [{}, "CVE-1"]},
            r"got `str` - at `\$.vulnerabilities\[1\]`",
            id="row-of-a-wrong-type",
        ),
        pytest.param(
            {"vulnerabilities": [{"severity": 9.8}]},
            r"got `float` - at `\$.vulnerabilities\[0\].severity`",
            id="field-of-a-wrong-type",
        ),
        pytest.param([], "Expected `object`, got `array`", id="bare-array"),
    ],
)
def test_a_list_of_vulnerabilities_that_cannot_be_read_names_its_field(
    dialect: Dialect, answer: object, field: str
) -> None:
    with pytest.raises(ValidationError, match=field):
        dialect.read_vulnerabilities(body(answer), DIGEST)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'{"vulnerabilities": [{"vuln": "caf\xe9"}]}', id="not-UTF-8"),
        pytest.param(b'{"vulnerabilities": ' + b"[" * 100_000, id="nested-without-end"),
        pytest.param(b'{"vulnerabilities": [', id="truncated"),
    ],
)
def test_bytes_that_are_no_json_are_malformed_whatever_decoding_raises(raw: bytes) -> None:
    with pytest.raises(MALFORMED):
        ENTERPRISE.read_vulnerabilities(bytearray(raw), DIGEST)
