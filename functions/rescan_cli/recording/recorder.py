"""Runs tags through the workflow and makes one recording of each, all redacted alike."""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from rescan.anchore.credentials import credentials_in
from rescan.gate.report import Report
from rescan.kernel.credential_detector import CredentialDetector
from rescan.kernel.errors import AnchoreError, RescanError
from rescan.kernel.image_tag import ImageTag
from rescan_cli.connection import Connection
from rescan_cli.gating import gate
from rescan_cli.recording.exchange import Exchange, RecordingAdapter
from rescan_cli.recording.har import har_text
from rescan_cli.recording.json_text import texts_in
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
    """The files, and what redacted them; CredentialLeft or ReplayDiffers when one of them cannot be
    written."""
    settings, credentials = connection.settings, credentials_in(connection.secret)
    bodies = (e.body.decode(errors="replace") for run in runs for e in run.exchanges)
    names = names_in(bodies, settings.anchore_account, connection.secret)
    redactor = Redactor(settings.base_url, credentials, names, patterns)
    detector = CredentialDetector(credentials)
    written: list[Written] = []
    for run in runs:
        file = _written(run, redactor, {one.name for one in written})
        if detector.finds_one_in("\n".join({file.name, *texts_in(file.text)})):
            raise CredentialLeft(
                f"{file.name} would hold a credential of Anchore's, plain or encoded: nothing was"
                " written. Name what holds it with --redact, by a pattern that does not quote it."
            )
        _prove(file, run, connection, redactor)
        written.append(file)
    return written, redactor


def _prove(file: Written, run: Run, connection: Connection, redactor: Redactor) -> None:
    """A recording that a pattern has broken would be found out by whoever it is given to."""
    live = outputs_live(run.result, redactor)
    again = outputs_replayed(file.text, file.tag, connection, redactor)
    if again == live:
        return
    said = f"{live.outcome} live, {again.outcome} replayed"
    if again.outcome == live.outcome:
        said = f"both times {live.outcome}, but with other outputs"
    raise ReplayDiffers(
        f"{file.name} does not replay as it was recorded: {said}. Nothing was written. Expected"
        " --redact patterns that leave alone what the workflow goes by, such as 'stop'."
    )


def _written(run: Run, redactor: Redactor, taken: set[str]) -> Written:
    tag = redactor.text(str(run.tag))
    comment = (
        f"{tag} came to {run.outcome}. Recorded by anchore-rescan record: credentials, cookies,"
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
