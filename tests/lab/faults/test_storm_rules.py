"""A rule that nothing can break would prove nothing."""

from dataclasses import replace
from typing import Any

import pytest

from tests.lab.faults.outcome import Messages
from tests.lab.faults.storm import MENDED, PUSHED, Announced, Phase, StormOutcome
from tests.lab.faults.storm_rules import broken_storm_rules

PAYMENTS, WEB = ("payments-00", "payments-01", MENDED), ("web-00",)
STORM = Announced(Phase.FAULT, "STOP", "payments", "id-1", PAYMENTS, 3)
OF_WEB = Announced(Phase.FAULT, "STOP", "web", "id-2", WEB, 1)
RECOVERED = Announced(Phase.FAULT, "RECOVERED", "payments", "id-4", (MENDED,), None)
PUSH = Announced(Phase.AFTER, "STOP", "payments", "id-3", (PUSHED,), None)
MORE = Announced(Phase.LATER, "STOP", "payments", "id-5", ("payments-late",), 4)
PUBLISHED = (STORM, OF_WEB, RECOVERED, PUSH, MORE)
MESSAGES = Messages(sent=9, done=9, queued=0, dead=0, redriven=0)
GOOD = StormOutcome(
    announced=PUBLISHED,
    first=frozenset([*PAYMENTS, *WEB]),
    stopped=frozenset([*PAYMENTS, *WEB, "payments-late", PUSHED]),
    disturbed=0,
    waiting=0,
    deaths=0,
    messages=MESSAGES,
)


def published(**changed: Announced) -> dict[str, Any]:
    """What was published, with some of it changed, or at its end `also`."""
    names = ("storm", "of_web", "recovered", "push", "more")
    each = dict(zip(names, PUBLISHED, strict=True)) | changed
    return {"announced": tuple(each.values())}


def without(lost: Announced) -> dict[str, Any]:
    return {"announced": tuple(message for message in PUBLISHED if message != lost)}


def test_a_good_outcome_breaks_no_rule() -> None:
    assert broken_storm_rules(GOOD, Phase.FAULT) == []


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        pytest.param(without(OF_WEB), "the STOP was never published of web-00", id="lost"),
        pytest.param(
            published(storm=replace(STORM, images=(PAYMENTS[0], MENDED))),
            "the STOP was never published of payments-01",
            id="lost-in-a-group",
        ),
        pytest.param(
            published(of_web=replace(OF_WEB, phase=Phase.AFTER)),
            "the last STOP was published after it, expected at once at the latest",
            id="late",
        ),
        pytest.param(
            published(also=OF_WEB),
            "STOP of web-00 came 2 times, at most 1 expected",
            id="again",
        ),
        pytest.param(
            published(also=RECOVERED),
            f"RECOVERED of {MENDED} came 2 times, at most 1 expected",
            id="recovered-again",
        ),
        pytest.param(
            published(also=replace(OF_WEB, id="id-9")) | {"disturbed": 1},
            "the same STOP of web-00 was published under several ids",
            id="two-ids",
        ),
        pytest.param(
            published(more=replace(MORE, images=("payments-late", "payments-calm"))),
            "a STOP of payments-calm",
            id="made-up",
        ),
        pytest.param(
            published(also=replace(OF_WEB, event_type="RECOVERED")),
            "a RECOVERED of web-00",
            id="false-recovery",
        ),
        pytest.param(
            published(also=replace(OF_WEB, event_type="REMINDER")),
            "a REMINDER of web-00",
            id="reminder",
        ),
        pytest.param(
            published(
                of_web=replace(OF_WEB, images=("web-00", "payments-00")),
                storm=replace(STORM, images=PAYMENTS[1:]),
            ),
            "a message for web names payments-00",
            id="two-teams",
        ),
        pytest.param(
            published(more=replace(MORE, images=(), total=4), also=replace(MORE, total=None)),
            "the STOP of payments-late was published alone",
            id="alone",
        ),
        pytest.param(
            published(push=replace(PUSH, total=4)),
            f"the STOP of {PUSHED} was published with others",
            id="a-push-in-a-group",
        ),
        pytest.param(
            published(more=replace(MORE, total=5)),
            "payments reads of 5 images in all, expected 4",
            id="counted-twice",
        ),
        pytest.param(without(RECOVERED), "the recovery was never published", id="recovery-lost"),
        pytest.param(
            {"announced": (RECOVERED, STORM, OF_WEB, PUSH, MORE)},
            "of the mended image came RECOVERED, then STOP",
            id="out-of-order",
        ),
        pytest.param(
            {"messages": replace(MESSAGES, done=8)},
            "messages vanished: Messages(sent=9, done=8, queued=0, dead=0, redriven=0)",
            id="vanished",
        ),
        pytest.param({"aside": 1}, "1 notices are set aside, expected 0", id="lost-aside"),
        pytest.param(
            {"refused": frozenset({"web-01"})}, "0 notices are set aside, expected 1", id="not-kept"
        ),
        pytest.param({"waiting": 1}, "1 notices still wait", id="still-waiting"),
        pytest.param({"deaths": 1}, "1 processes died by themselves", id="dead-process"),
    ],
)
def test_each_rule_can_be_broken(change: dict[str, Any], broken: str) -> None:
    assert broken_storm_rules(replace(GOOD, **change), Phase.FAULT) == [broken]


def test_a_team_whose_group_was_refused_reads_of_its_images_one_by_one() -> None:
    alone = [replace(STORM, id=image, images=(image,), total=None) for image in PAYMENTS]
    announced = (*alone, *PUBLISHED[1:])
    told = replace(GOOD, announced=announced, one_by_one=frozenset({"payments"}))
    assert broken_storm_rules(told, Phase.FAULT) == []
    assert broken_storm_rules(replace(told, one_by_one=frozenset({"web"})), Phase.FAULT)


def test_a_disturbance_gives_leave_to_repeat() -> None:
    outcome = replace(GOOD, **published(also=OF_WEB), disturbed=1)
    assert broken_storm_rules(outcome, Phase.FAULT) == []
