"""anchore-rescan run: the workflow, and its outcome as the exit status."""

import os
from typing import Any

import click

from rescan.gate.report import Report
from rescan.kernel.clock import utc_now
from rescan.kernel.errors import AnchoreError
from rescan.kernel.image_tag import Digest, ImageTag
from rescan_cli.connection import connect
from rescan_cli.exit_status import ExitStatus, of_outcome
from rescan_cli.findings_table import report_text
from rescan_cli.gating import gate, request_of
from rescan_cli.news import stop_of
from rescan_cli.options import DIGEST, IMAGE_TAG, Chosen, gate_options, output_option
from rescan_cli.result_json import failed_json, report_json
from rescan_cli.terminal import Screen


@click.command("run")
@click.argument("tag", type=IMAGE_TAG)
@gate_options
@click.option(
    "--digest", type=DIGEST, help="Gate only this image: pending while the tag is on another."
)
@output_option("the schema of a notice's `result`.")
def command(tag: ImageTag, digest: Digest | None, output: str, **chosen: Any) -> ExitStatus:
    """Gate the image that bears TAG, on fresh vulnerabilities; nothing is published."""
    connection = connect(Chosen(**chosen), os.environ)
    try:
        report = gate(connection, tag, digest)
    except AnchoreError as error:
        if output == "json":
            request = request_of(connection.settings, tag, digest)
            click.echo(failed_json(request, error, utc_now()))
        raise
    _show(report, output)
    return of_outcome(report.outcome)


def _show(report: Report, output: str) -> None:
    now = utc_now()
    if output == "json":
        click.echo(report_json(report, now))
    else:
        Screen().show(*report_text(report, stop_of(report, now)))
