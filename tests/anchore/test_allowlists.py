"""How a check's allowlists are read: what holds a finding back, and until when."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from rescan.anchore.enterprise import EnterpriseDialect
from rescan.gate.evaluation import Allowlisted, Evaluation
from tests.support.checks import FINDING, READ_FINDING, check

END, LATER = "2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z"
UNTIL = datetime(2026, 12, 31, tzinfo=UTC)
MATCH = {"id": "a", "name": "Ours", "matched_rule_id": "r"}
ITEM = {"id": "r", "gate": "vulnerabilities", "trigger_id": FINDING["trigger_id"]}
HELD = Allowlisted(replace(READ_FINDING, allowlisted=True), allowlist="Ours")
MAPPING = {"id": "m", "allowlist_ids": ["a", "b"]}


def read(
    match: Any,
    *lists: Any,
    mapping: Any = None,
    policy: Any = ...,
    **finding: Any,
) -> Evaluation:
    """The evaluation of a GO with one finding that is allowlisted, unless `finding` says no."""
    found = FINDING | {"allowlisted": True, "allowlist_match": match} | finding
    said = {"allowlists": list(lists)} if policy is ... else policy
    details = {"findings": [found], "policy": said}
    answer = check("go", details=details, matched_mapping_rule=mapping)
    evaluation = EnterpriseDialect().read_check(answer)
    assert evaluation is not None
    return evaluation


def ours(*items: Any) -> dict[str, Any]:
    return {"id": "a", "name": "Ours", "items": list(items)}


def theirs(*items: Any) -> dict[str, Any]:
    return {"id": "b", "name": "Theirs", "items": list(items)}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(
            {"expires_on": END, "description": "accepted"},
            replace(HELD, ends=True, until=UNTIL, why="accepted"),
            id="an-end",
        ),
        pytest.param(
            {"expires_on": "2026-12-31T00:00:00"},
            replace(HELD, ends=True, until=UNTIL),
            id="no-zone-is-utc",
        ),
        pytest.param(
            {"expires_on": "2026-12-31T02:00:00+02:00"},
            replace(HELD, ends=True, until=UNTIL),
            id="another-zone",
        ),
        pytest.param({"expires_on": None}, replace(HELD, ends=False), id="no-end"),
        pytest.param({}, replace(HELD, ends=False), id="nothing-said-is-no-end"),
        pytest.param({"expires_on": "soon"}, HELD, id="an-end-that-is-none"),
        pytest.param({"expires_on": 1}, HELD, id="an-end-of-another-type"),
        pytest.param({"expires_on": "9999-12-31T23:00:00-12:00"}, HELD, id="beyond-the-calendar"),
        pytest.param({"id": "x"}, HELD, id="another-item"),
        pytest.param({"id": 7}, HELD, id="an-id-of-another-type"),
        pytest.param({"description": 7}, replace(HELD, ends=False), id="words-of-another-type"),
    ],
)
def test_end_of_the_item_that_the_answer_names_is_read(
    item: dict[str, Any], expected: Allowlisted
) -> None:
    assert read(MATCH, ours(ITEM | item)).allowlisted == (expected,)


@pytest.mark.parametrize(
    ("match", "policy"),
    [
        pytest.param(None, {"allowlists": [ours(ITEM)]}, id="no-match"),
        pytest.param(7, {"allowlists": [ours(ITEM)]}, id="a-match-of-another-type"),
        pytest.param({}, None, id="no-policy"),
        pytest.param({}, 7, id="a-policy-of-another-type"),
        pytest.param({}, {"allowlists": 7}, id="lists-of-another-type"),
        pytest.param({}, {"allowlists": [7, {"id": "a", "items": 7}]}, id="a-list-of-another-type"),
        pytest.param({}, {"allowlists": [ours(7)]}, id="an-item-of-another-type"),
    ],
)
def test_what_cannot_be_read_is_held_back_until_nobody_knows(match: Any, policy: Any) -> None:
    assert read(match, policy=policy).allowlisted == (replace(HELD, allowlist=""),)


def test_finding_that_is_not_allowlisted_is_held_back_by_nothing() -> None:
    assert read(MATCH, ours(ITEM), allowlisted=False).allowlisted == ()


SAME = {"id": "s", "gate": "Vulnerabilities", "trigger_id": FINDING["trigger_id"]}
ANY_PACKAGE = SAME | {"trigger_id": "CVE-2019-5953+*"}


@pytest.mark.parametrize(
    ("other", "mapping", "expected"),
    [
        pytest.param(SAME, MAPPING, [UNTIL, datetime(2027, 1, 31, tzinfo=UTC)], id="same-finding"),
        pytest.param(
            ANY_PACKAGE, MAPPING, [UNTIL, datetime(2027, 1, 31, tzinfo=UTC)], id="any-package"
        ),
        pytest.param(SAME | {"trigger_id": "CVE-1+wget"}, MAPPING, [UNTIL], id="another-finding"),
        pytest.param(SAME | {"gate": "secret_scans"}, MAPPING, [UNTIL], id="another-gate"),
        pytest.param(SAME, {"allowlist_ids": ["a"]}, [UNTIL], id="a-list-that-is-not-applied"),
        pytest.param(SAME, None, [UNTIL], id="nobody-says-which-lists-apply"),
        pytest.param(SAME, {"allowlist_ids": 7}, [UNTIL], id="a-mapping-of-another-type"),
    ],
)
def test_other_items_of_the_lists_that_apply_hold_the_finding_back_too(
    other: dict[str, Any], mapping: Any, expected: list[datetime]
) -> None:
    lists = ours(ITEM | {"expires_on": END}), theirs(other | {"expires_on": LATER})
    held = read(MATCH, *lists, mapping=mapping).allowlisted
    assert [one.until for one in held] == expected


def test_item_that_matches_several_findings_holds_back_each() -> None:
    found = [
        FINDING | {"trigger_id": f"CVE-{n}+wget", "allowlisted": True, "allowlist_match": MATCH}
        for n in range(3)
    ]
    policy = {"allowlists": [ours(ITEM | {"expires_on": END})]}
    answer = check("go", details={"findings": found, "policy": policy})
    evaluation = EnterpriseDialect().read_check(answer)
    assert evaluation is not None
    assert [(one.finding.trigger_id, one.until) for one in evaluation.allowlisted] == [
        (f"CVE-{n}+wget", UNTIL) for n in range(3)
    ]
