"""The README says what the template and the settings are, and quotes messages that exist."""

import re

import pytest
from msgspec import NODEFAULT
from msgspec.structs import fields

from rescan.settings import Settings
from tests.support.paths import ROOT
from tests.support.template import template

README = (ROOT / "README.md").read_text()
CODE = "".join(file.read_text() for file in (ROOT / "functions" / "rescan").rglob("*.py"))
SET_BY_THE_TEMPLATE = {"STOP_TOPIC_ARN", "WORK_QUEUE_URL", "LEDGER_TABLE", "CHAT_TOPIC_ARN"}
ROWS = re.findall(r"^\| ([A-Z]\w+) \| (\w*) ?\| (\S+) \|", README, re.MULTILINE)


def documented_default(parameter: dict[str, object]) -> str:
    if "Default" not in parameter:
        return "required"
    default = str(parameter["Default"])
    return f"`{default}`" if default else "empty"


def test_the_table_has_the_template_s_parameters_and_defaults():
    expected = {n: documented_default(p) for n, p in template()["Parameters"].items()}
    assert {name: default for name, _, default in ROWS} == expected


def test_the_table_names_the_variable_that_each_parameter_becomes():
    function = template()["Resources"]["RescanFunction"]["Properties"]
    variables = function["Environment"]["Variables"]
    set_by = {value["Ref"]: name for name, value in variables.items() if "Ref" in value}
    documented = {name: variable for name, variable, _ in ROWS if variable}
    assert documented == {name: set_by[name] for name in documented}
    assert set(documented.values()) | SET_BY_THE_TEMPLATE == set(variables)
    assert [name for name in SET_BY_THE_TEMPLATE if name not in README] == []


def test_what_the_table_calls_required_is_required_by_the_settings():
    required = {f.name.upper() for f in fields(Settings) if f.default is NODEFAULT}
    documented = {variable for _, variable, default in ROWS if default == "required"}
    assert documented | {"STOP_TOPIC_ARN"} == required


HEADINGS = re.findall(r"^- \*\*(`.+?`.*?)\*\*:", README, re.MULTILINE | re.DOTALL)
# What a message fills in, and what others say: Anchore, OpenSSL, AWS.
_FILLED_IN = [
    r"\.\.\.",
    r"HTTP 40\d",
    "'[^']*'",
    "sha256:",
    "to arn:aws:sns:",
    "certificate verify failed.*",
    "SNS answered .*",
]
_FILLED = "|".join(_FILLED_IN)


@pytest.mark.parametrize("message", [m for h in HEADINGS for m in re.findall("`([^`]+)`", h)])
def test_a_message_in_troubleshooting_is_one_that_the_code_says(message: str):
    words = [part.strip(" :") for part in re.split(_FILLED, message)]
    missing = [part for part in words if part and part not in CODE and part != "findActiveImage"]
    assert missing == []


def test_the_readme_stays_short():
    assert len(README.splitlines()) < 200


DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/**/*.md")]
LINKS = {
    f"{document.relative_to(ROOT)}: {target}": document.parent / target
    for document in DOCUMENTS
    for target in re.findall(r"\]\((?!http)([^)#]+)(?:#[^)]*)?\)", document.read_text())
}


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_to_a_file(link: str):
    assert LINKS[link].exists()


@pytest.mark.parametrize("name", re.findall(r"`?make ([a-z]+)(?:`|  )", README))
def test_a_make_target_exists(name: str):
    assert re.search(rf"^{name}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
