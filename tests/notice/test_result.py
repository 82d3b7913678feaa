"""The attribute `result`, held against its schema."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Severity
from rescan.ledger.changes import ClearedBy, ClearedFinding
from rescan.ledger.news import News
from tests.support.notices.announced import ID, cleared, recovered, reminder, stop
from tests.support.notices.news_cases import GOLDEN, moved_tag, new_and_known, watched_tag_not_found
from tests.support.notices.outbox_texts import notice_of
from tests.support.notices.rendered import mail
from tests.support.notices.reports import (
    DIGEST,
    FTPD,
    OTHER_DIGEST,
    POLICY_ID,
    TAG,
    evaluation,
    exploited,
    finding,
    listed,
    report,
    typical,
)
from tests.support.notices.schema import SCHEMA, errors, errors_of_version_1, open_errors


def result_of(news: News) -> Any:
    """The result, decoded by another decoder than ours."""
    return json.loads(notice_of(news).result)


def test_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert errors({}) != []


@pytest.mark.parametrize("case", GOLDEN)
def test_result_has_the_shape_that_the_schema_promises(case: str) -> None:
    assert errors(json.loads(mail(case).result)) == []


def test_field_that_is_added_later_is_no_new_version_for_readers_and_one_of_ours_is_named() -> None:
    result = result_of(stop(typical())) | {"more": 1}
    result["stopping"]["findings"][0] |= {"more": 1}
    assert open_errors(result) == []
    assert len(errors(result)) == 2


# A kind that is added later is one that a reader of any version leaves alone.
@pytest.mark.parametrize("case", [case for case in GOLDEN if not case.startswith("ended")])
def test_reader_of_version_1_finds_all_that_it_had(case: str) -> None:
    result = json.loads(mail(case).result)
    assert result["version"] == "2"
    assert errors_of_version_1(result) == []


def test_what_version_1_has_not_got_is_seen_to_be_missing() -> None:
    result = result_of(stop(typical()))
    del result["stopping"]["findings"][0]["message"]
    assert len(errors_of_version_1(result)) == 1


def test_finding_says_whether_it_is_exploited_how_likely_and_where_to_read() -> None:
    result = result_of(stop(exploited()))
    glibc, ftpd, port = result["stopping"]["findings"]
    named = ("known_exploited", "epss", "cvss", "url", "suggested_fix", "annotation", "detected_at")
    assert pick(glibc, *named, "fixed_in", "rule_set") == {
        "known_exploited": True,
        "epss": {"score": 0.9412, "percentile": 0.9991},
        "cvss": 7.8,
        "url": "https://access.redhat.com/security/cve/CVE-2023-4911",
        "suggested_fix": "2.34-60.el9_2.7",
        "annotation": "affected",
        "detected_at": "2026-11-24T21:50:55Z",
        "fixed_in": "2.34-60.el9_2.7, 2.39",
        "rule_set": "OS packages",
    }
    assert (ftpd["known_exploited"], ftpd["suggested_fix"]) == (False, None)
    assert pick(port, *named) == dict.fromkeys(named)
    assert (result["policy_id"], result["policy_name"]) == (POLICY_ID, "Production")


def test_due_date_has_its_place_in_version_2() -> None:
    result = result_of(stop(exploited()))
    result["stopping"]["findings"][0]["due_at"] = "2026-11-27"
    assert errors(result) == []


def test_report_that_says_next_to_nothing_still_gives_a_whole_result() -> None:
    bare = replace(
        report(evaluation(policy_id=None)), evaluation=None, final_action=None, image_digest=None
    )
    assert errors(result_of(stop(bare))) == []


def test_image_and_trigger_are_taken_apart_for_machines() -> None:
    result = result_of(
        stop(report(evaluation(finding("CVE-2013-2512+ftpd")), vulnerabilities=listed(FTPD)))
    )
    assert (result["image"], result["trigger"]) == (
        {
            "registry": TAG.registry,
            "repository": "payments/api",
            "tag": "2.4.1",
            "full_tag": str(TAG),
            "digest": DIGEST,
        },
        {"kind": "ecr_push", "at": "2026-11-24T21:50:37Z"},
    )


def pick(result: Any, *names: str) -> dict[str, Any]:
    """Some fields of a result."""
    return {name: result[name] for name in names}


def test_new_findings_are_marked_and_come_first() -> None:
    result = result_of(new_and_known())
    found = [(f["new"], f["severity"], f["vulnerability"]) for f in result["stopping"]["findings"]]
    assert found == [
        (True, "critical", "CVE-2013-2512"),
        (True, "high", "CVE-2020-25648"),
        (False, "high", "CVE-2019-25013"),
        (False, "medium", "GHSA-5mg8-w23w-74h3"),
        (False, "medium", "GHSA-5mg8-w23w-74h3"),
        (False, "unknown", None),
    ]
    assert pick(result["stopping"], "total", "new", "shown") == {"total": 6, "new": 2, "shown": 6}


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        pytest.param(stop(typical()), 6, id="first-stop"),
        pytest.param(stop(typical(), new=frozenset()), 0, id="named-none"),
        pytest.param(stop(typical(), new=frozenset([finding("gone").key])), 0, id="named-others"),
        pytest.param(reminder(typical()), 0, id="reminder"),
    ],
)
def test_stop_that_names_no_finding_as_new_lists_all(news: News, expected: int) -> None:
    stopping = result_of(news)["stopping"]
    assert pick(stopping, "total", "new", "shown") == {"total": 6, "new": expected, "shown": 6}
    assert [f["new"] for f in stopping["findings"]] == [expected > 0] * 6


def test_two_findings_with_one_key_are_both_new() -> None:
    found = [
        finding(f"hash-{port}", f"port ({port})", gate="dockerfile", trigger="exposed_ports")
        for port in (22, 23)
    ]
    news = stop(report(evaluation(*found)), new=frozenset([found[0].key]))
    assert [f["new"] for f in result_of(news)["stopping"]["findings"]] == [True, True]


def test_identity_time_and_digests_are_for_machines_too() -> None:
    result = result_of(moved_tag())
    assert pick(result, "id", "at", "event_type", "first_stop_at", "previous_digest") == {
        "id": ID,
        "at": "2026-11-24T21:51:02Z",
        "event_type": "STOP",
        "first_stop_at": "2026-11-24T21:51:02Z",
        "previous_digest": OTHER_DIGEST,
    }


def test_cleared_findings_say_what_took_them_away() -> None:
    news = recovered(
        cleared("CVE-1+curl", None, ClearedBy.ALLOWLISTED),
        ClearedFinding(
            FindingKey("rule", "dockerfile", "exposed_ports", "port (#)"),
            Severity.UNKNOWN,
            ClearedBy.POLICY_CHANGED,
        ),
        cleared_total=3,
    )
    vulnerability = {"gate": "vulnerabilities", "trigger": "package", "what": "CVE-1+curl"}
    port = {"gate": "dockerfile", "trigger": "exposed_ports", "what": "port (#)"}
    assert pick(result_of(news), "stopping", "cleared", "failing") == {
        "stopping": None,
        "cleared": {
            "total": 3,
            "shown": 2,
            "findings": [
                vulnerability | {"severity": None, "by": "allowlisted"},
                port | {"severity": "unknown", "by": "policy changed"},
            ],
        },
        "failing": None,
    }


def test_what_only_a_report_says_is_null_without_one() -> None:
    news = watched_tag_not_found()
    tag = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/payment/api:2.4.1"
    result = result_of(news)
    del result["image"]
    assert result == {
        "version": "2",
        "id": ID,
        "event_type": "NOT_EVALUATED",
        "at": "2026-11-24T21:51:02Z",
        "team": "unrouted",
        "outcome": None,
        "final_action": None,
        "reason": None,
        "policy_id": None,
        "policy_name": None,
        "anchore_url": None,
        "trigger": {"kind": "schedule", "at": "2026-11-24T21:50:00Z"},
        "evaluated_at": None,
        "first_stop_at": None,
        "previous_digest": None,
        "stopping": None,
        "cleared": None,
        "held_back": {"total": 0, "shown": 0, "findings": []},
        "changes": None,
        "running": {"known": False, "places": [], "total": 0},
        "failing": {
            "since": "2026-11-24T14:49:02Z",
            "step": "findActiveImage",
            "reason": f"Anchore has no active image with the tag {tag}",
        },
        "group": None,
        "vulnerabilities": None,
        "notes": [],
    }
