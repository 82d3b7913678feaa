"""anchore-rescan status: what is stopped now, or everything remembered of one image."""

import os

import click

from rescan.kernel.image_tag import ImageTag
from rescan.kernel.safe_text import printable
from rescan_cli.exit_status import ExitStatus
from rescan_cli.options import IMAGE_TAG, ledger_options, output_option
from rescan_cli.state.answer import (
    Filters,
    ImageAnswer,
    OverviewAnswer,
    image_answer,
    overview_answer,
)
from rescan_cli.state.image_text import image_text
from rescan_cli.state.json_text import image_json, overview_json
from rescan_cli.state.overview_text import overview_text
from rescan_cli.state.source import Asked, Source, source_of
from rescan_cli.state.watch import watched
from rescan_cli.terminal import Screen

_Answer = OverviewAnswer | ImageAnswer


@click.command("status")
@click.argument("tag", type=IMAGE_TAG, required=False)
@ledger_options
@click.option("--team", metavar="NAME", help="Only the images of this team.")
@click.option("--exploited", is_flag=True, help="Only images with a finding that is exploited.")
@click.option("--overdue", is_flag=True, help="Only images with a finding that is overdue.")
@output_option("docs/cli.md has its fields.")
@click.option("--watch", is_flag=True, help="Show it again and again, until Ctrl-C.")
@click.option(
    "--every",
    metavar="SECONDS",
    type=click.FloatRange(min=5),
    default=60.0,
    show_default=True,
    help="How often it is shown again.",
)
def command(
    tag: ImageTag | None,
    team: str | None,
    exploited: bool,
    overdue: bool,
    output: str,
    watch: bool,
    every: float,
    **asked: str | None,
) -> ExitStatus:
    """Show what is stopped now, as the ledger has it; with TAG, everything remembered of that tag.

    Reads the ledger with your AWS credentials and asks Anchore nothing. The exit status is 1 when
    an image is stopped, 2 when none is but the ledger cannot tell of all of them, 3 when it does
    not know the tag or the team, else 0.
    """
    filters = Filters(team=team, exploited=exploited, overdue=overdue)
    if tag is not None and filters != Filters():
        raise click.UsageError("TAG names one image: --team, --exploited and --overdue do not fit.")
    source = source_of(Asked(**asked), os.environ)

    def read() -> _Answer:
        return overview_answer(source, filters) if tag is None else image_answer(source, tag)

    def show(answer: _Answer) -> None:
        click.echo(_json(answer, source)) if output == "json" else _show(answer, source)
        for note in answer.notes:
            click.echo(f"anchore-rescan: {printable(note)}", err=True)

    if watch:
        watched(read, show, every)
    show(answer := read())
    return answer.status


def _show(answer: _Answer, source: Source) -> None:
    if answer.status is ExitStatus.NOT_FOUND:
        return  # the note says so
    if isinstance(answer, OverviewAnswer):
        where = f"{source.table} in {source.region}"
        Screen().show(*overview_text(answer.overview, where))
    else:
        Screen().show(*image_text(answer.found, answer.at))


def _json(answer: _Answer, source: Source) -> str:
    if isinstance(answer, OverviewAnswer):
        return overview_json(answer.overview, source)
    return image_json(answer.found, source, answer.at)
