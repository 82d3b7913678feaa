"""docs/parameters.md says what the template and the settings are."""

import re

from msgspec import NODEFAULT
from msgspec.structs import fields

from rescan.settings import Settings
from tests.support.paths import ROOT
from tests.support.template import template

PAGE = (ROOT / "docs" / "parameters.md").read_text()
SET_BY_THE_TEMPLATE = {
    *("STOP_TOPIC_ARN", "CHAT_TOPIC_ARN"),
    *("WORK_QUEUE_URL", "PUSH_QUEUE_URL", "LEDGER_TABLE"),
}
ROWS = re.findall(r"^\| ([A-Z]\w+) \| (\w*) ?\| (\S+) \|", PAGE, re.MULTILINE)


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
    assert [name for name in SET_BY_THE_TEMPLATE if name not in PAGE] == []


def test_what_the_table_calls_required_is_required_by_the_settings():
    required = {f.name.upper() for f in fields(Settings) if f.default is NODEFAULT}
    documented = {variable for _, variable, default in ROWS if default == "required"}
    assert documented | {"STOP_TOPIC_ARN"} == required
