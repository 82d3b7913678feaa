"""An image of several platforms: all are gated, and the worst outcome is the image's."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import replace

from rescan.gate.evaluation import Allowlisted, Evaluation, Problem
from rescan.gate.model import (
    DetectedTag,
    ImageRecord,
    Outcome,
    RescanRequest,
    Vulnerability,
    VulnerabilityList,
)
from rescan.gate.platforms import in_short, is_needed, outcome_of, platform_names, together
from rescan.gate.report import Report
from rescan.gate.workflow import rescan
from rescan.kernel.errors import AnchoreError, ImageUnknown
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.team import UNROUTED
from tests.support.entries import NEW, OLD, TAG, TRIGGER, finding
from tests.support.several_platforms import (
    ERRORS,
    INDEX,
    NEWEST_AT,
    OLD_INDEX,
    STATUSES,
    Platforms,
    digest_of,
)

REQUEST = RescanRequest(TAG, TRIGGER)
VERDICTS = ("stop", "warn", "go")
_ARCHES = ("amd64", "arm64", "s390x", "ppc64le")


def outcomes(report: Report) -> dict[str | None, str]:
    return {each.platform: outcome_of(each) for each in report.platforms}


# --- which records are the image, and what they are asked


def test_each_platform_is_gated_by_its_own_digest() -> None:
    anchore = Platforms({"arm64": "go", "amd64": "go"})
    report = rescan(anchore, REQUEST)
    asked = [(how, arch) for arch in ("arm64", "amd64") for how in ("forced", "check")]
    assert anchore.asked == [("list", ""), ("history", ""), *asked]
    assert outcomes(report) == {"linux/arm64": "go", "linux/amd64": "go"}
    assert report.reason == "linux/arm64: go; linux/amd64: go"


@pytest.mark.parametrize("parent", [None, digest_of("amd64")])
def test_an_image_of_one_platform_takes_the_three_requests(parent: Digest | None) -> None:
    anchore = Platforms({"amd64": "stop"}, {"amd64": ("CVE-1",)}, parent=parent)
    report = rescan(anchore, REQUEST)
    assert anchore.asked == [("list", ""), ("forced", "amd64"), ("check", "amd64")]
    assert (report.platforms, report.blocking[0].platforms, anchore.shares) == ((), (), [])


def test_an_index_of_which_one_platform_is_known_is_an_image_of_one() -> None:
    anchore = Platforms({"amd64": "go"})
    report = rescan(anchore, REQUEST)
    assert anchore.asked[:2] == [("list", ""), ("history", "")]
    assert (report.outcome, report.platforms, len(anchore.asked)) == (Outcome.GO, (), 4)


def test_a_history_that_knows_no_image_contradicts_the_list() -> None:
    anchore = Platforms({"arm64": "go", "amd64": "stop"}, history_is_unknown=True)
    with pytest.raises(ImageUnknown):
        rescan(anchore, REQUEST)


def _older(digest: Digest, parent: Digest, tag: str = str(TAG)) -> ImageRecord:
    at = NEWEST_AT - timedelta(days=9)
    return ImageRecord(digest, (DetectedTag(tag, at),), parent_digest=parent)


def test_records_of_an_older_index_are_another_image() -> None:
    others = (_older(OLD, OLD_INDEX), _older(NEW, INDEX, "reg.io/app:2"))
    anchore = Platforms({"arm64": "go", "amd64": "go"}, others=others)
    digests = rescan(anchore, REQUEST).digests
    assert digests == (INDEX, digest_of("arm64"), digest_of("amd64"))


class _Learning(Platforms):
    """It learns of amd64 between the first history and the second one."""

    def tag_history(self, tag: ImageTag) -> list[ImageRecord]:
        records, is_first = super().tag_history(tag), self.asked.count(("history", "")) == 1
        return [one for one in records if not is_first or one.digest != digest_of("amd64")]


def test_what_supersedes_a_push_is_judged_by_the_newest_answer() -> None:
    push = replace(TRIGGER, at=NEWEST_AT - timedelta(days=10))
    anchore = _Learning({"arm64": "go", "amd64": "stop"}, others=(_older(OLD, OLD_INDEX),))
    report = rescan(anchore, replace(REQUEST, digest=OLD_INDEX, trigger=push, awaits_push=True))
    assert report.outcome is Outcome.STOP
    assert report.digests == (INDEX, digest_of("arm64"), digest_of("amd64"))
    assert any("superseded" in note for note in report.notes)


@pytest.mark.parametrize("pushed", [INDEX, digest_of("arm64"), digest_of("amd64")])
def test_a_push_of_an_index_is_known_by_its_digest(pushed: Digest) -> None:
    report = rescan(Platforms({"arm64": "go", "amd64": "go"}), replace(REQUEST, digest=pushed))
    assert (report.outcome, report.notes) == (Outcome.GO, ())


def test_a_push_of_another_index_is_not_known_yet() -> None:
    anchore = Platforms({"arm64": "stop", "amd64": "go"})
    assert rescan(anchore, replace(REQUEST, digest=OLD_INDEX)).outcome is Outcome.PENDING


def test_the_time_that_is_left_is_shared_by_the_platforms_to_come() -> None:
    anchore = Platforms({"arm64": "go", "amd64": "go", "s390x": "go"})
    rescan(anchore, REQUEST)
    assert anchore.shares == [3, 2, 1]


def test_only_the_platforms_that_were_refreshed_are_plainly_read() -> None:
    anchore = Platforms({"arm64": "go", "amd64": "go"})
    rescan(anchore, replace(REQUEST, fresh_digests=frozenset({digest_of("amd64")})))
    assert [how for how, _ in anchore.asked[2:]] == ["forced", "check", "plain", "check"]


def test_platforms_are_named_so_that_no_two_are_alike() -> None:
    records = [
        ImageRecord(digest, None, platform=platform)
        for digest, platform in ((OLD, "linux/arm"), (NEW, "linux/arm"), (INDEX, None))
    ]
    assert platform_names(records) == [
        "linux/arm (sha256:aaaaaaaaaaaa)",
        "linux/arm (sha256:bbbbbbbbbbbb)",
        "unknown (sha256:111111111111)",
    ]


# --- what they come to


@pytest.mark.parametrize(
    ("arm64", "amd64", "outcome"),
    [
        ("go", "warn", Outcome.WARN),
        ("warn", "stop", Outcome.STOP),
        ("stop", "analyzing", Outcome.STOP),
        ("forbidden", "stop", Outcome.STOP),
        ("go", "analyzing", Outcome.PENDING),
        ("go", "doubt", Outcome.NOT_EVALUATED),
        ("doubt", "analyzing", Outcome.NOT_EVALUATED),
        ("analysis_failed", "go", Outcome.GO),
        ("analysis_failed", "analysis_failed", Outcome.NOT_EVALUATED),
        ("analyzing", "analysis_failed", Outcome.PENDING),
    ],
)
def test_the_worst_outcome_is_the_image_s(arm64: str, amd64: str, outcome: Outcome) -> None:
    assert rescan(Platforms({"arm64": arm64, "amd64": amd64}), REQUEST).outcome is outcome


def test_the_outputs_are_those_of_the_platform_that_decides() -> None:
    cves = {"amd64": ("CVE-1", "CVE-2")}
    report = rescan(Platforms({"arm64": "go", "amd64": "stop"}, cves), REQUEST)
    assert (report.image_digest, report.final_action) == (digest_of("amd64"), "stop")
    assert report.reason == "linux/arm64: go; linux/amd64: 2 findings"
    assert report.vulnerabilities is not None
    assert len(report.vulnerabilities.rows) == 2


def test_the_rows_of_a_platform_that_does_not_decide_are_only_counted() -> None:
    cves = {"arm64": ("CVE-1",), "amd64": ("CVE-2", "CVE-3")}
    decides, other = rescan(Platforms({"arm64": "stop", "amd64": "stop"}, cves), REQUEST).platforms
    assert decides.vulnerabilities is not None
    assert other.vulnerabilities is not None
    assert decides.vulnerabilities.rows[0].package_name == "lib"
    assert {row.package_name for row in other.vulnerabilities.rows} == {None}
    assert other.vulnerabilities.by_severity() == {"high": 2}
    assert {finding.package for finding in other.blocking} == {"lib"}


def test_a_finding_of_several_platforms_is_told_once() -> None:
    cves = {"arm64": ("CVE-1", "CVE-2"), "amd64": ("CVE-2", "CVE-3")}
    report = rescan(Platforms({"arm64": "stop", "amd64": "stop"}, cves), REQUEST)
    assert {finding.vulnerability: finding.platforms for finding in report.blocking} == {
        "CVE-1": ("linux/arm64",),
        "CVE-2": ("linux/arm64", "linux/amd64"),
        "CVE-3": ("linux/amd64",),
    }
    assert all(finding.severity.name == "HIGH" for finding in report.blocking)


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_of_one_platform_is_the_image_s_unless_another_stops(error: str) -> None:
    with pytest.raises(AnchoreError) as raised:
        rescan(Platforms({"arm64": error, "amd64": "go"}), REQUEST)
    assert raised.value is ERRORS[error]

    stopped = rescan(Platforms({"arm64": error, "amd64": "stop"}), REQUEST)
    assert stopped.outcome is Outcome.STOP
    assert [each.error for each in stopped.unevaluated] == [ERRORS[error]]
    assert stopped.unfinished == ERRORS[error].fate.passes


# --- what Anchore has not analyzed


@pytest.mark.parametrize(
    ("status", "request_", "outcome", "said"),
    [
        pytest.param("analysis_failed", REQUEST, "go", "not_analyzed", id="failed"),
        pytest.param("analyzing", REQUEST, "pending", "pending", id="awaited"),
        pytest.param(
            "analyzing",
            replace(REQUEST, awaits_analysis=False),
            "go",
            "not_analyzed",
            id="given-up",
        ),
        pytest.param(
            "analyzing",
            replace(REQUEST, awaits_analysis=False, running=frozenset({digest_of("arm64")})),
            "pending",
            "pending",
            id="given-up-and-it-runs",
        ),
        pytest.param(
            "analysis_failed",
            replace(REQUEST, running=frozenset({digest_of("arm64")})),
            "not_evaluated",
            "not_evaluated",
            id="failed-and-it-runs",
        ),
        pytest.param(
            "analysis_failed",
            replace(REQUEST, running=frozenset({digest_of("amd64"), INDEX})),
            "go",
            "not_analyzed",
            id="failed-and-another-runs",
        ),
    ],
)
def test_what_is_not_analyzed_is_named_and_needed_only_while_it_runs(
    status: str, request_: RescanRequest, outcome: str, said: str
) -> None:
    report = rescan(Platforms({"arm64": status, "amd64": "go"}), request_)
    name = f"unknown ({digest_of('arm64')[:19]})"
    assert report.outcome == outcome
    assert outcomes(report) == {name: said, "linux/amd64": "go"}
    assert f"{name}: the analysis" in report.reason


# --- whatever they come to

came_to = st.sampled_from([*VERDICTS, "doubt", *STATUSES, *ERRORS])
images = st.lists(came_to, min_size=2, max_size=4).map(
    lambda each: dict(zip(_ARCHES, each, strict=False))
)
requests = st.builds(
    lambda awaits, running: replace(
        REQUEST, awaits_analysis=awaits, running=frozenset(map(digest_of, running))
    ),
    st.booleans(),
    st.sets(st.sampled_from(_ARCHES)),
)


def _rescanned(anchore: Platforms, request: RescanRequest) -> Report | None:
    try:
        return rescan(anchore, request)
    except AnchoreError:
        return None


@given(images, requests)
def test_one_stop_among_the_platforms_always_stops(
    image: dict[str, str], request_: RescanRequest
) -> None:
    report = _rescanned(Platforms(image), request_)
    stops = report is not None and report.outcome is Outcome.STOP
    assert stops == ("stop" in image.values())


@given(images, requests)
def test_no_go_while_a_platform_that_counts_has_no_verdict(
    image: dict[str, str], request_: RescanRequest
) -> None:
    report = _rescanned(Platforms(image), request_)
    if report is None or report.outcome not in (Outcome.GO, Outcome.WARN):
        return
    others = {arch: said for arch, said in image.items() if said not in ("go", "warn")}
    assert set(others.values()) <= set(STATUSES)
    assert not {digest_of(arch) for arch in others} & request_.running
    if request_.awaits_analysis:
        assert set(others.values()) <= {"analysis_failed"}
    assert {"go", "warn"} & set(image.values())
    assert [each.needed for each in report.platforms] == [arch not in others for arch in image]


@given(images, requests)
def test_one_list_or_two_and_two_requests_a_platform_that_is_analyzed(
    image: dict[str, str], request_: RescanRequest
) -> None:
    anchore = Platforms(image)
    report = _rescanned(anchore, request_)
    analyzed = [arch for arch, said in image.items() if said not in STATUSES]
    steps = [(how, arch) for arch in analyzed for how in ("forced", "check")]
    assert anchore.asked == [("list", ""), ("history", ""), *steps]
    if report is not None:
        assert len(report.platforms) == len(image)
        assert all(is_needed(each, request_) == each.needed for each in report.platforms)


# --- what the image's report has of its platforms


def _reports(**outcomes: Outcome) -> list[Report]:
    """The report on each platform, without an evaluation."""
    return [
        Report(TAG, TRIGGER, outcome, "because", digest_of(arch), platform=arch)
        for arch, outcome in outcomes.items()
    ]


def _evaluated(platform: Report, **facts: object) -> Report:
    said = Evaluation(platform.image_digest, str(TAG), "p", platform.outcome.value)
    return replace(platform, evaluation=replace(said, **facts))


def _evaluation(*platforms: Report) -> Evaluation:
    said = together(platforms).evaluation
    assert said is not None
    return said


def test_the_evaluation_has_the_findings_of_all_that_were_judged_and_the_doubts_of_the_worst() -> (
    None
):
    go, stop, other, doubt = _reports(
        a=Outcome.GO, b=Outcome.STOP, c=Outcome.STOP, d=Outcome.NOT_EVALUATED
    )
    one, two, three = (finding(f"CVE-{number}") for number in range(3))
    held, errors = Allowlisted(two), [Problem("error", name) for name in "xy"]
    said = _evaluation(
        _evaluated(go, findings=(one,), problems=(Problem("warn"),), allowlisted=(held,)),
        _evaluated(stop, findings=(two,), problems=errors[:1]),
        _evaluated(other, problems=errors[1:], findings_problem="1 finding is not readable"),
        _evaluated(doubt, findings=(three,), allowlisted=(Allowlisted(one),)),
    )
    assert (said.findings, said.allowlisted) == ((one, two), (held,))
    assert said.problems == tuple(errors)
    assert said.findings_problem == "1 finding is not readable"


def test_without_a_verdict_the_evaluation_is_that_of_the_platform_that_decides() -> None:
    go, doubt = _reports(a=Outcome.GO, b=Outcome.NOT_EVALUATED)
    decides = _evaluated(doubt, findings=(finding("CVE-1"),))
    assert together([_evaluated(go, findings=(finding("CVE-2"),)), decides]).evaluation == (
        decides.evaluation
    )
    assert together([_evaluated(go), doubt]).evaluation is None


@pytest.mark.parametrize(
    ("outcome", "reasons", "expected"),
    [
        (Outcome.STOP, ("policy_evaluation", "denylisted"), "denylisted"),
        (Outcome.STOP, ("policy_evaluation", "other"), "policy_evaluation"),
        (Outcome.GO, ("allowlisted", "policy_evaluation"), "policy_evaluation"),
        (Outcome.GO, ("allowlisted", "allowlisted"), "allowlisted"),
    ],
)
def test_one_denylist_stops_and_only_allowlists_of_all_let_pass(
    outcome: Outcome, reasons: tuple[str, str], expected: str
) -> None:
    both = zip(_reports(a=outcome, b=outcome), reasons, strict=True)
    said = _evaluation(*(_evaluated(one, final_action_reason=reason) for one, reason in both))
    assert said.final_action_reason == expected


def test_the_image_has_each_note_once_and_the_team_that_any_platform_names() -> None:
    first, second = _reports(a=Outcome.GO, b=Outcome.GO)
    whole = together(
        [replace(first, notes=("x", "y")), replace(second, notes=("y", "z"), team="payments")]
    )
    assert (whole.notes, whole.team, whole.platform) == (("x", "y", "z"), "payments", None)
    assert together([first, second]).team == UNROUTED


def test_a_platform_is_told_in_short() -> None:
    stop, go, failed = _reports(a=Outcome.STOP, b=Outcome.GO, c=Outcome.NOT_EVALUATED)
    finds = (finding("CVE-1"), finding("CVE-2"))
    assert in_short(_evaluated(stop, findings=finds[:1])) == "1 finding"
    assert in_short(_evaluated(stop, findings=finds)) == "2 findings"
    assert in_short(_evaluated(stop)) == "because"
    assert in_short(_evaluated(go, findings=finds)) == "go"
    assert in_short(_evaluated(failed, findings=finds)) == "because"


def test_an_error_of_a_platform_is_told_in_its_report() -> None:
    report = rescan(Platforms({"arm64": "forbidden", "amd64": "stop"}), REQUEST)
    failed, error = report.platforms[0], ERRORS["forbidden"]
    assert (failed.cause, failed.reason) == (error.cause, str(error))
    assert (failed.platform, failed.image_digest) == ("linux/arm64", digest_of("arm64"))


def test_a_list_without_its_rows_still_names_its_vulnerabilities_and_what_follows() -> None:
    cves = {"arm64": ("CVE-1",), "amd64": ("CVE-2", "CVE-3")}
    other = rescan(Platforms({"arm64": "stop", "amd64": "stop"}, cves), REQUEST).platforms[1]
    assert other.vulnerabilities is not None
    assert [row.vuln for row in other.vulnerabilities.rows] == ["CVE-2", "CVE-3"]
    assert bytes(other.vulnerabilities.document) == b"[]"
    assert [finding.listed for finding in other.blocking] == [True, True]


def test_the_newest_record_counts_though_the_history_does_not_have_it_yet() -> None:
    class Behind(Platforms):
        def tag_history(self, tag: ImageTag) -> list[ImageRecord]:
            return super().tag_history(tag)[1:]

    report = rescan(Behind({"arm64": "stop", "amd64": "go"}), REQUEST)
    assert outcomes(report) == {"linux/arm64": "stop", "linux/amd64": "go"}


def test_what_allowlists_hold_back_is_kept_without_the_rows_of_the_list() -> None:
    [go] = _reports(a=Outcome.GO)
    rows = [Vulnerability(vuln="CVE-1", severity="High", package_name="lib")]
    held = Allowlisted(finding("CVE-1", allowlisted=True), "ours", ends=True, until=NEWEST_AT)
    listed = VulnerabilityList(rows, Raw(b"[]"))
    whole = replace(_evaluated(go, allowlisted=(held,)), vulnerabilities=listed)
    [ending] = whole.condensed().suppressed.endings
    assert ending.findings[0].listed
