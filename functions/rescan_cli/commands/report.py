"""anchore-rescan report: what is stopped now, as one HTML page that needs no server."""

import os
from pathlib import Path

import click

from rescan_cli.exit_status import ExitStatus
from rescan_cli.options import ledger_options
from rescan_cli.report_page.render import page
from rescan_cli.state.answer import whole_overview
from rescan_cli.state.source import Asked, source_of


@click.command("report")
@ledger_options
@click.option(
    "--output",
    "-o",
    "file",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    required=True,
    metavar="FILE",
    help="Where the page goes; - is standard output.",
)
def command(file: Path, **asked: str | None) -> ExitStatus:
    """Write what is stopped now as one HTML page, which loads nothing and runs nowhere else.

    It names images and their findings: give it to those who may read the notices. Reads the ledger
    with your AWS credentials. The exit status is 0 when the page is written, whatever is on it.
    """
    source = source_of(Asked(**asked), os.environ)
    _write(page(whole_overview(source), f"{source.table} in {source.region}"), file)
    return ExitStatus.PASSED


def _write(text: str, file: Path) -> None:
    if str(file) == "-":
        click.echo(text)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error
    click.echo(f"{file}: {len(text.encode()) / 1000:,.0f} kB", err=True)
