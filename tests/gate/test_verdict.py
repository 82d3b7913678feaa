"""Pure rules: which outcome an evaluation means."""

import pytest
from msgspec.structs import replace

from rescan.gate.evaluation import Evaluation, Finding, Problem
from rescan.gate.model import Outcome, Step
from rescan.gate.verdict import Judgement, judge
from rescan.kernel import errors
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import ImageTag
from tests.support.anchore_answers import WHERE

DIGEST = "sha256:" + "a" * 64
TAG = ImageTag.parse("reg.io/app:1")
ERROR = Problem(severity="error", problem_type="feeds", details="no feed data")
WARNING = Problem(severity="warn", problem_type="feeds", details="data is old")
STOPPING = Finding(gate="vulnerabilities", trigger="package", action="stop")
NAMED = replace(STOPPING, trigger_id="CVE-2020-25648+nss-tools", action="warn")


def evaluation(action: str, **changes: object) -> Evaluation:
    """An evaluation that leaves no doubt, but for the point of the test."""
    sound = Evaluation(
        image_digest=DIGEST,
        evaluated_tag="reg.io/app:1",
        policy_id="p1",
        final_action=action,
        mapped_to_rule=True,
        problems=(),
    )
    return replace(sound, **changes)


TIMEOUT = errors.AnchoreTimeout("no whole answer came in time", **WHERE)


def judged(
    said: Evaluation, policy_id: str | None = None, refresh: errors.AnchoreError | None = None
) -> Judgement:
    return judge(said, digest=DIGEST, tag=TAG, policy_id=policy_id, refresh_error=refresh)


def outcome(
    said: Evaluation, policy_id: str | None = None, refresh: errors.AnchoreError | None = None
) -> Outcome:
    return judged(said, policy_id, refresh).outcome


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("stop", Outcome.STOP),
        ("warn", Outcome.WARN),
        ("go", Outcome.GO),
        ("STOP", Outcome.STOP),
        ("Go", Outcome.GO),
        ("fail", Outcome.NOT_EVALUATED),
        ("", Outcome.NOT_EVALUATED),
        ("stop ", Outcome.NOT_EVALUATED),
        ("quarantine", Outcome.NOT_EVALUATED),
    ],
)
def test_the_final_action_decides_and_an_unknown_one_is_no_verdict(
    action: str, expected: Outcome
) -> None:
    assert outcome(evaluation(action)) is expected


DOUBTS = [
    pytest.param({"problems": (ERROR,)}, id="problem-of-severity-error"),
    pytest.param({"problems": (WARNING, ERROR)}, id="error-behind-a-warning"),
    pytest.param({"problems": (Problem(severity="fatal"),)}, id="severity-never-seen"),
    pytest.param({"problems": None}, id="problems-not-said"),
    pytest.param({"mapped_to_rule": False}, id="no-mapping-rule"),
    pytest.param({"mapped_to_rule": None}, id="mapping-not-said"),
]


@pytest.mark.parametrize("doubt", DOUBTS)
@pytest.mark.parametrize("action", ["warn", "go"])
def test_a_doubt_turns_warn_and_go_into_not_evaluated(
    action: str, doubt: dict[str, object]
) -> None:
    assert outcome(evaluation(action, **doubt)) is Outcome.NOT_EVALUATED


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_stop_is_a_stop_whatever_else_is_said(doubt: dict[str, object]) -> None:
    assert outcome(evaluation("stop", **doubt)) is Outcome.STOP


@pytest.mark.parametrize(
    ("action", "expected"),
    [("stop", Outcome.STOP), ("warn", Outcome.NOT_EVALUATED), ("go", Outcome.NOT_EVALUATED)],
)
def test_a_failed_refresh_spares_only_a_stop(action: str, expected: Outcome) -> None:
    assert outcome(evaluation(action), refresh=TIMEOUT) is expected


@pytest.mark.parametrize(
    ("action", "expected"), [("stop", Outcome.STOP), ("go", Outcome.NOT_EVALUATED)]
)
def test_another_policy_than_asked_for_spares_only_a_stop(action: str, expected: Outcome) -> None:
    assert outcome(evaluation(action), policy_id="p2") is expected


@pytest.mark.parametrize("action", ["stop", "warn", "go"])
@pytest.mark.parametrize(
    "about",
    [
        pytest.param({"image_digest": "sha256:" + "b" * 64}, id="another-digest"),
        pytest.param({"evaluated_tag": "reg.io/app:2"}, id="another-tag"),
        pytest.param({"evaluated_tag": "app:1"}, id="another-registry"),
        pytest.param({"evaluated_tag": "no tag at all"}, id="no-tag"),
    ],
)
def test_an_answer_about_another_image_is_never_a_verdict(
    action: str, about: dict[str, object]
) -> None:
    assert outcome(evaluation(action, **about)) is Outcome.NOT_EVALUATED


@pytest.mark.parametrize(
    ("action", "named", "expected"),
    [
        pytest.param("go", NAMED, Outcome.NOT_EVALUATED, id="go"),
        pytest.param("warn", NAMED, Outcome.NOT_EVALUATED, id="warn"),
        pytest.param("stop", NAMED, Outcome.STOP, id="stop"),
        pytest.param(
            "go", replace(NAMED, allowlisted=True), Outcome.NOT_EVALUATED, id="suppressed"
        ),
        pytest.param("go", replace(NAMED, gate="dockerfile"), Outcome.GO, id="of-another-gate"),
        pytest.param("go", replace(NAMED, trigger_id="feed-missing"), Outcome.GO, id="no-package"),
    ],
)
def test_an_empty_list_spares_only_a_stop_when_a_finding_names_a_vulnerability(
    action: str, named: Finding, expected: Outcome
) -> None:
    judgement = judge(
        evaluation(action, findings=(named,)),
        digest=DIGEST,
        tag=TAG,
        policy_id=None,
        refresh_error=None,
        is_list_empty=True,
    )
    assert judgement.outcome is expected
    if expected is Outcome.NOT_EVALUATED:
        lists_none = (
            "Anchore lists no vulnerability, and the evaluation names some: its scan failed"
        )
        reason = f"Anchore answered {action}, which does not count: {lists_none}"
        assert judgement == Judgement(expected, reason, FailureCause.SCAN_FAILED, REFRESH)


def test_of_many_problems_five_are_named_and_the_others_counted() -> None:
    for number, ending in ((5, "feed 4"), (6, "; and 1 more"), (400, "; and 395 more")):
        problems = tuple(replace(ERROR, details=f"feed {n}") for n in range(number))
        reason = judged(evaluation("go", problems=problems)).reason
        assert reason.count("evaluation problem") == 5
        assert reason.endswith(ending)


def test_a_plain_warning_of_the_evaluation_leaves_a_go() -> None:
    assert outcome(evaluation("go", problems=(WARNING,))) is Outcome.GO


def test_a_dialect_that_names_neither_digest_nor_tag_is_judged_by_its_action() -> None:
    assert outcome(evaluation("go", image_digest=None, evaluated_tag=None)) is Outcome.GO


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"findings": (STOPPING,)}, "1 finding stops it", id="finding"),
        pytest.param(
            {"findings": (STOPPING, replace(STOPPING, trigger_id="CVE-2+b"), STOPPING)},
            "2 findings stop it",
            id="a-repeated-finding-counts-once",
        ),
        pytest.param(
            {"final_action_reason": "denylisted", "findings": (STOPPING,)},
            "the image is on the policy's denylist",
            id="denylisted",
        ),
        pytest.param(
            {"problems": (WARNING, ERROR)},
            "the policy could not be evaluated: no feed data",
            id="evaluation-problem",
        ),
        pytest.param(
            {"findings_problem": "the details are not readable"},
            "Anchore stops the image; its findings are not available: the details are not readable",
            id="findings-not-readable",
        ),
        pytest.param({}, "Anchore stops the image and lists no finding that does", id="nothing"),
    ],
)
def test_a_stop_says_why(changes: dict[str, object], reason: str) -> None:
    assert judged(evaluation("stop", **changes)) == Judgement(Outcome.STOP, reason)


REFUSED = errors.AnchoreRefused("HTTP 400", **WHERE)
REFRESH, REGATE = Step.REFRESH_VULNERABILITIES, Step.REGATE
NOT_REFRESHED = "the vulnerabilities were not refreshed: "
UNCOUNTED = "Anchore answered go, which does not count: "


@pytest.mark.parametrize(
    ("changes", "refresh", "reason", "cause", "step"),
    [
        pytest.param(
            {"mapped_to_rule": False},
            None,
            "no mapping rule of the policy matches the image",
            FailureCause.NOT_MAPPED,
            REGATE,
            id="mapping",
        ),
        pytest.param(
            {"mapped_to_rule": None},
            None,
            "it does not say whether a mapping rule of the policy matches the image",
            FailureCause.OTHER,
            REGATE,
            id="mapping-not-said",
        ),
        pytest.param(
            {}, TIMEOUT, f"{NOT_REFRESHED}{TIMEOUT}", FailureCause.DOWN, REFRESH, id="timed-out"
        ),
        pytest.param(
            {},
            REFUSED,
            f"{NOT_REFRESHED}{REFUSED}",
            FailureCause.WRONG_ANSWER,
            REFRESH,
            id="refused",
        ),
        pytest.param(
            {"policy_id": "p1\n"},
            None,
            "policy p1 was evaluated, asked for p2",
            FailureCause.OTHER,
            REGATE,
            id="another-policy",
        ),
        pytest.param(
            {"problems": (ERROR,)},
            None,
            "evaluation problem: feeds: no feed data",
            FailureCause.OTHER,
            REGATE,
            id="problem",
        ),
        pytest.param(
            {"problems": None},
            None,
            "it does not say whether the evaluation met problems",
            FailureCause.OTHER,
            REGATE,
            id="problems-not-said",
        ),
        pytest.param(
            {"problems": None, "mapped_to_rule": False},
            TIMEOUT,
            f"{NOT_REFRESHED}{TIMEOUT}; it does not say whether the evaluation met problems;"
            " no mapping rule of the policy matches the image",
            FailureCause.DOWN,
            REFRESH,
            id="the-first-cause-that-is-known",
        ),
    ],
)
def test_a_go_that_does_not_count_says_why_and_which_step_failed(
    changes: dict[str, object],
    refresh: errors.AnchoreError | None,
    reason: str,
    cause: FailureCause,
    step: Step,
) -> None:
    asked_for = "p2" if "policy_id" in changes else None
    said = judged(evaluation("go", **changes), asked_for, refresh)
    assert said == Judgement(Outcome.NOT_EVALUATED, UNCOUNTED + reason, cause, step)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param(
            {"final_action": "maybe\n"},
            "Anchore answered an unknown final action: 'maybe'",
            id="unknown-action",
        ),
        pytest.param(
            {"image_digest": "sha256:b"},
            f"the answer is about another image: sha256:b, asked for {DIGEST}",
            id="another-image",
        ),
        pytest.param(
            {"evaluated_tag": "reg.io/app:2"},
            "the answer is about another tag: reg.io/app:2, asked for reg.io/app:1",
            id="another-tag",
        ),
    ],
)
def test_what_is_no_answer_to_the_question_says_what_was_answered(
    changes: dict[str, object], reason: str
) -> None:
    expected = Judgement(Outcome.NOT_EVALUATED, reason, FailureCause.OTHER, REGATE)
    assert judged(evaluation("stop", **changes)) == expected


@pytest.mark.parametrize("action", ["warn", "go"])
def test_a_verdict_says_what_the_evaluation_said(action: str) -> None:
    reason = f"the policy evaluation says {action}"
    assert judged(evaluation(action)) == Judgement(Outcome(action), reason)


def test_a_list_that_nobody_says_is_empty_is_no_doubt() -> None:
    assert outcome(evaluation("go", findings=(NAMED,))) is Outcome.GO


@pytest.mark.parametrize("action", ["stop", "warn", "go"])
def test_a_verdict_has_no_cause_of_a_failure(action: str) -> None:
    assert judged(evaluation(action)).cause is None


@pytest.mark.parametrize(
    ("finding", "stops"),
    [
        pytest.param(Finding(action="stop"), True, id="stop"),
        pytest.param(Finding(action="STOP"), True, id="upper-case"),
        pytest.param(Finding(action="stop", allowlisted=True), False, id="allowlisted"),
        pytest.param(Finding(action="warn"), False, id="warn"),
        pytest.param(Finding(action="go"), False, id="go"),
    ],
)
def test_a_finding_stops_when_its_action_does_and_no_allowlist_holds_it(
    finding: Finding, stops: bool
) -> None:
    assert finding.stops is stops
