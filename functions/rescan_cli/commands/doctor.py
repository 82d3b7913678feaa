"""anchore-rescan doctor: what is wrong between here, Anchore and AWS, and how to fix it."""

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import boto3
import click
from msgspec import json
from rich.text import Text

from rescan.anchore.build import transport_of
from rescan.anchore.transport import new_session
from rescan.doctor.check import Checked, State
from rescan.doctor.examination import Examination
from rescan.doctor.stack import Stack
from rescan.kernel.deadline import Deadline
from rescan_cli.connection import settings_of
from rescan_cli.credentials import secret_of
from rescan_cli.doctor.remote import examined_by
from rescan_cli.doctor.rule import rule_check
from rescan_cli.exit_status import ExitStatus
from rescan_cli.options import Chosen, anchore_options, output_option
from rescan_cli.terminal import Screen, plain

_WORDS = {State.OK: "ok", State.FAILED: "fix", State.UNKNOWN: "-"}
_STYLES = {State.OK: "green", State.FAILED: "bold red", State.UNKNOWN: "dim"}


@click.command("doctor")
@click.option("--function", metavar="NAME", help="The function that checks, by its name or ARN.")
@output_option("what the function answers.")
@click.option("--policy", metavar="ID", help="Policy; else the active one. [POLICY_ID]")
@anchore_options
def command(function: str | None, output: str, **chosen: Any) -> ExitStatus:
    """Check the way to Anchore and the user's role there; with STOP_TOPIC_ARN, WORK_QUEUE_URL and
    LEDGER_TABLE set, also what they name in AWS. Each line is ok, or has the fix.

    With --function a deployed function does so where it is, with its own settings and role; your
    AWS credentials invoke it.

    Nothing is changed anywhere. The exit status is 0, or 4 when a line has a fix.
    """
    wanted = Chosen(**chosen)
    if function is None:
        return _show(_examined(wanted, os.environ), output)
    if wanted != Chosen():
        raise click.UsageError("--function goes alone: the function has its own settings.")
    return _show(examined_by(function), output)


def _examined(chosen: Chosen, environment: Mapping[str, str]) -> Iterator[Checked]:
    settings, secret = settings_of(chosen, environment), cache(lambda: secret_of(environment))
    aws = boto3.Session(region_name=_region(environment.get("STOP_TOPIC_ARN", "")))
    stack = Stack(aws, environment)
    examination = Examination(
        settings=settings,
        environment=environment,
        transport=transport_of(settings, secret, new_session()),
        read_secret=secret,
        stack=[*stack.checks(), rule_check(aws, stack)],
    )
    return examination.run(Deadline.after(chosen.timeout))


def _region(arn: str) -> str | None:
    """That of the topic, whatever the caller's own is."""
    return (arn.split(":") + [""] * 4)[3] or None


def _show(results: Iterable[Checked], output: str) -> ExitStatus:
    if output == "json":
        results = list(results)
        click.echo(json.format(json.encode({"checks": results}), indent=2))
    else:
        results = list(_shown(results))
    failed = any(result.state is State.FAILED for result in results)
    return ExitStatus.REFUSED if failed else ExitStatus.PASSED


def _shown(results: Iterable[Checked]) -> Iterator[Checked]:
    """Each as soon as it is there."""
    screen = Screen()
    for result in results:
        screen.show(_text(result))
        yield result


def _text(result: Checked) -> Text:
    text = Text.assemble((f"{_WORDS[result.state]:4}", _STYLES[result.state]), f"{result.name:23}")
    text.append_text(plain(result.detail, 400))
    return text.append_text(Text(f"\n{'':27}{result.advice}") if result.advice else Text())
