"""When Anchore changes an answer: a STOP survives or is an error, and nothing becomes a GO."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from tests.recordings import recording
from tests.support.contract.drift import CHECK, IMAGES, VULN, came_to, drifted, reported
from tests.support.fuzz.effort import THOROUGH

pytestmark = pytest.mark.slow

STOP, GO = recording("stop"), recording("go")
UNREADABLE = "AnchoreAnswerUnreadable"
Change = Callable[[Any], Any]


def _each(document: Any) -> Iterator[dict[str, Any]]:
    """Every object in the document, from the outside in."""
    if isinstance(document, dict):
        yield document
        for value in document.values():
            yield from _each(value)
    elif isinstance(document, list):
        for value in document:
            yield from _each(value)


def _wherever(field: str, change: Callable[[dict[str, Any]], None]) -> Change:
    def changed(document: Any) -> Any:
        for item in list(_each(document)):
            if field in item:
                change(item)
        return document

    return changed


def added(document: Any) -> Any:
    for item in list(_each(document)):
        item["risk"] = {"score": [9.8]}
    return document


def removed(field: str) -> Change:
    return _wherever(field, lambda item: item.__delitem__(field))


def retyped(field: str, value: Any) -> Change:
    return _wherever(field, lambda item: item.__setitem__(field, value))


def renamed(field: str, name: str) -> Change:
    return _wherever(field, lambda item: item.__setitem__(name, item.pop(field)))


DRIFTS = [
    # where, what, what the recordings `stop` and `go` then come to
    pytest.param(IMAGES, added, "stop", "go", id="added-to-records"),
    pytest.param(VULN, added, "stop", "go", id="added-to-rows"),
    pytest.param(CHECK, added, "stop", "go", id="added-to-the-evaluation"),
    pytest.param(IMAGES, removed("items"), UNREADABLE, UNREADABLE, id="removed-the-list"),
    pytest.param(IMAGES, removed("image_detail"), "not_found", "not_found", id="removed-the-tags"),
    pytest.param(IMAGES, removed("analysis_status"), "stop", "go", id="removed-the-analysis"),
    pytest.param(VULN, removed("vulnerabilities"), "stop", "not_evaluated", id="removed-the-rows"),
    pytest.param(VULN, removed("severity"), "stop", "go", id="removed-the-severities"),
    pytest.param(CHECK, removed("final_action"), UNREADABLE, UNREADABLE, id="removed-the-action"),
    pytest.param(
        CHECK, removed("image_mapped_to_rule"), "stop", "not_evaluated", id="removed-the-mapping"
    ),
    pytest.param(CHECK, removed("details"), "stop", "go", id="removed-the-details"),
    pytest.param(IMAGES, retyped("image_digest", 7), UNREADABLE, UNREADABLE, id="retyped-digest"),
    pytest.param(VULN, retyped("severity", 9.8), "stop", "not_evaluated", id="retyped-severity"),
    pytest.param(
        CHECK, retyped("evaluation_problems", {}), "stop", "not_evaluated", id="retyped-problems"
    ),
    pytest.param(CHECK, retyped("evaluation_time", 1795167064), "stop", "go", id="retyped-time"),
    pytest.param(CHECK, retyped("allowlisted", "no"), "stop", "go", id="retyped-allowlisted"),
    pytest.param(
        CHECK, retyped("final_action", ["stop"]), UNREADABLE, UNREADABLE, id="retyped-action"
    ),
    pytest.param(IMAGES, renamed("items", "images"), UNREADABLE, UNREADABLE, id="renamed-the-list"),
    pytest.param(
        IMAGES, renamed("full_tag", "fullTag"), "not_found", "not_found", id="renamed-the-tag"
    ),
    pytest.param(
        VULN, renamed("vulnerabilities", "matches"), "stop", "not_evaluated", id="renamed-the-rows"
    ),
    pytest.param(CHECK, renamed("findings", "results"), "stop", "go", id="renamed-the-findings"),
    pytest.param(
        CHECK, renamed("final_action", "finalAction"), UNREADABLE, UNREADABLE, id="renamed-action"
    ),
    pytest.param(VULN, retyped("severity", "Catastrophic"), "stop", "go", id="new-severity"),
    pytest.param(
        CHECK,
        retyped("final_action", "quarantine"),
        "not_evaluated",
        "not_evaluated",
        id="new-final-action",
    ),
]


@pytest.mark.referee("Drift")
@pytest.mark.parametrize(("answer", "change", "stop", "go"), DRIFTS)
def test_what_a_drift_makes_of_a_stop_and_of_a_go(answer, change, stop, go):
    assert (came_to(drifted(STOP, answer, change)), came_to(drifted(GO, answer, change))) == (
        stop,
        go,
    )


def test_a_severity_never_seen_is_counted_as_unknown():
    report = reported(drifted(STOP, VULN, retyped("severity", "Catastrophic")))

    assert report.vulnerabilities is not None
    assert report.vulnerabilities.by_severity() == {"unknown": 14}


# --- every field, one at a time

Path = tuple[str | int, ...]
# All of it in `make conformance`; `make test` has no time for more than this.
JUNK: list[Any] = [None, True, 0, "junk", [], {}, [{}], {"junk": 1}] if THOROUGH else ["junk"]


def _paths(document: Any, here: Path = ()) -> Iterator[Path]:
    """To each field; of a list the first item stands for all."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield (*here, name)
            yield from _paths(value, (*here, name))
    elif isinstance(document, list) and document:
        yield from _paths(document[0], (*here, 0))


def _variants(document: Any) -> Iterator[Any]:
    for *parents, field in _paths(document):
        for value in [..., *JUNK]:
            changed = deepcopy(document)
            item = changed
            for name in parents:
                item = item[name]
            if value is ...:
                item[f"new_{field}"] = item.pop(field)
            elif isinstance(value, bool) and isinstance(item[field], bool):
                continue  # another answer, not another shape
            else:
                item[field] = value
            yield changed


@pytest.mark.referee("Drift")
@pytest.mark.parametrize(
    ("name", "forbidden"),
    [
        pytest.param("stop", {"go", "warn"}, id="a-stop-is-no-go"),
        pytest.param("warn", {"go", "stop"}, id="a-warn-is-no-go-and-no-stop"),
        pytest.param("go", {"stop", "warn"}, id="a-go-is-no-stop"),
        pytest.param("unmapped", {"go", "warn", "stop"}, id="no-verdict-stays-none"),
    ],
)
@pytest.mark.parametrize("answer", [IMAGES, VULN, CHECK])
def test_no_field_that_drifts_turns_one_verdict_into_another(name, forbidden, answer):
    base = recording(name)
    (body,) = (entry.body for entry in base.entries[:3] if entry.path.endswith(answer))

    variants = _variants(json.loads(body))
    outcomes = [came_to(drifted(base, answer, lambda _: new)) for new in variants]  # noqa: B023

    assert outcomes
    assert forbidden.isdisjoint(outcomes)
