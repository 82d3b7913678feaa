"""What must hold of every storm, whatever went wrong in it."""

from collections.abc import Iterator

from tests.lab.faults.rules import Expected, no_message_vanishes
from tests.lab.faults.storm import MENDED, Phase, StormOutcome


def broken_storm_rules(outcome: StormOutcome, latest: Phase) -> list[str]:
    """The rules that the outcome breaks, in words; none is what is wanted."""
    return [
        *_every_stop_is_said(outcome, latest),
        *_nothing_is_said_too_often(outcome),
        *_nothing_false_is_said(outcome),
        *_a_team_has_its_own_messages(outcome),
        *_the_storm_is_told_together(outcome),
        *_the_mended_one_is_told_alone_and_in_order(outcome),
        *no_message_vanishes(outcome.messages, Expected()),
        *_nothing_is_left(outcome),
    ]


def _every_stop_is_said(outcome: StormOutcome, latest: Phase) -> Iterator[str]:
    never = sorted(image for image in outcome.stopped if not outcome.of(image))
    if never:
        yield f"the STOP was never said of {', '.join(never)}"
    if outcome.latest is not None and outcome.latest > latest:
        yield f"the last STOP was said {outcome.latest}, expected {latest} at the latest"


def _nothing_is_said_too_often(outcome: StormOutcome) -> Iterator[str]:
    most = 1 + outcome.disturbed
    for image in sorted(outcome.stopped):
        for event_type in ("STOP", "RECOVERED"):
            said = outcome.of(image, event_type)
            if len(said) > most:
                yield f"{event_type} of {image} was said {len(said)} times, expected at most {most}"
            if len({it.id for it in said}) > 1:
                yield f"the same {event_type} of {image} was said under several ids"


def _nothing_false_is_said(outcome: StormOutcome) -> Iterator[str]:
    for it in outcome.announced:
        wanted = {"STOP": outcome.stopped, "RECOVERED": {MENDED}}.get(it.event_type, frozenset())
        if false := sorted(set(it.images) - wanted):
            yield f"a {it.event_type} of {', '.join(false)}"


def _a_team_has_its_own_messages(outcome: StormOutcome) -> Iterator[str]:
    for it in outcome.announced:
        if others := sorted(n for n in it.images if n.partition("-")[0] != it.team):
            yield f"a message for {it.team} names {', '.join(others)}"


def _the_storm_is_told_together(outcome: StormOutcome) -> Iterator[str]:
    for it in outcome.announced:
        if it.total is None and MENDED not in it.images:
            yield f"{', '.join(it.images)} was told alone"
    by_team = {it.team for it in outcome.announced}
    for team in sorted(by_team):
        told = max(it.total or 0 for it in outcome.announced if it.team == team)
        total = sum(image.startswith(team) for image in outcome.stopped)
        # The ledger refused to forget it: what is told alone again counts again.
        total += len(outcome.of(MENDED)) - 1 if MENDED.startswith(team) else 0
        if told != total:
            yield f"{team} is told of {told} images in all, expected {total}"


def _the_mended_one_is_told_alone_and_in_order(outcome: StormOutcome) -> Iterator[str]:
    of_it = [it for it in outcome.announced if MENDED in it.images]
    if any(len(it.images) > 1 for it in of_it):
        yield "the mended image was told in a group"
    kinds = [it.event_type for it in of_it]
    if "RECOVERED" not in kinds:
        yield "the recovery was never said"
    if kinds != sorted(kinds, reverse=True):
        yield f"of the mended image was said {', then '.join(kinds)}"


def _nothing_is_left(outcome: StormOutcome) -> Iterator[str]:
    if outcome.waiting:
        yield f"{outcome.waiting} notices still wait"
    if outcome.deaths:
        yield f"{outcome.deaths} processes died by themselves"
