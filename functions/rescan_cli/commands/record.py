"""anchore-rescan record: recordings of the user's own Anchore, without secrets."""

import os
import re
from pathlib import Path
from typing import Any

import click

from rescan.kernel.errors import AnchoreError
from rescan.kernel.image_tag import ImageTag
from rescan_cli.connection import connect
from rescan_cli.exit_status import ExitStatus, of_error
from rescan_cli.options import IMAGE_TAG, Chosen, gate_options
from rescan_cli.recording.exchange import RecordingAdapter
from rescan_cli.recording.recorder import (
    CredentialLeft,
    ReplayDiffers,
    Run,
    Written,
    recorded,
    run_tag,
)
from rescan_cli.terminal import Screen, plain, table


class _Pattern(click.ParamType):
    name = "regex"

    def convert(self, value: Any, param: Any, ctx: Any) -> re.Pattern[str]:
        try:
            return re.compile(value)
        except re.error as error:
            self.fail(f"{value!r} is no regular expression: {error}", param, ctx)


@click.command("record")
@click.argument("tags", type=IMAGE_TAG, nargs=-1, required=True, metavar="TAG...")
@gate_options
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Where the recordings go, one .har for each tag.",
)
@click.option(
    "--redact",
    "patterns",
    type=_Pattern(),
    multiple=True,
    metavar="REGEX",
    help="Replace what matches, too, everywhere alike; may be repeated.",
)
@click.option("--force", is_flag=True, help="Overwrite recordings.")
def command(
    tags: tuple[ImageTag, ...],
    folder: Path,
    patterns: tuple[re.Pattern[str], ...],
    force: bool,
    **chosen: Any,
) -> ExitStatus:
    """Gate each TAG and write what Anchore answered as HAR 1.2, redacted.

    Replaces credentials, cookies, the host, account and user names, and known kinds of other
    secrets, each original by the same word throughout. Each recording is replayed first, and must
    have the same outcome. Nothing is written while one of your credentials is left in it, in up to
    two encodings. The exit status is 0 when all tags were recorded.
    """
    adapter = RecordingAdapter()
    connection = connect(Chosen(**chosen), os.environ, adapter)
    runs = [run_tag(connection, adapter, tag) for tag in dict.fromkeys(tags)]
    try:
        files, _ = recorded(runs, connection, patterns)
    except (CredentialLeft, ReplayDiffers) as error:
        raise click.ClickException(str(error)) from error
    _write(files, folder, force=force)
    _show(files, folder)
    return _status(runs)


def _write(files: list[Written], folder: Path, *, force: bool) -> None:
    there = [str(folder / file.name) for file in files if (folder / file.name).exists()]
    if there and not force:
        raise click.ClickException(f"{', '.join(there)}: there already. --force overwrites it.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            (folder / file.name).write_text(file.text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(
            f"{error.filename} cannot be written: {error.strerror}"
        ) from error


def _show(files: list[Written], folder: Path) -> None:
    shown = table("OUTCOME", "TAG IN THE RECORDING", "FILE")
    for file in files:
        shown.add_row(
            plain(file.outcome), plain(file.tag, 600), plain(str(folder / file.name), 600)
        )
    Screen().show(shown)


def _status(runs: list[Run]) -> ExitStatus:
    """That of the first error: its recording is written, but may not be the wanted one."""
    errors = [run.result for run in runs if isinstance(run.result, AnchoreError)]
    for error in errors:
        click.echo(f"anchore-rescan: {error}", err=True)
    return of_error(errors[0]) if errors else ExitStatus.PASSED
