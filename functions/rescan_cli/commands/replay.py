"""anchore-rescan replay: the real handler on a recorded Anchore; nothing leaves the machine."""

import json
from pathlib import Path
from typing import Any

import click

from rescan.gate.model import Outcome
from rescan.ledger.news import EventType
from rescan_cli.exit_status import ExitStatus, of_error, of_outcome
from rescan_cli.replay.argument import RECORDING
from rescan_cli.replay.asked import Asked
from rescan_cli.replay.har import Recording, ReplayError
from rescan_cli.replay.invocation import Invocation, invoked
from rescan_cli.replay.shown import WIDTH, shown, title
from rescan_cli.terminal import Screen

# Of several images, the status that a pipeline must know.
_WORST_FIRST = (ExitStatus.STOPPED, ExitStatus.NOT_EVALUATED, ExitStatus.NOT_FOUND)


@click.command("replay")
@click.argument("recording", type=RECORDING)
@click.argument(
    "event_file",
    metavar="[EVENT]",
    required=False,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
def command(recording: Recording, event_file: Path | None) -> ExitStatus:
    """Run the function's own handler on the RECORDING, a HAR 1.2 file, and on an AWS of its own
    in this process; show what Anchore was asked, what was answered, and the mails.

    EVENT is a file with the JSON of an event of AWS or of a direct invocation. Without it the
    recording decides: its first tag, or a sweep. The exit status is that of run, of several images
    the worst; 2 when the function answers no outcome.
    """
    asked = Asked.of(recording)
    event, words = _event(asked, event_file)
    try:
        invocation = invoked(event, recording, asked.settings)
    except ReplayError as error:
        raise click.ClickException(f"The recording does not fit the event: {error}") from error
    tag = str(event.get("tag")) if isinstance(event, dict) else ""
    Screen(WIDTH).show(title(words, recording), *shown(invocation, tag))
    return _status(invocation)


def _event(asked: Asked, file: Path | None) -> tuple[Any, str]:
    """The event, and a name for it."""
    if file is not None:
        try:
            return json.loads(file.read_bytes()), file.name
        except (OSError, ValueError, RecursionError) as error:
            raise click.ClickException(
                f"{file} is no event: {error}. Expected a JSON document."
            ) from error
    if asked.event is None:
        raise click.ClickException(
            "The recording asks for no image, so it does not say which event it answers."
            " Expected EVENT, a file with the JSON of an event."
        )
    return asked.event, asked.words


def _status(invocation: Invocation) -> ExitStatus:
    """From the answer, or from what was published: the answer to a batch has only failures."""
    if invocation.error is not None:
        return of_error(invocation.error)
    stops = {EventType.STOP.value, EventType.REMINDER.value}
    if any(mail.attributes.get("event_type") in stops for mail in invocation.mails):
        return ExitStatus.STOPPED
    answer = invocation.answer or {}
    results = answer.get("results", [answer] if "outcome" in answer else [])
    statuses = {_of_result(result) for result in results} or {ExitStatus.NOT_EVALUATED}
    return next((status for status in _WORST_FIRST if status in statuses), ExitStatus.PASSED)


def _of_result(result: dict[str, Any]) -> ExitStatus:
    """Work that ended without a report has no outcome."""
    outcome = result["outcome"]
    return of_outcome(Outcome(outcome)) if outcome else ExitStatus.NOT_EVALUATED
