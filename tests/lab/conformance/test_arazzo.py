"""Redocly Respect and the handler run the same workflow, and must agree: requests and outputs."""

import pytest

from tests.lab.conformance.by_handler import run_by_handler
from tests.lab.conformance.by_respect import run_by_respect
from tests.lab.conformance.run import AUTHORIZATION, TAG, Outputs, Run, replayed
from tests.recordings.facts import POLICY_ID

# Redocly Respect is a process.
pytestmark = pytest.mark.slow

FAULTS = "Faults of the given document"
GIVEN = "rescan-active-image-and-gate"
BY_ACTIVE, BY_NAMED = "gate-by-active-policy", "gate-by-named-policy"
INPUTS = {"authorization": AUTHORIZATION, "tag": TAG}
ALL_INPUTS = INPUTS | {"vtype": "all", "policyId": POLICY_ID}

# What the handler comes to in each branch; the runner knows only whether it went to the end.
FOUND = {"stop": "stop", "warn": "warn", "go": "go"}
ENDED = {
    "not_found_404": "not_found",
    "not_found_empty_list": "not_found",
    "unauthorized": "AnchoreUnauthorized",
    "server_error": "AnchoreServerError",
}
# Branches that only Anchore Enterprise's answers tell apart.
FOUND_IN_ENTERPRISE = FOUND | {"denylisted": "stop", "evaluation_problem": "stop"}
ENDED_IN_ENTERPRISE = ENDED | {"pending": "pending", "analysis_failed": "not_evaluated"}


def _event(inputs: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in inputs.items() if name != "authorization"}


@pytest.mark.referee("Arazzo, as given")
@pytest.mark.parametrize(("branch", "outcome"), (FOUND | ENDED).items())
def test_the_given_document_asks_and_answers_as_the_handler_does(branch, outcome, given, redocly):
    recording = replayed(f"arazzo_{branch}")

    run, finished = run_by_respect(redocly, given, GIVEN, recording, ALL_INPUTS)
    handled, came_to = run_by_handler(recording, _event(ALL_INPUTS), "arazzo")

    assert (run.asked, run.outputs) == (handled.asked, handled.outputs)
    assert came_to == outcome
    assert finished.passed is (branch in FOUND), finished.said


@pytest.mark.referee("Arazzo, ours")
@pytest.mark.parametrize(("branch", "outcome"), (FOUND_IN_ENTERPRISE | ENDED_IN_ENTERPRISE).items())
def test_our_document_asks_and_answers_as_the_handler_does(branch, outcome, ours, redocly):
    recording = replayed(branch)

    run, finished = run_by_respect(redocly, ours, BY_ACTIVE, recording, INPUTS)
    handled, came_to = run_by_handler(recording, _event(INPUTS), "enterprise")

    assert (run.asked, run.outputs) == (handled.asked, handled.outputs)
    assert came_to == outcome
    assert finished.passed is (branch in FOUND_IN_ENTERPRISE), finished.said


@pytest.mark.referee("Arazzo, ours")
@pytest.mark.parametrize("branch", FOUND)
def test_our_document_names_the_policy_as_the_handler_does(branch, ours, redocly):
    recording = replayed(branch)

    run, finished = run_by_respect(redocly, ours, BY_NAMED, recording, ALL_INPUTS)
    handled, _ = run_by_handler(recording, _event(ALL_INPUTS), "enterprise")

    assert (run.asked, run.outputs) == (handled.asked, handled.outputs)
    assert finished.passed, finished.said


def test_our_document_is_valid(ours, redocly):
    finished = redocly.lint(ours.path)

    assert finished.passed, finished.said
    assert "warning" not in finished.said.lower().replace("deprecation warning", "")


# --- what is wrong in the given document, and what the handler does there

_VULN = "GET /v2/images/{digest}/vuln/{vtype}?force_refresh=true"
_CHECK = "GET /v2/images/{digest}/check?{policy}tag={tag}"


@pytest.mark.referee(FAULTS)
@pytest.mark.parametrize(
    ("left_out", "number", "asked_by_runner", "asked_by_handler"),
    [
        pytest.param(
            "vtype",
            1,
            _VULN.replace("{vtype}", "undefined"),
            _VULN.replace("{vtype}", "all"),
            id="vtype-not-given",
        ),
        pytest.param(
            "policyId",
            2,
            _CHECK.replace("{policy}", "policyId=undefined&"),
            _CHECK.replace("{policy}", ""),
            id="policyId-not-given",
        ),
    ],
)
def test_an_input_that_is_not_given_is_sent_as_undefined_where_the_handler_has_a_default(
    left_out, number, asked_by_runner, asked_by_handler, given, redocly
):
    recording = replayed("arazzo_stop")
    inputs = {name: value for name, value in ALL_INPUTS.items() if name != left_out}

    run, finished = run_by_respect(redocly, given, GIVEN, recording, inputs)
    ours, _ = run_by_handler(recording, _event(inputs), "arazzo")

    facts = {"digest": ours.outputs.image_digest, "tag": TAG}
    assert str(run.asked[number]) == asked_by_runner.format(**facts)
    assert str(ours.asked[number]) == asked_by_handler.format(**facts)
    assert not finished.passed
    assert (run.outputs.final_action, ours.outputs.final_action) == (None, "stop")


@pytest.mark.referee(FAULTS)
def test_authorization_that_is_not_given_is_sent_as_undefined_where_the_handler_sends_nothing(
    given, redocly
):
    recording = replayed("arazzo_stop")
    inputs = {name: value for name, value in ALL_INPUTS.items() if name != "authorization"}

    run, _ = run_by_respect(redocly, given, GIVEN, recording, inputs)
    handled, came_to = run_by_handler(recording, _event(inputs), "arazzo", secret="{}")

    assert {asked.authorization for asked in run.asked} == {"undefined"}
    assert (handled, came_to) == (Run((), Outputs()), "SecretUnusable")


@pytest.mark.referee(FAULTS)
@pytest.mark.parametrize(
    ("name", "failure"),
    [
        pytest.param(
            "arazzo_not_found_empty_list",
            'JSON Pointer "/0/imageDigest" reaches no value',
            id="an-empty-list-ends-by-a-pointer-and-not-by-an-action",
        ),
        pytest.param(
            "arazzo_not_found_404",
            "✗ success criteria check - $statusCode == 200",
            id="the-404-of-real-servers-is-a-failure",
        ),
    ],
)
def test_no_image_is_a_failure_of_its_first_step_where_the_handler_ends_cleanly(
    name, failure, given, redocly
):
    recording = replayed(name)

    _, finished = run_by_respect(redocly, given, GIVEN, recording, ALL_INPUTS)
    _, ended = run_by_handler(recording, _event(ALL_INPUTS), "arazzo")

    assert failure in finished.said
    assert ended == "not_found"


@pytest.mark.referee(FAULTS)
def test_where_it_lies_the_given_document_does_not_reach_its_description(given_folder, redocly):
    (document,) = given_folder.glob("*.yml")

    finished = redocly.respect(document, {}, ALL_INPUTS)

    assert not finished.passed
    assert "openapi/anchore-enterprise-api.yaml" in finished.said
