"""What must hold of every case, whatever went wrong in it."""

from collections.abc import Iterator
from dataclasses import dataclass

from rescan.work.requeue import LONGEST_CHAIN
from tests.lab.faults.outcome import Messages, Outcome, Role, Stage

_VERDICTS = {Role.CALM: "go", Role.FLIPS: "stop", Role.MENDS: "go"}


@dataclass(frozen=True)
class Expected:
    """What a case may come to within the rules.

    When its STOP is said at the `latest`; how many messages are `poison`, which no redrive mends;
    whether good ones may reach the `dead_letters`, too; whether the image was `gone` for a while,
    which ends its STOP without a recovery; the `least_delay` of a copy in seconds; how many
    invocations may be in a `chain`; and how many of the schedule's events Lambda gives up
    (`failed_events`); how many `sweeps` begin, where the feed clock begins them.
    """

    latest: Stage = Stage.LATER
    poison: int = 0
    dead_letters: bool = False
    gone: bool = False
    least_delay: int = 15
    chain: int = LONGEST_CHAIN
    failed_events: int = 0
    sweeps: int | None = None


def broken_rules(outcome: Outcome, expected: Expected) -> list[str]:
    """The rules that the outcome breaks, in words; none is what is wanted."""
    return [
        *_every_stop_is_said(outcome, expected),
        *_nothing_is_said_too_often(outcome),
        *_nothing_false_is_said(outcome),
        *_a_recovery_needs_a_go(outcome, expected),
        *no_message_vanishes(outcome.messages, expected),
        *_the_ledger_knows(outcome),
        *_copies_wait(outcome, expected),
        *_no_process_dies_by_itself(outcome),
        *_no_chain_is_too_long(outcome, expected),
        *_no_event_is_given_up(outcome, expected),
        *_work_stays_in_its_lane(outcome),
        *_so_many_sweeps_begin(outcome, expected),
    ]


def _every_stop_is_said(outcome: Outcome, expected: Expected) -> Iterator[str]:
    stops = outcome.of(Role.FLIPS, "STOP")
    if not stops:
        yield "the STOP was never said"
    elif stops[0].stage > expected.latest:
        yield f"the STOP was said {stops[0].stage}, expected {expected.latest} at the latest"
    if not outcome.of(Role.MENDS, "STOP"):
        yield "the STOP of the image that mends was never said"


def _nothing_is_said_too_often(outcome: Outcome) -> Iterator[str]:
    for role, event_type in ((Role.FLIPS, "STOP"), (Role.MENDS, "RECOVERED")):
        said, most = outcome.of(role, event_type), 1 + outcome.disturbed[role]
        if len(said) > most:
            yield f"{event_type} was said {len(said)} times, expected at most {most}"
        if not outcome.forgetful and len({notice.id for notice in said}) > 1:
            yield f"the same {event_type} was said under several ids"


def _nothing_false_is_said(outcome: Outcome) -> Iterator[str]:
    for said in outcome.said:
        stopped = {
            Role.CALM: False,
            Role.FLIPS: said.stage > Stage.BEFORE,
            Role.MENDS: said.stage == Stage.BEFORE,
        }[said.role]
        if said.event_type == "STOP" and not stopped:
            yield f"a STOP of an image that does not stop ({said.role}), {said.stage}"
        if said.event_type == "RECOVERED" and said.role is not Role.MENDS:
            yield f"a RECOVERED of an image that did not recover ({said.role})"
        if said.event_type == "ENDED":
            yield f"a STOP ended although its image runs ({said.role})"
        if said.event_type == "REMINDER":
            yield "a REMINDER within REMINDER_HOURS"


def _a_recovery_needs_a_go(outcome: Outcome, expected: Expected) -> Iterator[str]:
    recovered = outcome.of(Role.MENDS, "RECOVERED")
    went_through = outcome.went_through
    if recovered and (went_through is None or recovered[0].stage < went_through):
        yield "a RECOVERED before Anchore answered go"
    if not recovered and not expected.gone:
        yield "the recovery was never said"


def no_message_vanishes(messages: Messages, expected: Expected) -> Iterator[str]:
    """Each is done, on the queue or a dead letter; in the end only poison is."""
    if messages.vanished:
        yield f"messages vanished: {messages}"
    if messages.queued:
        yield f"{messages.queued} messages are still on the queue"
    if messages.dead != expected.poison:
        yield f"{messages.dead} dead letters in the end, expected {expected.poison}"
    if messages.redriven != expected.poison and not expected.dead_letters:
        yield f"{messages.redriven} dead letters after the fault, expected {expected.poison}"


def _the_ledger_knows(outcome: Outcome) -> Iterator[str]:
    if outcome.verdicts != _VERDICTS:
        wanted = ", ".join(f"{role}: {verdict}" for role, verdict in _VERDICTS.items())
        yield f"the ledger says {outcome.verdicts}, expected {wanted}"
    if outcome.waiting:
        yield f"{outcome.waiting} notices still wait"


def _copies_wait(outcome: Outcome, expected: Expected) -> Iterator[str]:
    if wrong := [delay for delay in outcome.delays if not expected.least_delay <= delay <= 900]:
        yield f"copies wait {wrong} s, expected {expected.least_delay} to 900"


def _no_process_dies_by_itself(outcome: Outcome) -> Iterator[str]:
    if outcome.deaths:
        yield f"{outcome.deaths} processes died by themselves"


def _no_chain_is_too_long(outcome: Outcome, expected: Expected) -> Iterator[str]:
    if outcome.longest_chain > expected.chain:
        yield f"a chain of {outcome.longest_chain} invocations, expected {expected.chain} at most"


def _no_event_is_given_up(outcome: Outcome, expected: Expected) -> Iterator[str]:
    if outcome.failed_events != expected.failed_events:
        yield f"{outcome.failed_events} events were given up, expected {expected.failed_events}"


def _work_stays_in_its_lane(outcome: Outcome) -> Iterator[str]:
    if outcome.strays:
        yield f"{outcome.strays} messages came from the other lane's queue"


def _so_many_sweeps_begin(outcome: Outcome, expected: Expected) -> Iterator[str]:
    if expected.sweeps not in (None, outcome.sweeps):
        yield f"{outcome.sweeps} sweeps began, expected {expected.sweeps}"
