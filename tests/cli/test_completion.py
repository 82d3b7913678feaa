"""Completion: what is offered, and that bash, zsh and fish understand it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from rescan_cli.command_line import commands
from tests.support.replayed_image import TAG, replayed
from tests.support.run_command import environment, in_a_shell, run

pytestmark = pytest.mark.slow

VARIABLE = "_ANCHORE_RESCAN_COMPLETE"


def offered(line: str) -> list[str]:
    """The words that may stand in the place of the line's last one, as bash asks for them."""
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    done = run(variables={VARIABLE: "bash_complete", **asked})
    assert (done.status, done.err) == (0, "")
    return [word.removeprefix("plain,") for word in done.out.split()]


def test_every_command_is_offered() -> None:
    assert offered("anchore-rescan ") == list(commands())


@pytest.mark.parametrize("name", commands())
def test_every_option_of_a_command_is_offered(name: str) -> None:
    help_text = click.unstyle(run(name, "--help", variables={}).out)
    options = {word.rstrip(",") for word in help_text.split() if word.startswith("--")}
    assert set(offered(f"anchore-rescan {name} --")) == options


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("anchore-rescan re", ["report", "record", "replay"]),
        ("anchore-rescan run app:1 --output ", ["table", "json"]),
        ("anchore-rescan run --vtype n", ["non-os"]),
        ("anchore-rescan completion ", ["bash", "zsh", "fish"]),
        ("anchore-rescan replay recordings/st", ["file,recordings/st"]),
        ("anchore-rescan serve ", ["file,"]),
        ("anchore-rescan record app:1 --to ", ["dir,"]),
    ],
)
def test_words_are_offered(line: str, words: list[str]) -> None:
    assert offered(line) == words


@pytest.mark.parametrize("value", ["bash_source", "bash_complete", "1"])
def test_the_variable_never_stands_in_for_a_verdict(value: str) -> None:
    with replayed("stop") as variables:
        asked = {**variables, VARIABLE: value, "COMP_WORDS": "anchore-rescan ", "COMP_CWORD": "1"}
        assert run("run", TAG, variables=asked).status == 1


@pytest.mark.parametrize("value", ["tcsh_complete", "1"])
def test_a_variable_that_no_shell_sets_is_refused(value: str) -> None:
    assert run(variables={VARIABLE: value}).status == 4


# --- in the shells themselves


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """An environment whose `anchore-rescan` completes, and else prints how it was called."""
    program = tmp_path / "anchore-rescan"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = completion ] || [ -n "${VARIABLE}" ] || exec echo "called <$*>"\n'
        f'exec "{sys.executable}" -m rescan_cli "$@"\n'
    )
    program.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    return environment(PATH=path, HOME=str(tmp_path), TERM="dumb")


def installed(shell: str) -> str:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    return path


# What is typed, and how the program is called then.
LINES = {
    "expl\t": "explain",
    "run --pol\t": "run --policy",
    "run r.example.com/app:1 --pol\t": "run r.example.com/app:1 --policy",
    "run --output j\t": "run --output json",
    "replay ./anch\t": "replay ./anchore-rescan",
}
KEYS = "".join(f"anchore-rescan {line}\n" for line in LINES) + "exit\n"


def calls_in(shown: str) -> list[str]:
    return re.findall("^called <(.*)>", shown, re.MULTILINE)


def test_bash_completes(variables: dict[str, str]) -> None:
    shell = [installed("bash"), "--norc", "--noprofile", "-i"]
    start = 'cd ~\neval "$(anchore-rescan completion bash)"'
    assert calls_in(in_a_shell(shell, f"{start}\n{KEYS}", variables)) == [*LINES.values()]


def test_zsh_completes(variables: dict[str, str]) -> None:
    shell = [installed("zsh"), "-f", "-i"]
    start = 'cd ~; autoload -U compinit; compinit -D; eval "$(anchore-rescan completion zsh)"'
    assert calls_in(in_a_shell(shell, f"{start}\n{KEYS}", variables)) == [*LINES.values()]


def test_fish_completes(variables: dict[str, str]) -> None:
    start = "cd ~; anchore-rescan completion fish | source"
    asked = "; echo END; ".join(f'complete -C "anchore-rescan {line.rstrip()}"' for line in LINES)
    done = subprocess.run(
        [installed("fish"), "--no-config", "-c", f"{start}; {asked}"],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    offered_words = map(str.split, done.stdout.split("END\n"))
    for words, called in zip(offered_words, LINES.values(), strict=True):
        assert called.rsplit(maxsplit=1)[-1] in words


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_is_explained_where_it_is_asked_for(shell: str) -> None:
    assert f"anchore-rescan completion {shell}" in run("completion", "--help").out
