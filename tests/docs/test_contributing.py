"""What contributors run before a commit is what `make check` runs."""

import re

from samcli.yamlhelper import yaml_parse

from tests.support.paths import ROOT

CHECK = re.compile(r"^check:.*\n((?:\t.*\n)+)", re.MULTILINE)
(REPO,) = yaml_parse((ROOT / ".pre-commit-config.yaml").read_text())["repos"]


def test_the_hooks_are_the_commands_of_make_check() -> None:
    (recipe,) = CHECK.findall((ROOT / "Makefile").read_text())
    commands = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe.splitlines()]
    entries = [re.sub(r"^env (\w+=\S+ )+", "", hook["entry"]) for hook in REPO["hooks"]]
    assert entries == commands


def test_the_hooks_download_nothing() -> None:
    assert REPO["repo"] == "local"
    assert {hook["language"] for hook in REPO["hooks"]} == {"system"}
