"""What is installed: the command in the wheel, and nothing of it in Lambda."""

import configparser
import subprocess
import sys
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

from tests.support.locks import locked
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    return zipfile.ZipFile(file)


@pytest.mark.slow
def test_the_wheel_brings_the_command(wheel: zipfile.ZipFile) -> None:
    (file,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    said = configparser.ConfigParser()
    said.read_string(wheel.read(file).decode())
    assert dict(said["console_scripts"]) == {"anchore-rescan": "rescan_cli.__main__:main"}
    module, _, function = said["console_scripts"]["anchore-rescan"].partition(":")
    assert callable(getattr(import_module(module), function))


@pytest.mark.slow
def test_the_wheel_holds_two_packages_and_no_tests(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"rescan", "rescan_cli"}


@pytest.mark.slow
def test_the_wheel_names_the_libraries_of_the_command_as_an_extra(wheel: zipfile.ZipFile) -> None:
    (file,) = (name for name in wheel.namelist() if name.endswith("METADATA"))
    needed = [
        line.removeprefix("Requires-Dist: ")
        for line in wheel.read(file).decode().splitlines()
        if line.startswith("Requires-Dist: ")
    ]
    always = {line.partition(">")[0] for line in needed if "extra ==" not in line}
    assert always == {"aws-lambda-powertools", "boto3", "msgspec", "requests"}
    assert any(line.startswith("rich") for line in needed)


def test_lambda_gets_nothing_of_the_command() -> None:
    deployed = {name for name, _ in locked("functions/requirements.txt")}
    assert deployed & {"click", "cryptography", "httpx", "moto", "respx", "rich"} == set()
    build = (ROOT / "functions" / "build_artifact.py").read_text()
    assert "rescan_cli" not in build


@pytest.mark.slow
def test_a_checkout_runs_without_being_installed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rescan_cli", "--version"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT / "functions")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("anchore-rescan ")
