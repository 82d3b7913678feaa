"""The command line: which command is meant, and what its errors say and weigh."""

from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

import click

from rescan.kernel.errors import RescanError
from rescan.kernel.safe_text import printable
from rescan_cli.exit_status import ExitStatus, of_error

PROGRAM = "anchore-rescan"


def run(arguments: Sequence[str]) -> ExitStatus:
    """The exit status; what is neither a known error nor a wrong usage passes through.

    click's own `main` is not used: it ends the process with 1 when the reader goes away.
    """
    try:
        with _group.make_context(PROGRAM, list(arguments)) as context:
            return ExitStatus(_group.invoke(context))
    except click.exceptions.Exit as ended:  # --help and --version
        return ExitStatus(ended.exit_code)
    except click.Abort:
        return ExitStatus.INTERRUPTED
    except click.ClickException as error:
        _say(error.format_message())
        return ExitStatus.REFUSED
    except RescanError as error:
        _say(str(error))
        return of_error(error)


def _say(problem: str) -> None:
    click.echo(f"{PROGRAM}: {printable(problem)}", err=True)


def commands() -> tuple[str, ...]:
    """Their names, in the order in which help lists them."""
    return ("run", "explain", "record", "replay", "serve", "doctor", "test-notice")


class _Commands(click.Group):
    """Imports a command when it is meant: some libraries take longer than the work."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(commands())

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in commands():
            return None
        module = import_module(f"rescan_cli.commands.{name.replace('-', '_')}")
        command: click.Command = module.command
        return command


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
