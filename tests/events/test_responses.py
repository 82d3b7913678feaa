"""The shapes that callers of the function read."""

import json

import msgspec
import pytest
from msgspec.structs import replace

from rescan.events import responses as answers
from rescan.events.gate_result import GateResult
from rescan.gate.model import (
    Notification,
    Outcome,
    Trigger,
    TriggerKind,
    Vulnerability,
    VulnerabilityList,
)
from rescan.gate.report import Report
from rescan.kernel.image_tag import Digest, ImageTag

DIGEST = Digest("sha256:" + "a" * 64)


def gated(rows: list[dict[str, str]] | None) -> GateResult:
    answer = bytearray(msgspec.json.encode({"vulnerabilities": rows}))
    listed = rows if rows is None else msgspec.convert(rows, list[Vulnerability])
    report = Report(
        tag=ImageTag.parse("app:1"),
        trigger=Trigger(TriggerKind.DIRECT),
        outcome=Outcome.STOP,
        reason="1 finding stops it",
        image_digest=DIGEST,
        vulnerabilities=None if listed is None else VulnerabilityList(listed, answer),
        final_action="stop",
        policy_id="p1",
        notes=("superseded",),
    )
    return GateResult(report.tag, report, Notification.PUBLISHED)


ROWS = [
    {"vuln": "CVE-1", "severity": "Low", "unused": "kept"},
    {"vuln": "CVE-2", "severity": "Critical"},
    {"vuln": "CVE-3", "severity": "low"},
    {"vuln": "CVE-4", "severity": "Apocalyptic"},
]


def test_an_event_s_result_counts_vulnerabilities_worst_first() -> None:
    result = answers.result(gated(ROWS))
    assert result == {
        "tag": "docker.io/app:1",
        "outcome": "stop",
        "imageDigest": DIGEST,
        "finalAction": "stop",
        "policyId": "p1",
        "vulnerabilities": {"critical": 1, "low": 2, "unknown": 1},
        "notification": "published",
        "reason": "1 finding stops it; superseded",
    }
    assert list(result["vulnerabilities"]) == ["critical", "low", "unknown"]


def test_a_direct_answer_gives_the_rows_as_anchore_sent_them() -> None:
    assert answers.in_full(gated(ROWS)) == {
        "imageDigest": DIGEST,
        "vulnerabilities": ROWS,
        "finalAction": "stop",
        "outcome": "stop",
        "notification": "published",
        "reason": "1 finding stops it; superseded",
        "policyId": "p1",
        "vulnerabilitiesTotal": 4,
    }


def test_of_several_platforms_each_is_answered_the_worst_first() -> None:
    one = gated(ROWS)
    assert one.report is not None
    good = replace(one.report, platform="linux/arm64", outcome=Outcome.GO)
    failed = replace(
        one.report,
        platform="linux/s390x",
        image_digest=None,
        outcome=Outcome.NOT_EVALUATED,
        needed=False,
    )
    bad = replace(one.report, platform="linux/amd64")
    whole = replace(one, report=replace(one.report, platforms=(good, failed, bad)))
    platforms = [
        {"platform": "linux/amd64", "digest": DIGEST, "outcome": "stop"},
        {"platform": "linux/arm64", "digest": DIGEST, "outcome": "go"},
        {"platform": "linux/s390x", "digest": None, "outcome": "not_analyzed"},
    ]
    assert answers.result(whole) == answers.result(one) | {"platforms": platforms}
    assert answers.in_full(whole) == answers.in_full(one) | {"platforms": platforms}


def test_a_list_that_was_not_read_is_null_not_empty() -> None:
    assert answers.in_full(gated(None))["vulnerabilities"] is None
    assert answers.result(gated(None))["vulnerabilities"] is None


def test_rows_that_cannot_be_shown_do_not_fail_the_answer() -> None:
    sent = bytearray(b'{"vulnerabilities": [{"vuln": "CVE-1", "unused": "\xff"}]}')
    listed = VulnerabilityList([Vulnerability(vuln="CVE-1")], sent)
    report = gated(ROWS).report
    assert report is not None
    answer = answers.in_full(GateResult(report.tag, replace(report, vulnerabilities=listed)))
    assert (answer["vulnerabilities"], answer["vulnerabilitiesTotal"]) == (None, 1)
    assert answer["reason"].endswith("1 vulnerabilities cannot be shown: their JSON is malformed")


@pytest.mark.parametrize("text", ["x", "\U0001f4a5", '"\\'], ids=["ascii", "emoji", "escapes"])
def test_an_answer_stays_below_lambda_s_6_mb_and_says_that_it_was_cut(text: str) -> None:
    rows = [{"vuln": f"CVE-{n}", "package": text * 300} for n in range(20_000)]
    answer = answers.in_full(gated(rows))
    shown = len(answer["vulnerabilities"])
    assert len(json.dumps(answer).encode()) < 6 * 1024 * 1024
    assert (answer["vulnerabilitiesTotal"], answer["vulnerabilities"]) == (20_000, rows[:shown])
    assert answer["reason"].endswith(f"{shown:,} of 20,000 vulnerabilities fit into this answer")


def test_work_that_ended_without_a_report_says_how() -> None:
    gone_back = GateResult(ImageTag.parse("app:1"), requeued=True, why="no connection")
    result = answers.result(gone_back)
    assert (result["outcome"], result["reason"]) == (None, "no connection")


def test_who_waits_for_an_answer_gets_one_or_an_error() -> None:
    with pytest.raises(
        ValueError, match=r"^work that a caller waits for always ends with a report$"
    ):
        answers.in_full(GateResult(ImageTag.parse("app:1")))


def test_a_list_that_was_not_read_has_no_rows() -> None:
    assert answers.in_full(gated(None))["vulnerabilitiesTotal"] == 0


def test_rows_that_just_fit_are_all_shown() -> None:
    fixed = len(json.dumps({"vuln": ""})) + 2
    text = "x" * (answers.LARGEST_LIST_BYTES - fixed)
    assert answers.in_full(gated([{"vuln": text}]))["vulnerabilities"] == [{"vuln": text}]
    assert answers.in_full(gated([{"vuln": text + "x"}]))["vulnerabilities"] == []
