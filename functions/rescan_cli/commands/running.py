"""anchore-rescan running: what the inventory sees running, with the verdict of each."""

import os
from datetime import timedelta

import click

from rescan.anchore.inventory import read_inventory
from rescan.gate.inventory import Inventory
from rescan.kernel.clock import utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.safe_text import printable
from rescan_cli.connection import connect
from rescan_cli.exit_status import ExitStatus
from rescan_cli.options import Chosen, anchore_options, ledger_options, output_option
from rescan_cli.state.reading import entries
from rescan_cli.state.running import RunningNow, running_now
from rescan_cli.state.running_text import running_json, running_table
from rescan_cli.state.source import Asked, Source, source_of
from rescan_cli.terminal import Screen


@click.command("running")
@ledger_options
@anchore_options
@output_option("docs/cli.md has its fields.")
def command(
    stack: str | None,
    table: str | None,
    region: str | None,
    due_days: str | None,
    output: str,
    url: str | None,
    account: str | None,
    ca_bundle: str | None,
    timeout: float,
) -> ExitStatus:
    """Show what Anchore's inventory sees running now, with what the ledger knows of each image:
    those without a verdict first, then what is stopped, then the oldest verdict.

    Asks Anchore for its inventory, and reads the ledger with your AWS credentials. The exit status
    is 1 when an image that runs is stopped, 2 when none is but one has no verdict, or what runs is
    not known, else 0.
    """
    source = source_of(
        Asked(stack=stack, table=table, region=region, due_days=due_days), os.environ
    )
    chosen = Chosen(url=url, account=account, ca_bundle=ca_bundle, timeout=timeout)
    now = _running(_inventory(chosen), source)
    if output == "json":
        click.echo(running_json(now))
    else:
        Screen().show(*running_table(now))
    for subject in now.unreadable:
        said = f"The entry {subject} cannot be read: update this command."
        click.echo(f"anchore-rescan: {printable(said)}", err=True)
    return _status(now)


def _inventory(chosen: Chosen) -> Inventory:
    connection = connect(chosen, os.environ)
    within = timedelta(hours=connection.settings.running_within_hours)
    deadline = Deadline.after(connection.seconds)
    return read_inventory(connection.transport, deadline, utc_now(), within)


def _running(inventory: Inventory, source: Source) -> RunningNow:
    unreadable: list[str] = []
    return running_now(inventory, entries(source, unreadable), utc_now(), unreadable)


def _status(now: RunningNow) -> ExitStatus:
    """What is not known is no pass."""
    if now.stopped:
        return ExitStatus.STOPPED
    doubts = (now.doubt, now.unknown, now.unreadable)
    return ExitStatus.NOT_EVALUATED if any(doubts) else ExitStatus.PASSED
