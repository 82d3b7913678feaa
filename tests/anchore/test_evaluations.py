"""How the gate's answer is read: a STOP survives any drift, a GO one that it does not hang on."""

import json
from typing import Any

import pytest
from msgspec import ValidationError

from rescan.anchore.arazzo import ArazzoDialect
from rescan.anchore.enterprise import EnterpriseDialect
from rescan.gate.evaluation import Evaluation, Finding, Problem, RuleSet
from rescan.gate.model import Outcome
from rescan.gate.verdict import judge
from tests.support.checks import DIGEST, FINDING, READ_FINDING, TAG, body, check

ENTERPRISE, ARAZZO = EnterpriseDialect(), ArazzoDialect()


def read(answer: bytearray) -> Evaluation:
    evaluation = ENTERPRISE.read_check(answer)
    assert evaluation is not None
    return evaluation


def judged(answer: bytearray, policy_id: str | None = None) -> Outcome:
    said = judge(read(answer), digest=DIGEST, tag=TAG, policy_id=policy_id, refresh_error=None)
    return said.outcome


def test_an_enterprise_evaluation_is_read_whole() -> None:
    problem = {"severity": "warn", "problem_type": "feeds", "details": "old"}
    assert read(check(evaluation_problems=[problem])) == Evaluation(
        image_digest=DIGEST,
        evaluated_tag="reg.io/app:1",
        policy_id="p1",
        final_action="stop",
        final_action_reason="policy_evaluation",
        evaluated_at="2026-11-20T09:31:04Z",
        mapped_to_rule=True,
        problems=(Problem("warn", "feeds", "old"),),
        findings=(READ_FINDING,),
    )


def test_of_several_evaluations_the_newest_counts_which_comes_first() -> None:
    answer = json.loads(check("go"))
    answer["evaluations"] += json.loads(check("stop"))["evaluations"]
    assert read(body(answer)).final_action == "go"


def test_an_empty_list_of_evaluations_is_no_evaluation() -> None:
    assert ENTERPRISE.read_check(check(top={"evaluations": []})) is None
    assert ARAZZO.read_check(body([])) is None


@pytest.mark.parametrize(
    ("policy", "name", "rule_sets"),
    [
        pytest.param(
            {"name": "Production", "rule_sets": [{"id": "r1", "name": "OS packages"}]},
            "Production",
            (RuleSet("r1", "OS packages"),),
            id="said",
        ),
        pytest.param({"id": "p1", "name": "", "rule_sets": []}, None, (), id="empty"),
        pytest.param({"name": 7, "rule_sets": {"id": "r1"}}, None, (), id="retyped"),
        pytest.param(
            {"name": "P", "rule_sets": [None, {"id": 7}, {"id": "r"}, {"id": "r", "name": "n"}]},
            "P",
            (RuleSet("r", "n"),),
            id="those-that-can-be-read",
        ),
        pytest.param(None, None, (), id="no-policy"),
        pytest.param("p1", None, (), id="policy-retyped"),
    ],
)
def test_policy_and_rule_sets_are_read_by_name(
    policy: object, name: str | None, rule_sets: tuple[RuleSet, ...]
) -> None:
    evaluation = read(check(details={"findings": [FINDING], "policy": policy}))
    assert (evaluation.policy_name, evaluation.rule_sets) == (name, rule_sets)
    assert evaluation.findings == (READ_FINDING,)


def test_the_policy_s_digest_is_that_of_its_content() -> None:
    digests = [
        read(check(details={"findings": [], "policy": policy})).policy_digest
        for policy in ({"id": "p", "rules": [1, 2]}, {"rules": [1, 2], "id": "p"}, {"id": "p"})
    ]
    assert digests[0] == digests[1]
    assert None not in digests
    assert digests[0] != digests[2]


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        pytest.param(check(top={"evaluations": None}), r"at `\$.evaluations`", id="null-list"),
        pytest.param(check(final_action=...), r"`final_action` - at .+\[0\]", id="no-action"),
        pytest.param(check(final_action=None), r"final_action`", id="null-action"),
        pytest.param(body({"image_digest": DIGEST}), "`evaluated_tag`", id="no-tag"),
        pytest.param(
            body({"image_digest": DIGEST, "evaluated_tag": str(TAG)}),
            "`evaluations`",
            id="no-evaluations",
        ),
        pytest.param(body({"evaluations": []}), "`image_digest`", id="no-digest"),
        pytest.param(body([]), "Expected `object`, got `array`", id="bare-array"),
    ],
)
def test_an_evaluation_without_what_the_verdict_hangs_on_names_its_field(
    answer: bytearray, field: str
) -> None:
    with pytest.raises(ValidationError, match=field):
        ENTERPRISE.read_check(answer)


DOUBTFUL = [
    pytest.param({"evaluation_problems": ...}, id="problems-missing"),
    pytest.param({"evaluation_problems": None}, id="problems-null"),
    pytest.param({"evaluation_problems": {}}, id="problems-no-list"),
    pytest.param({"evaluation_problems": ["feeds"]}, id="problems-of-words"),
    pytest.param({"evaluation_problems": [{"severity": 2}]}, id="problem-severity-a-number"),
    pytest.param({"evaluation_problems": [{"severity": "fatal"}]}, id="problem-severity-unseen"),
    pytest.param({"evaluation_problems": [{}]}, id="problem-that-says-nothing"),
    pytest.param({"image_mapped_to_rule": ...}, id="mapping-missing"),
    pytest.param({"image_mapped_to_rule": None}, id="mapping-null"),
    pytest.param({"image_mapped_to_rule": "true"}, id="mapping-a-word"),
    pytest.param({"image_mapped_to_rule": 1}, id="mapping-a-number"),
]
HARMLESS = [
    pytest.param({"final_action_reason": ...}, id="reason-missing"),
    pytest.param({"final_action_reason": {"code": 1}}, id="reason-retyped"),
    pytest.param({"evaluation_time": 1795167064}, id="time-retyped"),
    pytest.param({"evaluation_time": None}, id="time-null"),
    pytest.param({"details": ...}, id="details-missing"),
    pytest.param({"details": None}, id="details-null"),
    pytest.param({"details": {}}, id="details-empty"),
    pytest.param({"details": "see the UI"}, id="details-a-word"),
    pytest.param({"details": {"findings": None}}, id="findings-null"),
    pytest.param({"details": {"findings": {"rows": []}}}, id="findings-no-list"),
    pytest.param({"details": {"findings": [FINDING, 5]}}, id="one-finding-retyped"),
    pytest.param({"details": {"findings": [], "policy": "p1"}}, id="policy-retyped"),
    pytest.param(
        {"risk": {"score": 9}, "details": {"findings": [], "new": 1}}, id="further-fields"
    ),
]


@pytest.mark.parametrize("drift", [*DOUBTFUL, *HARMLESS])
def test_a_stop_survives_every_drift_of_the_answer(drift: dict[str, Any]) -> None:
    assert judged(check("stop", **drift)) is Outcome.STOP


@pytest.mark.parametrize("action", ["go", "warn"])
@pytest.mark.parametrize("drift", DOUBTFUL)
def test_a_go_does_not_survive_a_drift_that_hides_a_doubt(
    action: str, drift: dict[str, Any]
) -> None:
    assert judged(check(action, **drift)) is Outcome.NOT_EVALUATED


@pytest.mark.parametrize("drift", HARMLESS)
def test_a_go_survives_a_drift_of_what_it_does_not_hang_on(drift: dict[str, Any]) -> None:
    assert judged(check("go", **drift)) is Outcome.GO


@pytest.mark.parametrize(
    "policy_id", [None, 7, {"id": "p1"}, ["p1"]], ids=["null", "number", "object", "list"]
)
def test_a_policy_id_of_another_type_spares_a_stop(policy_id: object) -> None:
    assert judged(check("stop", {"policy_id": policy_id}), "p1") is Outcome.STOP


@pytest.mark.parametrize("policy_id", [7, {"id": "p1"}, ["p1"]], ids=["number", "object", "list"])
def test_a_policy_id_of_another_type_is_not_the_one_asked_for(policy_id: object) -> None:
    answer = check("go", {"policy_id": policy_id})
    assert judged(answer, "p1") is Outcome.NOT_EVALUATED
    assert read(answer).policy_id == json.dumps(policy_id)


def test_a_policy_id_of_broken_text_is_not_the_one_asked_for() -> None:
    answer = check("go", {"policy_id": "caf#"}).replace(b"caf#", b"caf\xe9")
    assert judged(answer, "p1") is Outcome.NOT_EVALUATED
    assert read(answer).policy_id == '"caf\ufffd"'


@pytest.mark.parametrize(
    ("details", "findings", "problem"),
    [
        pytest.param(None, (), "the answer carries no findings", id="null"),
        pytest.param({}, (), "the answer carries no findings", id="empty"),
        pytest.param({"findings": None}, (), "the answer carries no findings", id="null-findings"),
        pytest.param(
            "see the UI",
            (),
            "the details are not readable: Expected `object | null`, got `str`",
            id="a-word",
        ),
        pytest.param(
            {"findings": {}},
            (),
            "the details are not readable: Expected `array | null`, got `object` - at `$.findings`",
            id="findings-no-list",
        ),
        pytest.param({"findings": []}, (), None, id="none"),
        pytest.param(
            {"findings": [{**FINDING, "allowlisted": "no"}, FINDING, "x", FINDING]},
            (READ_FINDING, READ_FINDING),
            "2 of 4 findings are not readable",
            id="some-unreadable-among-good-ones",
        ),
    ],
)
def test_findings_that_cannot_be_read_are_said_and_the_others_kept(
    details: object, findings: tuple[Finding, ...], problem: str | None
) -> None:
    evaluation = read(check(details=details))
    assert (evaluation.findings, evaluation.findings_problem) == (findings, problem)


def test_findings_with_broken_text_are_said_and_the_others_kept() -> None:
    broken = check(details={"findings": [FINDING, {**FINDING, "message": "caf#"}]})
    evaluation = read(broken.replace(b"caf#", b"caf\xe9"))
    assert (evaluation.findings, evaluation.findings_problem) == (
        (READ_FINDING,),
        "1 of 2 findings are not readable",
    )


def test_an_arazzo_evaluation_leaves_no_doubt_that_its_document_does_not_know() -> None:
    answer = {
        "imageDigest": DIGEST,
        "evaluationId": "e1",
        "policyId": "p1",
        "finalAction": "stop",
        "finalActionReason": "policy_evaluation",
        "createdAt": "2026-11-20T09:31:04Z",
    }
    assert ARAZZO.read_check(body([answer])) == Evaluation(
        image_digest=DIGEST,
        evaluated_tag=None,
        policy_id="p1",
        final_action="stop",
        final_action_reason="policy_evaluation",
        evaluated_at="2026-11-20T09:31:04Z",
        mapped_to_rule=True,
        problems=(),
        findings_problem="this dialect's answer carries no findings",
    )


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        pytest.param([{}], r"`finalAction` - at `\$\[0\]`", id="no-action"),
        pytest.param([{"final_action": "go"}], "`finalAction`", id="enterprise-names"),
        pytest.param({"evaluations": []}, "Expected `array`, got `object`", id="as-enterprise"),
    ],
)
def test_an_arazzo_evaluation_that_cannot_be_read_names_its_field(
    answer: object, field: str
) -> None:
    with pytest.raises(ValidationError, match=field):
        ARAZZO.read_check(body(answer))
