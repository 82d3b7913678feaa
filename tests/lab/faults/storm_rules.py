"""What must hold of every storm, whatever went wrong in it."""

from collections.abc import Iterator

from tests.lab.faults.rules import Expected, no_message_vanishes
from tests.lab.faults.storm import MENDED, PUSHED, Phase, StormOutcome


def broken_storm_rules(outcome: StormOutcome, latest: Phase) -> list[str]:
    """The rules that the outcome breaks, in words; none is what is wanted."""
    return [
        *_every_stop_is_published(outcome, latest),
        *_nothing_is_published_too_often(outcome),
        *_nothing_false_is_published(outcome),
        *_a_team_has_its_own_messages(outcome),
        *_the_storm_is_published_together(outcome),
        *_the_mended_one_stops_before_it_recovers(outcome),
        *no_message_vanishes(outcome.messages, Expected()),
        *_nothing_is_left(outcome),
    ]


def _every_stop_is_published(outcome: StormOutcome, latest: Phase) -> Iterator[str]:
    never = sorted(image for image in outcome.stopped if not outcome.of(image))
    if never:
        yield f"the STOP was never published of {', '.join(never)}"
    if outcome.latest is not None and outcome.latest > latest:
        yield f"the last STOP was published {outcome.latest}, expected {latest} at the latest"


def _nothing_is_published_too_often(outcome: StormOutcome) -> Iterator[str]:
    most = 1 + outcome.disturbed
    for image in sorted(outcome.stopped):
        for event_type in ("STOP", "RECOVERED"):
            messages = outcome.of(image, event_type)
            if (times := len(messages)) > most:
                yield f"{event_type} of {image} came {times} times, at most {most} expected"
            if len({message.id for message in messages}) > 1:
                yield f"the same {event_type} of {image} was published under several ids"


def _nothing_false_is_published(outcome: StormOutcome) -> Iterator[str]:
    wanted = {"STOP": outcome.stopped, "RECOVERED": {MENDED}}
    for message in outcome.announced:
        if false := sorted(set(message.images) - wanted.get(message.event_type, set())):
            yield f"a {message.event_type} of {', '.join(false)}"


def _a_team_has_its_own_messages(outcome: StormOutcome) -> Iterator[str]:
    for message in outcome.announced:
        if others := sorted(n for n in message.images if n.partition("-")[0] != message.team):
            yield f"a message for {message.team} names {', '.join(others)}"


def _the_storm_is_published_together(outcome: StormOutcome) -> Iterator[str]:
    stops = [message for message in outcome.announced if message.event_type == "STOP"]
    together = [message for message in stops if message.team not in outcome.one_by_one]
    for message in together:
        if (message.total is None) != (PUSHED in message.images):
            how = "alone" if message.total is None else "with others"
            yield f"the STOP of {', '.join(message.images)} was published {how}"
    for team in sorted({message.team for message in together}):
        named = max(message.total or 0 for message in together if message.team == team)
        total = sum(image.startswith(team) for image in outcome.stopped - {PUSHED})
        if named != total:
            yield f"{team} reads of {named} images in all, expected {total}"


def _the_mended_one_stops_before_it_recovers(outcome: StormOutcome) -> Iterator[str]:
    kinds = [message.event_type for message in outcome.announced if MENDED in message.images]
    if "RECOVERED" not in kinds:
        yield "the recovery was never published"
    if kinds != sorted(kinds, reverse=True):
        yield f"of the mended image came {', then '.join(kinds)}"


def _nothing_is_left(outcome: StormOutcome) -> Iterator[str]:
    if outcome.waiting:
        yield f"{outcome.waiting} notices still wait"
    if outcome.aside != len(outcome.refused):
        yield f"{outcome.aside} notices are set aside, expected {len(outcome.refused)}"
    if outcome.deaths:
        yield f"{outcome.deaths} processes died by themselves"
