"""anchore-rescan completion: what a shell needs to complete commands, options and files."""

import click
from click.shell_completion import shell_complete

from rescan_cli.exit_status import ExitStatus

# The script of each shell asks by this variable which words may come next.
VARIABLE = "_ANCHORE_RESCAN_COMPLETE"


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> ExitStatus:
    """Print the script that lets SHELL complete commands, options and files.

    \b
    bash, in ~/.bashrc:                   eval "$(anchore-rescan completion bash)"
    zsh, in ~/.zshrc, after compinit:     eval "$(anchore-rescan completion zsh)"
    fish, in ~/.config/fish/config.fish:  anchore-rescan completion fish | source
    """
    root = context.find_root()
    failed = shell_complete(root.command, {}, str(root.info_name), VARIABLE, f"{shell}_source")
    return ExitStatus.REFUSED if failed else ExitStatus.PASSED
