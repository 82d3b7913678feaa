"""A rule that nothing can break would prove nothing."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from tests.lab.faults.outcome import Messages, Outcome, Role, Said, Stage
from tests.lab.faults.rules import Expected, broken_rules

STOPPED_BEFORE = Said(Stage.BEFORE, Role.MENDS, "STOP", "id-1")
STOP = Said(Stage.FAULT, Role.FLIPS, "STOP", "id-2")
RECOVERED = Said(Stage.LATER, Role.MENDS, "RECOVERED", "id-3")
MESSAGES = Messages(sent=12, done=12, queued=0, dead=0, redriven=0)
GOOD = Outcome(
    said=(STOPPED_BEFORE, STOP, RECOVERED),
    messages=MESSAGES,
    disturbed=Counter(),
    forgetful=False,
    went_through=Stage.LATER,
    verdicts={Role.CALM: "go", Role.FLIPS: "stop", Role.MENDS: "go"},
    waiting=0,
    deaths=0,
    delays=(15, 900),
    longest_chain=14,
    failed_events=0,
    strays=0,
    sweeps=3,
)


def said(*notices: Said) -> dict[str, Any]:
    return {"said": (STOPPED_BEFORE, *notices)}


def messages(**counts: int) -> dict[str, Any]:
    return {"messages": replace(MESSAGES, **counts)}


def test_a_good_outcome_breaks_no_rule() -> None:
    assert broken_rules(GOOD, Expected()) == []


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        pytest.param(said(RECOVERED), "the STOP was never said", id="lost"),
        pytest.param(
            said(replace(STOP, stage=Stage.SWEEP), RECOVERED),
            "the STOP was said next sweep, expected after it at the latest",
            id="late",
        ),
        pytest.param(
            {"said": (STOP, RECOVERED)},
            "the STOP of the image that mends was never said",
            id="first-lost",
        ),
        pytest.param(
            said(STOP, STOP, RECOVERED), "STOP was said 2 times, expected at most 1", id="again"
        ),
        pytest.param(
            said(STOP, RECOVERED, RECOVERED),
            "RECOVERED was said 2 times, expected at most 1",
            id="recovered-again",
        ),
        pytest.param(
            said(STOP, replace(STOP, id="id-4"), RECOVERED) | {"disturbed": Counter(Role)},
            "the same STOP was said under several ids",
            id="two-ids",
        ),
        pytest.param(
            said(STOP, RECOVERED, replace(STOP, role=Role.CALM)),
            "a STOP of an image that does not stop (calm), at once",
            id="made-up",
        ),
        pytest.param(
            said(STOP, RECOVERED, replace(STOPPED_BEFORE, stage=Stage.SWEEP)),
            "a STOP of an image that does not stop (mends), next sweep",
            id="outdated",
        ),
        pytest.param(
            said(STOP, RECOVERED, replace(RECOVERED, role=Role.FLIPS)),
            "a RECOVERED of an image that did not recover (flips)",
            id="false-recovery",
        ),
        pytest.param(
            said(STOP, RECOVERED, replace(STOP, event_type="REMINDER")),
            "a REMINDER within REMINDER_HOURS",
            id="reminder",
        ),
        pytest.param(
            said(STOP, RECOVERED, replace(STOP, event_type="ENDED")),
            "a STOP ended although its image runs (flips)",
            id="ended",
        ),
        pytest.param(
            {"went_through": Stage.SWEEP}, "a RECOVERED before Anchore answered go", id="hasty"
        ),
        pytest.param(said(STOP), "the recovery was never said", id="recovery-lost"),
        pytest.param(
            messages(done=11),
            "messages vanished: Messages(sent=12, done=11, queued=0, dead=0, redriven=0)",
            id="vanished",
        ),
        pytest.param(
            messages(done=11, queued=1), "1 messages are still on the queue", id="left-on-queue"
        ),
        pytest.param(messages(done=11, dead=1), "1 dead letters in the end, expected 0", id="dead"),
        pytest.param(
            messages(redriven=1), "1 dead letters after the fault, expected 0", id="was-dead"
        ),
        pytest.param(
            {"verdicts": {}},
            "the ledger says {}, expected calm: go, flips: stop, mends: go",
            id="forgotten",
        ),
        pytest.param({"waiting": 1}, "1 notices still wait", id="unsaid"),
        pytest.param({"deaths": 1}, "1 processes died by themselves", id="dead-process"),
        pytest.param(
            {"longest_chain": 15}, "a chain of 15 invocations, expected 14 at most", id="long-chain"
        ),
        pytest.param({"strays": 2}, "2 messages came from the other lane's queue", id="other-lane"),
        pytest.param({"failed_events": 1}, "1 events were given up, expected 0", id="given-up"),
        pytest.param({"delays": (0, 30)}, "copies wait [0] s, expected 15 to 900", id="no-delay"),
    ],
)
def test_each_rule_can_be_broken(change: dict[str, Any], broken: str) -> None:
    assert broken_rules(replace(GOOD, **change), Expected()) == [broken]


def test_a_sweep_too_many_breaks_a_rule() -> None:
    assert broken_rules(GOOD, Expected(sweeps=3)) == []
    assert broken_rules(GOOD, Expected(sweeps=2)) == ["3 sweeps began, expected 2"]


def test_a_disturbance_gives_leave_to_repeat() -> None:
    outcome = replace(GOOD, **said(STOP, STOP, RECOVERED), disturbed=Counter({Role.FLIPS: 1}))
    assert broken_rules(outcome, Expected()) == []
