"""Where Anchore is and who asks it: options, our variables, anchorectl's, in this order."""

import base64
from collections.abc import Mapping

import click
import pytest

from rescan_cli.command_line import _group
from tests.support.replayed_image import TAG, variables
from tests.support.run_command import PASSWORD, run
from tests.support.scripted_server import ScriptedServer, respond

UNAUTHORIZED = respond(401, b"Unauthorized")


def head(*arguments: str, variables: Mapping[str, str]) -> str:
    """The head of the first request; `URL` in a variable or an argument is the server's."""
    with ScriptedServer(UNAUTHORIZED) as server:
        told = {name: value.replace("URL", server.url) for name, value in variables.items()}
        done = run("run", TAG, *(a.replace("URL", server.url) for a in arguments), variables=told)
    assert done.status == 4
    return server.requests[0]


def basic(user: str, password: str) -> str:
    return f"Authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}\r\n"


OURS = {"ANCHORE_URL": "URL", "ANCHORE_USERNAME": "ours", "ANCHORE_PASSWORD": "pass-a"}
THEIRS = {
    "ANCHORECTL_URL": "URL",
    "ANCHORECTL_USERNAME": "theirs",
    "ANCHORECTL_PASSWORD": "pass-b",
    "ANCHORECTL_ACCOUNT": "their-account",
}
CREDENTIALS = [
    pytest.param(OURS, basic("ours", "pass-a"), id="ours"),
    pytest.param(THEIRS, basic("theirs", "pass-b"), id="anchorectl's"),
    pytest.param({**THEIRS, **OURS}, basic("ours", "pass-a"), id="ours before anchorectl's"),
    pytest.param(
        {**OURS, "ANCHORE_TOKEN": "tok-123"}, "Authorization: Bearer tok-123\r\n", id="a token"
    ),
    pytest.param(
        {**THEIRS, "ANCHORE_PASSWORD": "pass-a"}, basic("theirs", "pass-b"), id="pairs stay pairs"
    ),
]


@pytest.mark.parametrize(("variables", "expected"), CREDENTIALS)
def test_credentials_come_from_the_environment(variables: Mapping[str, str], expected: str) -> None:
    assert expected in head(variables=variables)


def test_options_come_before_variables() -> None:
    said = {**THEIRS, "ANCHORECTL_URL": "http://127.0.0.1:9", "ANCHORE_ACCOUNT": "our-account"}
    request = head("--url", "URL", "--account", "given", variables=said)
    assert "x-anchore-account: given\r\n" in request


def test_our_variables_come_before_anchorectls() -> None:
    assert "x-anchore-account: ours\r\n" in head(variables={**THEIRS, "ANCHORE_ACCOUNT": "ours"})
    assert "x-anchore-account: their-account\r\n" in head(variables=THEIRS)


@pytest.mark.parametrize("name", ["run", "explain", "record", "doctor", "test-notice"])
def test_no_option_takes_a_credential(name: str) -> None:
    command = _group.get_command(click.Context(_group), name)
    assert command is not None
    options = {option for parameter in command.params for option in parameter.opts}
    assert {o for o in options if any(w in o for w in ("pass", "token", "user", "secret"))} == set()


def test_a_server_that_echoes_the_credentials_does_not_get_them_shown() -> None:
    echo = f'{{"message": "got {basic("watcher", PASSWORD).strip()} and {PASSWORD}"}}'
    with ScriptedServer(respond(403, echo.encode())) as server:
        done = run("run", TAG, "-o", "json", variables=variables(server.url))
    shown = done.out + done.err
    assert done.status == 4
    assert PASSWORD not in shown
    assert basic("watcher", PASSWORD).split()[2] not in shown
    assert "[withheld: this text holds our credentials]" in shown
