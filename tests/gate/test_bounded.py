"""Every text of a finding that a message may show is on one line, and cut."""

import pytest
from msgspec.structs import replace

from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.evaluation import FindingKey

KEY = FindingKey("rule", "gate", "trigger", "what")
FINDING = BlockingFinding(key=KEY, gate="gate", trigger="trigger")
LONG = "a\n" + "b" * 1000

# The most characters of each.
OF_A_FINDING = {
    "gate": 40,
    "trigger": 40,
    "vulnerability": 60,
    "package": 120,
    "file": 120,
    "version": 80,
    "fixed_in": 120,
    "message": 240,
    "rule_id": 80,
    "policy_id": 80,
    "recommendation": 240,
    "suggested_fix": 80,
    "annotation": 80,
    "rule_set": 120,
}
OF_A_KEY = {"rule": 80, "gate": 40, "trigger": 40, "what": 240}


def cut_to(longest: int) -> str:
    return "a " + "b" * (longest - 5) + "..."


@pytest.mark.parametrize("field", OF_A_FINDING)
def test_text_of_a_finding_is_cut_to_one_line(field: str) -> None:
    bounded = replace(FINDING, **{field: LONG}).bounded()
    assert getattr(bounded, field) == cut_to(OF_A_FINDING[field])


@pytest.mark.parametrize("field", OF_A_KEY)
def test_text_of_a_key_is_cut_to_one_line(field: str) -> None:
    bounded = replace(KEY, **{field: LONG}).bounded()
    assert bounded == replace(KEY, **{field: cut_to(OF_A_KEY[field])})


@pytest.mark.parametrize("empty", [None, "", "\u200b\n"])
def test_what_shows_nothing_is_not_there(empty: str | None) -> None:
    optional = [name for name in OF_A_FINDING if getattr(FINDING, name) is None]
    assert replace(FINDING, **dict.fromkeys(optional, empty)).bounded() == FINDING


def test_of_many_platforms_twenty_are_named_each_on_one_line() -> None:
    bounded = replace(FINDING, platforms=(LONG, *map(str, range(1, 30)))).bounded()
    assert bounded.platforms == (cut_to(60), *map(str, range(1, 20)))
