"""A rule that nothing can break would prove nothing."""

from dataclasses import replace
from typing import Any

import pytest

from tests.lab.faults.outcome import Messages
from tests.lab.faults.storm import MENDED, Announced, Phase, StormOutcome
from tests.lab.faults.storm_rules import broken_storm_rules

PAYMENTS, WEB = ("payments-00", "payments-01"), ("web-00",)
STORM = Announced(Phase.FAULT, "STOP", "payments", "id-1", PAYMENTS, 2)
OF_WEB = Announced(Phase.FAULT, "STOP", "web", "id-2", WEB, 1)
MENDED_STOP = Announced(Phase.FAULT, "STOP", "payments", "id-3", (MENDED,), None)
RECOVERED = replace(MENDED_STOP, event_type="RECOVERED", id="id-4")
MORE = Announced(Phase.LATER, "STOP", "payments", "id-5", ("payments-late",), 4)
SAID = (STORM, OF_WEB, MENDED_STOP, RECOVERED, MORE)
MESSAGES = Messages(sent=9, done=9, queued=0, dead=0, redriven=0)
GOOD = StormOutcome(
    announced=SAID,
    first=frozenset([*PAYMENTS, *WEB, MENDED]),
    stopped=frozenset([*PAYMENTS, *WEB, MENDED, "payments-late"]),
    disturbed=0,
    waiting=0,
    deaths=0,
    messages=MESSAGES,
)


def said(**changed: Announced) -> dict[str, Any]:
    """What was said, with some of it changed, or at its end `also`."""
    names = ("storm", "of_web", "stop", "recovered", "more")
    each = dict(zip(names, SAID, strict=True)) | changed
    return {"announced": tuple(each.values())}


def without(lost: Announced) -> dict[str, Any]:
    return {"announced": tuple(it for it in SAID if it != lost)}


def test_a_good_outcome_breaks_no_rule() -> None:
    assert broken_storm_rules(GOOD, Phase.FAULT) == []


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        pytest.param(without(OF_WEB), "the STOP was never said of web-00", id="lost"),
        pytest.param(
            said(storm=replace(STORM, images=PAYMENTS[:1])),
            "the STOP was never said of payments-01",
            id="lost-in-a-group",
        ),
        pytest.param(
            said(of_web=replace(OF_WEB, phase=Phase.AFTER)),
            "the last STOP was said after it, expected at once at the latest",
            id="late",
        ),
        pytest.param(
            said(also=OF_WEB), "STOP of web-00 was said 2 times, expected at most 1", id="again"
        ),
        pytest.param(
            said(also=RECOVERED),
            f"RECOVERED of {MENDED} was said 2 times, expected at most 1",
            id="recovered-again",
        ),
        pytest.param(
            said(also=replace(OF_WEB, id="id-9")) | {"disturbed": 1},
            "the same STOP of web-00 was said under several ids",
            id="two-ids",
        ),
        pytest.param(
            said(more=replace(MORE, images=("payments-late", "payments-calm"))),
            "a STOP of payments-calm",
            id="made-up",
        ),
        pytest.param(
            said(also=replace(OF_WEB, event_type="RECOVERED")),
            "a RECOVERED of web-00",
            id="false-recovery",
        ),
        pytest.param(
            said(also=replace(OF_WEB, event_type="REMINDER")), "a REMINDER of web-00", id="reminder"
        ),
        pytest.param(
            said(
                of_web=replace(OF_WEB, images=("web-00", "payments-00")),
                storm=replace(STORM, images=PAYMENTS[1:]),
            ),
            "a message for web names payments-00",
            id="two-teams",
        ),
        pytest.param(
            said(more=replace(MORE, images=(), total=4), also=replace(MORE, total=None)),
            "payments-late was told alone",
            id="alone",
        ),
        pytest.param(
            said(more=replace(MORE, total=5)),
            "payments is told of 5 images in all, expected 4",
            id="counted-twice",
        ),
        pytest.param(
            said(
                stop=replace(MENDED_STOP, images=(), total=0),
                storm=replace(STORM, images=(*PAYMENTS, MENDED)),
            ),
            "the mended image was told in a group",
            id="mended-in-a-group",
        ),
        pytest.param(without(RECOVERED), "the recovery was never said", id="recovery-lost"),
        pytest.param(
            said(stop=RECOVERED, recovered=MENDED_STOP),
            "of the mended image was said RECOVERED, then STOP",
            id="out-of-order",
        ),
        pytest.param(
            {"messages": replace(MESSAGES, done=8)},
            "messages vanished: Messages(sent=9, done=8, queued=0, dead=0, redriven=0)",
            id="vanished",
        ),
        pytest.param({"waiting": 1}, "1 notices still wait", id="unsaid"),
        pytest.param({"deaths": 1}, "1 processes died by themselves", id="dead-process"),
    ],
)
def test_each_rule_can_be_broken(change: dict[str, Any], broken: str) -> None:
    assert broken_storm_rules(replace(GOOD, **change), Phase.FAULT) == [broken]


def test_a_disturbance_gives_leave_to_repeat() -> None:
    outcome = replace(GOOD, **said(also=STORM), disturbed=1)
    assert broken_storm_rules(outcome, Phase.FAULT) == []


def test_what_is_told_alone_again_counts_again() -> None:
    again = said(
        stop=MENDED_STOP, recovered=MENDED_STOP, more=replace(MORE, total=5), also=RECOVERED
    )
    assert broken_storm_rules(replace(GOOD, **again, disturbed=1), Phase.FAULT) == []
