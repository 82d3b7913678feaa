"""What each command needs installed, and what it says when that is missing."""

from pathlib import Path

import pytest

from tests.support.aws_server import loopback_aws
from tests.support.replayed_image import TAG, replayed, variables
from tests.support.run_command import Done, environment, run_process
from tests.support.scripted_server import ScriptedServer, respond

pytestmark = pytest.mark.slow

# What the extra [replay] installs beside [cli].
REPLAY = ("moto", "werkzeug")


@pytest.fixture
def without(tmp_path: Path) -> dict[str, str]:
    """An environment in which these packages cannot be imported."""
    for name in REPLAY:
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError(name={name!r})")
    return {"PYTHONPATH": f"{tmp_path}:{environment()['PYTHONPATH']}"}


@pytest.mark.parametrize("command", ["run", "explain"])
def test_gating_needs_no_more_than_cli(command: str, without: dict[str, str]) -> None:
    with replayed("stop") as anchore:
        assert run_process(command, TAG, variables={**anchore, **without}).status == 1


def test_recording_needs_no_more_than_cli(without: dict[str, str], tmp_path: Path) -> None:
    with replayed("stop") as anchore:
        folder = str(tmp_path / "recordings")
        done = run_process("record", TAG, "--to", folder, variables={**anchore, **without})
    assert (done.status, done.err.count("\n")) == (0, 1)  # that the loopback is no https
    assert (tmp_path / "recordings" / "payments_api_2.4.1.har").exists()


def test_a_sample_needs_no_more_than_cli(without: dict[str, str]) -> None:
    with loopback_aws({"token": "none"}) as aws:
        assert run_process("test-notice", variables={**aws.environment(), **without}).status == 0


@pytest.mark.parametrize("command", [("status",), ("report", "-o", "-")])
def test_the_state_needs_no_more_than_cli(
    command: tuple[str, ...], without: dict[str, str]
) -> None:
    with loopback_aws({"token": "none"}) as aws:
        ledger = {**aws.environment(), "AWS_REGION": "eu-central-1", "LEDGER_TABLE": "gone"}
        done = run_process(*command, variables={**ledger, **without})
    assert (done.status, done.out) == (4, "")
    assert "There is no table gone" in done.err


def test_the_doctor_needs_no_more_than_cli(without: dict[str, str]) -> None:
    with ScriptedServer(respond(401)) as server:
        done = run_process("doctor", variables={**variables(server.url), **without})
    assert done.status == 4
    assert "ok  TCP " in done.out


@pytest.mark.parametrize("arguments", [(), ("run",), ("completion",)])
def test_help_needs_no_more_than_cli(arguments: tuple[str, ...], without: dict[str, str]) -> None:
    assert run_process(*arguments, "--help", variables=without).status == 0


@pytest.mark.parametrize("command", ["replay", "serve"])
def test_a_command_names_the_extra_that_it_lacks(command: str, without: dict[str, str]) -> None:
    assert _advice(run_process(command, "any.har", variables=without)) == "replay"


def test_without_any_extra_the_command_names_the_smaller_one(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise ModuleNotFoundError(name='click')")
    path = f"{tmp_path}:{environment()['PYTHONPATH']}"
    assert _advice(run_process("run", TAG, variables={"PYTHONPATH": path})) == "cli"


def _advice(done: Done) -> str:
    """The extra that is to be installed, from the wheel's file."""
    assert (done.status, done.out) == (5, "")
    said, extra, end = done.err.replace("[", "]").split("]")
    assert said.endswith("pipx install --force './anchore_rescan-VERSION-py3-none-any.whl")
    assert f"Expected the extra {extra}, " in said
    assert end == "'\n"
    return extra
