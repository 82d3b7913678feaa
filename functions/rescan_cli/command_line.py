"""The command line: runs the command that is named, and turns errors into messages and statuses."""

import os
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click
from click.shell_completion import shell_complete

from rescan.kernel.errors import RescanError
from rescan.kernel.safe_text import printable
from rescan_cli.commands import completion
from rescan_cli.exit_status import ExitStatus, of_error

PROGRAM = "anchore-rescan"
# In the order in which help lists them.
_COMMANDS = {
    "run": "Gate an image; the exit status is its outcome.",
    "explain": "Show why an image stops and what would change that.",
    "status": "Show what is stopped now, or all that is remembered of an image.",
    "running": "Show what runs, with the verdict of each image.",
    "report": "Write what is stopped now as one HTML page.",
    "record": "Save Anchore's answers, redacted, for a replay.",
    "replay": "Run the function on a recording, offline.",
    "serve": "Serve a recording as Anchore on loopback.",
    "doctor": "Check the way to Anchore and to AWS.",
    "test-notice": "Publish a sample STOP to the topic.",
    "completion": "Print the completion script for a shell.",
}


def run(arguments: Sequence[str]) -> ExitStatus:
    """The exit status; an error that is neither known nor a wrong usage is raised.

    click's own `main` is not used: it ends the process with 1 when the reader goes away.
    """
    # With arguments it is a call that waits for a verdict, whatever the variable says.
    if not arguments and (instruction := os.environ.get(completion.VARIABLE)):
        failed = shell_complete(_group, {}, PROGRAM, completion.VARIABLE, instruction)
        return ExitStatus.REFUSED if failed else ExitStatus.PASSED
    try:
        with _group.make_context(PROGRAM, list(arguments)) as context:
            return ExitStatus(_group.invoke(context))
    except click.exceptions.Exit as ended:  # --help and --version
        return ExitStatus(ended.exit_code)
    except click.Abort:
        return ExitStatus.INTERRUPTED
    except click.ClickException as error:
        _report(error.format_message())
        return ExitStatus.REFUSED
    except RescanError as error:
        _report(str(error))
        return of_error(error)


def _report(problem: str) -> None:
    click.echo(f"{PROGRAM}: {printable(problem)}", err=True)


def commands() -> tuple[str, ...]:
    """Their names, in the order in which help lists them."""
    return tuple(_COMMANDS)


class _Command(click.Command):
    """A command that is imported when it is called.

    Some libraries take longer than the work, and those of `replay` and `serve` may be missing.
    """

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        module = import_module(f"rescan_cli.commands.{(self.name or '').replace('-', '_')}")
        command: click.Command = module.command
        return command.make_context(*arguments, **options)


class _Commands(click.Group):
    def list_commands(self, context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return _Command(name, short_help=_COMMANDS[name]) if name in _COMMANDS else None


def _version(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        click.echo(f"{PROGRAM} {_installed()}")
        context.exit()


def _installed() -> str:
    try:
        return version("anchore-rescan")
    except PackageNotFoundError:
        return "from a checkout"


@click.group(
    cls=_Commands,
    # No command is a wrong usage: a pipeline whose variable is empty must not read a GO.
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 go or warn, 1 stop, 2 not evaluated or pending, 3 not found, 4 usage,"
    " settings or authorization, 5 anything unexpected.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Show the version.",
)
def _group() -> None:
    """Gate container images again with Anchore Enterprise.

    Credentials come from ANCHORE_USERNAME and ANCHORE_PASSWORD, ANCHORE_TOKEN, or anchorectl's
    variables; on a terminal they are asked for. No option takes them.
    """
