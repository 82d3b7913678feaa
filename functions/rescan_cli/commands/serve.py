"""anchore-rescan serve: a recorded Anchore on the loopback interface, for any client."""

import os
from contextlib import suppress

import click

from rescan_cli.exit_status import ExitStatus
from rescan_cli.replay.argument import RECORDING
from rescan_cli.replay.har import Recording, ReplayError
from rescan_cli.replay.server import ReplayServer


@click.command("serve")
@click.argument("recording", type=RECORDING)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="PORT",
    help="The port; 0, the default, takes any free one.",
)
def command(recording: Recording, port: int) -> ExitStatus:
    """Answer on 127.0.0.1 as the RECORDING, a HAR 1.2 file, was answered, until Ctrl-C.

    The URL is printed first. A request is recognized by method, path and query; repeats are
    answered in their order. A request that was not recorded is answered with 501 and the nearest
    one that was, and makes the exit status 4.
    """
    try:
        with _server(recording, port) as server, suppress(KeyboardInterrupt):
            click.echo(server.url)
            server.wait()
    except ReplayError as error:
        raise click.ClickException(str(error)) from error
    return ExitStatus.PASSED


def _server(recording: Recording, port: int) -> ReplayServer:
    try:
        return ReplayServer(recording, port)
    except OSError as error:
        problem = os.strerror(error.errno or 0)
        raise click.ClickException(
            f"No server on 127.0.0.1:{port}: {problem}. Expected a free port, or none."
        ) from error
