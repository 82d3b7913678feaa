"""The attributes, above all the result: held against its schema, and bounded in bytes."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from rescan.errors import NoticeInvalid
from rescan.image_tag import ImageTag
from rescan.model import Outcome, Problem, Report
from rescan.notice.result import LARGEST_RESULT
from rescan.notice.stop_notice import stop_notice
from tests.notice.reports import (
    DIGEST,
    FTPD,
    GOLDEN,
    TAG,
    evaluation,
    finding,
    listed,
    report,
    row,
    typical,
)

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "notice.schema.json").read_text())


def result_of(stopped: Report) -> Any:
    """The result, decoded by another decoder than ours."""
    return json.loads(stop_notice(stopped).attributes["result"])


def errors(result: Any) -> list[str]:
    """What the schema has against the result."""
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(result)]


def test_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert errors({}) != []


@pytest.mark.parametrize("case", GOLDEN)
def test_result_has_the_shape_that_the_schema_promises(case: str) -> None:
    assert errors(result_of(GOLDEN[case]())) == []


def test_schema_refuses_a_field_that_it_does_not_know() -> None:
    assert len(errors(result_of(typical()) | {"more": 1})) == 1


def test_report_that_says_next_to_nothing_still_gives_a_whole_result() -> None:
    bare = replace(
        report(evaluation(policy_id=None)), evaluation=None, final_action=None, image_digest=None
    )
    assert errors(result_of(bare)) == []


def test_attribute_without_a_value_is_the_word_none() -> None:
    attributes = dict(stop_notice(report(evaluation(policy_id=None), final_action=None)).attributes)
    del attributes["result"]
    assert attributes == {
        "event_type": "STOP",
        "registry": TAG.registry,
        "repository": "payments/api",
        "tag": "2.4.1",
        "final_action": "none",
        "policy_id": "none",
        "max_severity": "none",
        "fix_available": "none",
    }


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.STOP])
def test_nothing_but_a_stop_is_announced(outcome: Outcome) -> None:
    with pytest.raises(NoticeInvalid, match=f"2.4.1 is {outcome}, expected stop"):
        stop_notice(replace(typical(), outcome=outcome))


def flood(character: str) -> Report:
    """20,000 findings, every text of which is long and made of one character."""
    text = character * 400
    rows = [
        row(f"{number}{text}", "High", f"{number}{text}", text, fix=text)
        for number in range(10_000)
    ]
    found = [finding(f"{row.vuln}+{row.package_name}") for row in rows]
    found += [
        finding(
            f"{number}{text}+{text}",
            text,
            policy_id=text,
            rule_id=text,
            trigger=f"{number}{text}",
            recommendation=f"{number}{text}",
        )
        for number in range(10_000)
    ]
    return report(
        evaluation(
            *found,
            problems=tuple(Problem("error", text, text) for _ in range(50)),
            policy_id=text,
            evaluated_at=text,
            findings_problem=text * 2,
        ),
        tag=ImageTag(text, text, text),
        reason=text * 2,
        notes=(text * 2,) * 10,
        vulnerabilities=listed(*rows),
        vulnerabilities_problem=text * 2,
    )


@pytest.mark.parametrize(
    "character",
    [
        pytest.param("x", id="one-byte"),
        pytest.param("\U0001f680", id="four-bytes"),
        pytest.param('"', id="quote"),
        pytest.param("\\", id="backslash"),
        pytest.param("\x01", id="control"),
        pytest.param("\ud800", id="surrogate"),
        pytest.param("\n", id="line-end"),
        pytest.param("x ", id="words"),
        pytest.param("\u2028", id="line-separator"),
    ],
)
def test_notice_of_a_flood_keeps_every_limit(character: str) -> None:
    notice = stop_notice(flood(character))
    assert notice.problems() == []
    assert notice.size() <= 250_000
    assert len(notice.attributes["result"].encode()) <= LARGEST_RESULT


def test_flood_is_cut_honestly() -> None:
    stopped = flood("\U0001f680")
    notice = stop_notice(stopped)
    stopping = json.loads(notice.attributes["result"])["stopping"]
    assert (stopping["total"], stopping["shown"]) == (20_000, len(stopping["findings"]))
    assert 0 < stopping["shown"] < 20_000
    assert notice.body.endswith(
        "\n40 of 20,000 shown. The others are in Anchore, under the digest above.\n"
    )


def test_result_is_filled_as_far_as_it_may_be() -> None:
    """With ordinary findings the room is used, not given away to a careful estimate."""
    notice = stop_notice(GOLDEN["storm"]())
    assert LARGEST_RESULT - 500 < len(notice.attributes["result"].encode()) <= LARGEST_RESULT


def test_huge_message_is_cut_in_body_and_result() -> None:
    huge = finding("41cb7cdf", "m" * 300_000, gate="dockerfile", trigger="instruction")
    notice = stop_notice(report(evaluation(huge)))
    cut = "m" * 237 + "..."
    assert json.loads(notice.attributes["result"])["stopping"]["findings"][0]["message"] == cut
    assert notice.body.endswith(f"  1. POLICY  dockerfile/instruction\n     {cut}\n")


def test_image_and_trigger_are_taken_apart_for_machines() -> None:
    result = result_of(
        report(evaluation(finding("CVE-2013-2512+ftpd")), vulnerabilities=listed(FTPD))
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
