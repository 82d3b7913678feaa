"""Whatever Anchore answers: no GO and no STOP that the answers do not say, no strange exception.

The oracles below read the answers a second time, with the standard library and without types.
"""

import json
from typing import Any

import httpx
import pytest
import requests
from hypothesis import strategies as st

from rescan.anchore.arazzo import ArazzoDialect
from rescan.anchore.client import AnchoreClient
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.dialect import Dialect
from rescan.anchore.enterprise import EnterpriseDialect
from rescan.anchore.transport import Transport
from rescan.gate.model import Outcome, RescanRequest, Trigger, TriggerKind
from rescan.gate.workflow import rescan
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError
from rescan.kernel.image_tag import ImageTag
from rescan_cli.replay.mount import RouterAdapter
from tests.recordings import recording
from tests.recordings.situations import STOPPED
from tests.support.fuzz.documents import broken_bytes
from tests.support.fuzz.effort import fuzzed

TAG = ImageTag.parse(STOPPED.full_tag)
VERDICTS = ("stop", "warn", "go")
SITUATIONS = [*VERDICTS, "denylisted", "evaluation_problem", "evaluation_problem_warn", "unmapped"]

pytestmark = pytest.mark.referee("Fuzzing")


def _answers(name: str) -> list[bytes]:
    """The bodies of the three steps, as many as the recording has."""
    return [entry.body for entry in recording(name).entries[:3]]


def _broken(step: int, *names: str) -> st.SearchStrategy[bytes]:
    return broken_bytes(*(json.loads(_answers(name)[step]) for name in names))


def _outcome(
    dialect: Dialect, images: bytes, vulnerabilities: bytes, check: bytes, status: int = 200
) -> str:
    """The outcome, or "error"; an exception that is no AnchoreError passes through."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        body = (
            check if path.endswith("/check") else images if path.endswith("s") else vulnerabilities
        )
        return httpx.Response(status, content=body)

    with requests.Session() as session:
        session.mount("https://", RouterAdapter(answer))
        transport = Transport(session, "https://h/v2", AnchoreAuth(lambda: '{"token": "t"}'))
        client = AnchoreClient(transport, dialect, Deadline.after(60))
        try:
            return rescan(client, RescanRequest(TAG, Trigger(TriggerKind.DIRECT))).outcome.value
        except AnchoreError:
            return "error"


def _read(body: bytes) -> Any:
    try:
        # Broken text in a field that is of no use is no reason not to read the others.
        return json.loads(body.decode(errors="replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _get(document: Any, *path: str | int) -> Any:
    for key in path:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def _said(check: bytes, action: tuple[str | int, ...]) -> str:
    """The action in the answer, if it is a text."""
    said = _get(_read(check), *action)
    return said.lower() if isinstance(said, str) else ""


def _leaves_no_doubt(check: bytes) -> bool:
    evaluation = _get(_read(check), "evaluations", 0)
    problems = _get(evaluation, "evaluation_problems")
    return (
        _get(evaluation, "image_mapped_to_rule") is True
        and isinstance(problems, list)
        and all(_get(problem, "severity") == "warn" for problem in problems)
    )


ENTERPRISE, ARAZZO = EnterpriseDialect(), ArazzoDialect()
ACTION, ARAZZO_ACTION = ("evaluations", 0, "final_action"), (0, "finalAction")


@fuzzed(_broken(2, *SITUATIONS))
def test_enterprise_check_gives_no_verdict_but_its_own(check):
    images, vulnerabilities, _ = _answers("go")

    outcome = _outcome(ENTERPRISE, images, vulnerabilities, check)

    if outcome in VERDICTS:
        answer = _read(check)
        assert outcome == _said(check, ACTION)
        assert answer["image_digest"].lower() == STOPPED.digest
        assert ImageTag.parse(answer["evaluated_tag"]) == TAG
    if outcome in ("go", "warn"):
        assert _leaves_no_doubt(check)


@fuzzed(_broken(2, *(f"arazzo_{name}" for name in VERDICTS)))
def test_arazzo_check_gives_no_verdict_but_its_own(check):
    images, vulnerabilities, _ = _answers("arazzo_go")

    outcome = _outcome(ARAZZO, images, vulnerabilities, check)

    if outcome in VERDICTS:
        assert outcome == _said(check, ARAZZO_ACTION)
        assert (_get(_read(check), 0, "imageDigest") or STOPPED.digest).lower() == STOPPED.digest


@fuzzed(_broken(1, *VERDICTS), st.sampled_from(VERDICTS))
def test_enterprise_vulnerabilities_neither_make_nor_lose_a_stop(vulnerabilities, name):
    images, _, check = _answers(name)

    outcome = _outcome(ENTERPRISE, images, vulnerabilities, check)

    assert outcome in ({name} if name == "stop" else {name, Outcome.NOT_EVALUATED})
    if outcome != "stop" and outcome in VERDICTS:
        assert isinstance(_get(_read(vulnerabilities), "vulnerabilities"), list)


@fuzzed(_broken(1, *(f"arazzo_{name}" for name in VERDICTS)), st.sampled_from(VERDICTS))
def test_arazzo_vulnerabilities_neither_make_nor_lose_a_stop(vulnerabilities, name):
    images, _, check = _answers(f"arazzo_{name}")

    outcome = _outcome(ARAZZO, images, vulnerabilities, check)

    assert outcome in ({name} if name == "stop" else {name, Outcome.NOT_EVALUATED})


@fuzzed(_broken(0, "stop", "pending", "analysis_failed"), st.sampled_from(VERDICTS))
def test_enterprise_images_lead_to_a_verdict_only_on_the_image_that_bears_the_tag(images, name):
    _, vulnerabilities, check = _answers(name)

    outcome = _outcome(ENTERPRISE, images, vulnerabilities, check)

    if outcome in VERDICTS:
        assert outcome == name
        gated = [i for i in _read(images)["items"] if i["image_digest"].lower() == STOPPED.digest]
        details = [d for image in gated for d in image.get("image_detail") or ()]
        assert any(TAG.is_called(_get(detail, "full_tag")) for detail in details)
        assert any(image.get("image_status") in (None, "active") for image in gated)


@fuzzed(_broken(0, "arazzo_stop", "arazzo_pending"), st.sampled_from(VERDICTS))
def test_arazzo_images_lead_to_a_verdict_only_on_a_listed_image(images, name):
    _, vulnerabilities, check = _answers(f"arazzo_{name}")

    outcome = _outcome(ARAZZO, images, vulnerabilities, check)

    if outcome in VERDICTS:
        assert outcome == name
        assert STOPPED.digest in [image["imageDigest"].lower() for image in _read(images)]


@fuzzed(
    st.integers(203, 599) | st.sampled_from([301, 401, 403, 404, 429, 500, 503]),
    _broken(0, "not_found_404", "server_error", "stop"),
)
def test_an_answer_that_is_no_success_leads_to_no_verdict(status, body):
    assert _outcome(ENTERPRISE, body, body, body, status) in ("error", Outcome.NOT_FOUND)
