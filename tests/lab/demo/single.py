"""One event on one recording, and what came of it: answered, published, remembered."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from rescan.events.dispatcher import Answer
from rescan.kernel.errors import RescanError
from rescan.ledger.entry import Entry
from rescan_cli.replay.asked import Asked
from rescan_cli.replay.har import Recording, read_recording
from rescan_cli.replay.invocation import Invocation
from rescan_cli.replay.router import Replay
from tests.lab.demo.stage import Stage
from tests.recordings import names, recording

_NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
# Long enough for what the event enqueues, too short for what is tried again later.
_AFTERWARDS = timedelta(minutes=3)
_PUBLISH, _SUMMARIZE = {"publish": "notices"}, {"summarize": "ledger"}


class Played(Struct, frozen=True):
    """An event, called `words`; `before` says what happened first, if anything did.

    `made`: the recording is one of the repository's.
    """

    words: str
    recording: Recording
    made: bool
    event: object
    before: str
    invocation: Invocation
    entries: tuple[Entry, ...]
    at: datetime


def play(event_file: Path | None, name: str) -> Played:
    """What the event comes to; None: what the recording answers.

    `name` is of a recording of the repository or a file; empty: the one that fits the event.
    OSError, ValueError or ReplayError when a file is wrong, or one does not fit the other.
    """
    recorded = _recording(name or _fitting(event_file))
    asked = Asked.of(recorded)
    event = asked.event if event_file is None else json.loads(event_file.read_bytes())
    if event is None:
        raise ValueError("The recording asks for no image: expected an EVENT.")
    replay = Replay(recorded)
    stage = Stage(replay.answer, _NOW, **asked.settings)
    before = _happened_before(event, asked, stage)
    requests, mails = len(replay.seen), len(stage.mailbox.mails)
    answer, error = _answered(stage, event)
    stage.pass_until(stage.now + _AFTERWARDS)
    replay.raise_unrecorded()
    invocation = Invocation(
        tuple(replay.seen[requests:]), answer, error, tuple(stage.mailbox.mails[mails:])
    )
    words = event_file.name if event_file else asked.words
    made = recorded.name in names()
    entries = tuple(stage.entries())
    return Played(words, recorded, made, event, before, invocation, entries, stage.now)


def _fitting(event_file: Path | None) -> str:
    """The recording of the repository that shows an event best."""
    name = event_file.stem if event_file else ""
    fitting = {"schedule": "sweep", "superseded": "superseded_push"}
    return next((fits for word, fits in fitting.items() if word in name), "stop")


def _recording(name: str) -> Recording:
    return recording(name) if name in names() else read_recording(Path(name))


def _happened_before(event: object, asked: Asked, stage: Stage) -> str:
    """Let there be something to publish or to sum up: what the recording itself answers."""
    if event not in (_PUBLISH, _SUMMARIZE) or asked.event is None:
        return ""
    with suppress(RescanError):
        stage.handle(asked.event)
    if event == _PUBLISH:
        stage.work_through()
        return f"Before: {asked.words}, whose notices wait in the outbox."
    stage.pass_until(stage.now + _AFTERWARDS)
    return f"Before: {asked.words}, which the ledger remembers."


def _answered(stage: Stage, event: object) -> tuple[Answer | None, Exception | None]:
    try:
        return stage.handle(event), None
    except RescanError as error:
        return None, error
