"""What users install: `make package` builds the wheel and the sdist, installs and uses both.

pytest collects this file only by its name: building and installing take a minute.
"""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from rescan_cli.command_line import commands
from rescan_cli.commands.completion import VARIABLE
from tests.recordings import FOLDER
from tests.support.aws_server import SESSION, loopback_aws
from tests.support.ledger_table import REGION, table_properties
from tests.support.paths import ROOT
from tests.support.replayed_image import TAG, replayed, variables
from tests.support.run_command import Done, environment
from tests.support.scripted_server import ScriptedServer, respond

pytestmark = pytest.mark.slow

LIMIT_MB = 60
BIN = Path(sys.executable).parent
TOOLS = {"pipx": [f"{BIN}/pipx", "install"], "uv": [f"{BIN}/uv", "tool", "install"]}
RECORDING = str(FOLDER / "stop.har")


@dataclass(frozen=True)
class Installed:
    """The command of one installation, in a folder of its own."""

    home: Path
    packages: Path

    def call(self, *arguments: str) -> list[str]:
        """The command line; nothing of this checkout is on its path."""
        return [str(self.home / "bin" / "anchore-rescan"), *arguments]

    def run(self, *arguments: str, **more: str) -> Done:
        """How it ends, called from its folder."""
        done = subprocess.run(
            self.call(*arguments),
            env=outside(**more),
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)


def outside(**more: str) -> dict[str, str]:
    """An environment without this checkout."""
    return {name: value for name, value in environment(**more).items() if name != "PYTHONPATH"}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel and the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    # With the locked backend: an isolated build would download the newest one.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


def install(tool: str, file: Path, extra: str, home: Path) -> Installed:
    """As docs/cli.md says."""
    places = {
        "PIPX_HOME": f"{home}/pipx",
        "PIPX_BIN_DIR": f"{home}/bin",
        "PIPX_MAN_DIR": f"{home}/man",
        "UV_TOOL_DIR": f"{home}/uv",
        "UV_TOOL_BIN_DIR": f"{home}/bin",
    }
    done = subprocess.run(
        [*TOOLS[tool], f"{file}[{extra}]"],
        env={**os.environ, **places},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    (packages,) = home.glob("*/**/anchore-rescan/lib/python3*/site-packages")
    return Installed(home, packages)


@pytest.fixture(scope="session", params=[("pipx", "wheel"), ("uv", "sdist")], ids=" ".join)
def cli(
    request: pytest.FixtureRequest,
    built: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Installed:
    tool, kind = request.param
    return install(tool, built[kind], "cli", tmp_path_factory.mktemp("cli"))


@pytest.fixture(scope="session", params=[("uv", "wheel"), ("pipx", "sdist")], ids=" ".join)
def replay(
    request: pytest.FixtureRequest,
    built: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Installed:
    tool, kind = request.param
    return install(tool, built[kind], "replay", tmp_path_factory.mktemp("replay"))


# --- the extra [cli]


def test_cli_stays_small(cli: Installed, capsys: pytest.CaptureFixture[str]) -> None:
    files = [file for file in cli.packages.rglob("*") if file.is_file()]
    kept = [file for file in files if "__pycache__" not in file.parts]
    size = sum(file.stat().st_size for file in kept) / 1e6
    with capsys.disabled():
        print(f"\n[cli] takes {size:.1f} of {LIMIT_MB} MB, __pycache__ apart.")  # noqa: T201
    assert size <= LIMIT_MB


def test_cli_says_its_version(cli: Installed, built: dict[str, Path]) -> None:
    version = built["wheel"].name.split("-")[1]
    assert cli.run("--version").out == f"anchore-rescan {version}\n"


def test_cli_helps_with_every_command(cli: Installed) -> None:
    assert [name for name in commands() if f"\n  {name} " not in cli.run("--help").out] == []


def test_cli_completes(cli: Installed) -> None:
    asked = {"COMP_WORDS": "anchore-rescan re", "COMP_CWORD": "1"}
    done = cli.run(**{VARIABLE: "bash_complete", **asked})
    assert done.out.split() == ["plain,report", "plain,record", "plain,replay"]


@pytest.mark.parametrize("command", ["run", "explain"])
def test_cli_gates(cli: Installed, command: str) -> None:
    with replayed("stop") as anchore:
        assert cli.run(command, TAG, **anchore).status == 1


def test_cli_records(cli: Installed, tmp_path: Path) -> None:
    with replayed("stop") as anchore:
        assert cli.run("record", TAG, "--to", str(tmp_path), **anchore).status == 0
    assert len(list(tmp_path.glob("*.har"))) == 1


def test_cli_looks_for_what_is_wrong(cli: Installed) -> None:
    with ScriptedServer(respond(401)) as server:
        done = cli.run("doctor", **variables(server.url))
    assert done.status == 4
    assert "ok  TCP " in done.out


def test_cli_sends_a_sample(cli: Installed) -> None:
    with loopback_aws({"token": "none"}) as aws:
        assert cli.run("test-notice", **aws.environment()).status == 0
        assert len(aws.received()) == 1


def test_cli_writes_a_page(cli: Installed) -> None:
    with loopback_aws({"token": "none"}) as aws:
        dynamodb = SESSION.client("dynamodb", endpoint_url=aws.url)
        dynamodb.create_table(TableName="ledger", **table_properties())
        options = ("--table", "ledger", "--region", REGION)
        done = cli.run("report", "-o", "-", *options, **aws.environment())
    assert (done.status, done.err) == (0, "")
    assert "<h1>The ledger has no entry</h1>" in done.out


@pytest.mark.parametrize("command", ["replay", "serve"])
def test_cli_names_the_extra_that_a_command_lacks(cli: Installed, command: str) -> None:
    done = cli.run(command, RECORDING)
    assert (done.status, done.out) == (5, "")
    assert "Expected the extra replay" in done.err


# --- the extra [replay]


def test_replay_replays(replay: Installed) -> None:
    done = replay.run("replay", RECORDING)
    assert (done.status, done.err) == (1, "")
    assert "Subject: STOP: " in done.out


def test_replay_serves(replay: Installed) -> None:
    with subprocess.Popen(
        replay.call("serve", RECORDING), env=outside(), stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        assert replay.run("run", TAG, **variables(url)).status == 1
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0
