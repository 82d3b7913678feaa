"""Runs tags through the workflow and makes a recording of each, all redacted alike."""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from rescan.gate.report import Report
from rescan.kernel.errors import AnchoreError, RescanError
from rescan.kernel.image_tag import ImageTag
from rescan_cli.connection import Connection
from rescan_cli.gating import gate
from rescan_cli.recording.exchange import Exchange, RecordingAdapter
from rescan_cli.recording.har import har_text
from rescan_cli.recording.leaks import credentials_in, leaks
from rescan_cli.recording.names import names_in
from rescan_cli.recording.proof import outputs_live, outputs_replayed
from rescan_cli.recording.redaction import Redactor


class CredentialLeft(RescanError):
    """The recording would hold a credential; nothing was written."""


class ReplayDiffers(RescanError):
    """The recording replays to other outputs than the live run; nothing was written."""


class Run(Struct, frozen=True):
    """The result of gating one tag, and the exchanges behind it."""

    tag: ImageTag
    result: Report | AnchoreError
    exchanges: tuple[Exchange, ...]

    @property
    def outcome(self) -> str:
        """The outcome, or the name of the error."""
        if isinstance(self.result, AnchoreError):
            return type(self.result).__name__
        return self.result.outcome.value


class Written(Struct, frozen=True):
    """A file to be written: its name, its text, and the tag by which it is replayed."""

    name: str
    text: str
    tag: str
    outcome: str


def run_tag(connection: Connection, adapter: RecordingAdapter, tag: ImageTag) -> Run:
    """The run; `adapter` is the connection's."""
    adapter.exchanges = []
    try:
        result: Report | AnchoreError = gate(connection, tag)
    except AnchoreError as error:
        result = error
    return Run(tag, result, tuple(adapter.exchanges))


def recorded(
    runs: Sequence[Run], connection: Connection, patterns: Iterable[re.Pattern[str]] = ()
) -> tuple[list[Written], Redactor]:
    """The files and their redactor; CredentialLeft or ReplayDiffers for one not to be written."""
    settings, credentials = connection.settings, credentials_in(connection.secret)
    bodies = (e.body.decode(errors="replace") for run in runs for e in run.exchanges)
    names = names_in(bodies, settings.anchore_account, connection.secret)
    redactor = Redactor(settings.base_url, credentials, names, patterns)
    written: list[Written] = []
    for run in runs:
        file = _written(run, redactor, {one.name for one in written})
        if leaks(file.name + file.text, credentials):
            raise CredentialLeft(
                f"{file.name} would hold a credential of Anchore's, plain or encoded: nothing was"
                " written. Redact the text around it, by a --redact pattern that does not quote it."
            )
        _prove(file, run, connection, redactor)
        written.append(file)
    return written, redactor


def _prove(file: Written, run: Run, connection: Connection, redactor: Redactor) -> None:
    """Refuse a recording that a pattern has broken: its receiver would find that out."""
    live = outputs_live(run.result, redactor)
    again = outputs_replayed(file.text, file.tag, connection, redactor)
    if again == live:
        return
    difference = f"{live.outcome} live, {again.outcome} replayed"
    if again.outcome == live.outcome:
        difference = f"{live.outcome} both times, but with other outputs"
    raise ReplayDiffers(
        f"{file.name} does not replay as it was recorded: {difference}. Nothing was written."
        " Expected --redact patterns that keep what the workflow depends on, such as 'stop'."
    )


def _written(run: Run, redactor: Redactor, taken: set[str]) -> Written:
    tag = redactor.text(str(run.tag))
    comment = (
        f"{tag}: {run.outcome}. Recorded by anchore-rescan record: credentials, cookies,"
        " host, account and user names are replaced, each by the same word throughout."
    )
    return Written(
        name=_file_name(redactor.text(run.tag.repository), run.tag.tag, taken),
        text=har_text(run.exchanges, redactor, comment),
        tag=tag,
        outcome=run.outcome,
    )


def _file_name(repository: str, tag: str, taken: set[str]) -> str:
    stem = re.sub(r"[^\w.-]+", "_", f"{repository}_{tag}").lstrip(".")
    names = [f"{stem}.har", *(f"{stem}_{number}.har" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)
