"""anchore-rescan explain: why an image stops, and what would change that."""

import os
from dataclasses import replace
from typing import Any

import click
from msgspec import field
from msgspec.structs import asdict

from rescan.anchore.enterprise import EnterpriseDialect
from rescan.clock import utc_now
from rescan.image_tag import ImageTag
from rescan.model import Evaluation
from rescan_cli.allowlisted import allowlisted
from rescan_cli.connection import connect
from rescan_cli.exit_status import ExitStatus, of_outcome
from rescan_cli.explanation import explanation
from rescan_cli.gating import gate
from rescan_cli.news import stop_of
from rescan_cli.options import IMAGE_TAG, Chosen, gate_options
from rescan_cli.terminal import Screen

__all__ = ["command"]


class _Keeping(EnterpriseDialect, frozen=True):
    """Keeps the bodies of checks: the workflow has no use for the allowlists in them."""

    checks: list[bytes] = field(default_factory=list)

    def read_check(self, body: bytearray) -> Evaluation | None:
        self.checks.append(bytes(body))
        return EnterpriseDialect.read_check(self, body)


@click.command("explain")
@click.argument("tag", type=IMAGE_TAG)
@gate_options
def command(tag: ImageTag, **chosen: Any) -> ExitStatus:
    """Say why the image that bears TAG stops: each finding beside its vulnerability rows, what
    would fix it, what is allowlisted and until when. The exit status is that of run."""
    connection = connect(Chosen(**chosen), os.environ)
    keeping = _Keeping()
    if isinstance(connection.dialect, EnterpriseDialect):
        keeping = _Keeping(**asdict(connection.dialect))
        connection = replace(connection, dialect=keeping)
    report = gate(connection, tag)
    now = utc_now()
    passed = [one for check in keeping.checks[-1:] for one in allowlisted(check)]
    Screen().show(*explanation(report, stop_of(report, now), passed, now))
    return of_outcome(report.outcome)
