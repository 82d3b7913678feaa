"""anchore-rescan explain: why an image stops, and what would change that."""

import os
from typing import Any

import click

from rescan.kernel.clock import utc_now
from rescan.kernel.image_tag import ImageTag
from rescan_cli.connection import connect
from rescan_cli.exit_status import ExitStatus, of_outcome
from rescan_cli.explanation import explanation
from rescan_cli.gating import gate
from rescan_cli.news import stop_of
from rescan_cli.options import IMAGE_TAG, Chosen, gate_options
from rescan_cli.terminal import Screen


@click.command("explain")
@click.argument("tag", type=IMAGE_TAG)
@gate_options
def command(tag: ImageTag, **chosen: Any) -> ExitStatus:
    """Show why the image that bears TAG stops: each finding with its vulnerability rows, what would
    fix it, what is allowlisted and until when. The exit status is that of run."""
    report = gate(connect(Chosen(**chosen), os.environ), tag)
    now = utc_now()
    Screen().show(*explanation(report, stop_of(report, now), now))
    return of_outcome(report.outcome)
