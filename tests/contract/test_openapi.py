"""What is sent and what is recorded, held against two descriptions of the same operations."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.recordings import names, recording
from tests.support.contract.exchanges import exchanges

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.support.contract.description import Description

_VENDORS = os.environ.get("ANCHORE_OPENAPI", "")
_ENTERPRISE = [name for name in names() if not name.startswith("arazzo_")]

# Where servers do otherwise than Anchore describes them, by the recording that says so.
_NULL = "$.vulnerabilities[].inherited_from_base: None {}"
_NO_BASE = {_NULL.format("for not nullable"), _NULL.format("is not of type 'boolean'")}
_NOT_DESCRIBED = "ResponseNotFound: Unknown response http status: "
_KNOWN = {
    "refresh_interrupted": {f"{_NOT_DESCRIBED}504"},
    "sweep_plain_list": {f"{_NOT_DESCRIBED}404"},
    "unauthorized": {f"{_NOT_DESCRIBED}401"},
}


def described(file: Path, *, trusted: bool = False) -> "Description":
    from tests.support.contract.description import Description  # noqa: PLC0415 - takes a second

    return Description(file, trusted=trusted)


@pytest.fixture(scope="module")
def ours():
    return described(Path(__file__).with_name("anchore-enterprise-v2.yaml"))


@pytest.fixture(scope="module")
def vendors():
    if not _VENDORS:
        pytest.skip("ANCHORE_OPENAPI is not set: it names Anchore's own description of v2")
    return described(Path(_VENDORS), trusted=True)


def _wrong(description: "Description", branch: str) -> set[str]:
    """What is wrong in requests and answers, each once, without positions in lists."""
    found: list[str] = []
    for exchange in exchanges(branch):
        found += description.wrong_with_request(exchange.request)
        if exchange.response is not None:
            found += description.wrong_with_response(exchange.request, exchange.response)
    return {re.sub(r"\[\d+\]", "[]", wrong) for wrong in found}


@pytest.mark.referee("OpenAPI, ours")
@pytest.mark.parametrize("branch", _ENTERPRISE)
def test_what_is_sent_and_recorded_is_what_our_description_allows(branch, ours):
    assert _wrong(ours, branch) == set()


@pytest.mark.referee("OpenAPI, Anchore's")
@pytest.mark.parametrize("branch", _ENTERPRISE)
def test_what_is_sent_and_recorded_is_what_anchores_description_allows(branch, vendors):
    wrong = _wrong(vendors, branch)

    assert wrong - _NO_BASE == _KNOWN.get(branch, set())


@pytest.mark.parametrize("branch", _ENTERPRISE)
def test_every_recorded_request_is_one_that_is_sent(branch):
    answered = [e.response for e in exchanges(branch) if e.response is not None]

    recorded = {(entry.path, entry.status) for entry in recording(branch).entries}
    assert {(r.request.path_url.partition("?")[0], r.status_code) for r in answered} == recorded
    assert len(answered) == len(recording(branch).entries)


def test_every_operation_of_ours_is_asked(ours):
    asked = {
        (exchange.request.method, re.sub("sha256:[0-9a-f]{64}", "D", exchange.request.path_url))
        for branch in _ENTERPRISE
        for exchange in exchanges(branch)
    }

    assert {(method, path.partition("?")[0]) for method, path in asked} == {
        ("GET", "/v2/images"),
        ("POST", "/v2/images"),
        ("GET", "/v2/images/D/vuln/all"),
        ("GET", "/v2/images/D/check"),
        ("GET", "/v2/summaries/image-tags"),
        ("GET", "/v2/system/feeds"),
        ("GET", "/v2/policies"),
    }


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        pytest.param(
            "/images?fulltag=r.io%2Fa%3A1&image_status=active",
            ["unknown parameter fulltag"],
            id="parameter-of-the-engine",
        ),
        pytest.param(
            f"/images/sha256:{'0' * 64}/vuln/all?force_refresh=True",
            ["$: 'true' was expected"],
            id="boolean-in-python's-spelling",
        ),
        pytest.param(
            f"/images/sha256:{'0' * 64}/check",
            ["MissingRequiredParameter: Missing required query parameter: tag"],
            id="no-tag",
        ),
    ],
)
def test_our_description_refuses_what_a_server_would_ignore_or_refuse(url, wrong, ours):
    request = requests.Request("GET", f"https://h/v2{url}", auth=("u", "p")).prepare()

    assert ours.wrong_with_request(request) == wrong
