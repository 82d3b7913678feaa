"""anchore-rescan doctor: what is wrong between here, Anchore and AWS, and how to fix it."""

import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import click
from rich.text import Text

from rescan.kernel.errors import RescanError
from rescan_cli.connection import Connection, connect, settings_of
from rescan_cli.doctor.anchore import Anchore
from rescan_cli.doctor.aws import Stack
from rescan_cli.doctor.check import Check, Line, State, Trouble, each, in_turn
from rescan_cli.doctor.route import Route, route_checks
from rescan_cli.doctor.tls import certificates
from rescan_cli.exit_status import ExitStatus
from rescan_cli.options import Chosen, anchore_options
from rescan_cli.terminal import Screen, plain

_STYLES = {State.OK: "green", State.FIX: "bold red", State.SKIPPED: "dim"}


@click.command("doctor")
@click.option("--policy", metavar="ID", help="Policy; else the active one. [POLICY_ID]")
@anchore_options
def command(**chosen: Any) -> ExitStatus:
    """Check the way to Anchore and the user's role there; with STOP_TOPIC_ARN, WORK_QUEUE_URL and
    LEDGER_TABLE set, also what they name in AWS. Each line is ok, or has the fix.

    Nothing is changed anywhere. The exit status is 0, or 4 when a line has a fix.
    """
    screen, states = Screen(), set()
    for line in _examined(Chosen(**chosen), os.environ):
        screen.show(_text(line))
        states.add(line.state)
    return ExitStatus.REFUSED if State.FIX in states else ExitStatus.PASSED


def _examined(chosen: Chosen, environment: Mapping[str, str]) -> Iterator[Line]:
    settings = settings_of(chosen, environment)
    route = Route.to(settings.base_url)

    @cache
    def connected() -> Connection:
        try:
            return connect(chosen, environment)
        except RescanError as error:
            raise Trouble(str(error), "Set it, and try again.") from error

    anchore = Anchore(connected, settings.anchore_dialect)

    def credentials() -> str:
        connected()
        return "there"

    tls = Check("TLS", lambda: certificates(route, settings))
    well = True
    for line in in_turn(
        [*route_checks(route), tls, Check("Credentials", credentials), *anchore.checks()]
    ):
        well = well and line.state is not State.FIX
        yield line
    if well:
        yield from each(anchore.further_checks())
    yield from each(Stack(environment).checks())


def _text(line: Line) -> Text:
    text = Text.assemble((f"{line.state:4}", _STYLES[line.state]), f"{line.name:23}")
    text.append_text(plain(line.text, 400))
    return text.append_text(Text(f"\n{'':27}{line.fix}") if line.fix else Text())
