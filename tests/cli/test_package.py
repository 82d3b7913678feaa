"""What is installed: the command in the wheel, and nothing of it in Lambda."""

import configparser
import re
import subprocess
import sys
import tomllib
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
def test_the_wheel_brings_what_the_page_is_made_of(wheel: zipfile.ZipFile) -> None:
    folder = "rescan_cli/report_page/"
    files = {name.removeprefix(folder) for name in wheel.namelist() if name.startswith(folder)}
    assert {"page.html.jinja", "page.css", "page.js"} <= files


@pytest.mark.slow
def test_the_wheel_names_the_libraries_of_each_extra(wheel: zipfile.ZipFile) -> None:
    assert _needed(wheel, "") == {"aws-lambda-powertools", "boto3", "msgspec", "requests"}
    cli = {"click", "httpx", "jinja2", "respx", "rich"}
    assert _needed(wheel, "cli") == cli
    assert _needed(wheel, "replay") == cli | {"moto", "werkzeug"}


def _needed(wheel: zipfile.ZipFile, extra: str) -> set[str]:
    needed = re.findall(r"^Requires-Dist: ([\w.[\]-]+)(.*)$", _metadata(wheel), re.MULTILINE)
    end = f"extra == '{extra}'" if extra else ""
    return {name for name, rest in needed if rest.endswith(end) and (extra or ";" not in rest)}


def _metadata(wheel: zipfile.ZipFile) -> str:
    (file,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    return wheel.read(file).decode()


@pytest.mark.slow
def test_the_wheel_bears_its_license(wheel: zipfile.ZipFile) -> None:
    (file,) = (name for name in wheel.namelist() if name.endswith("/LICENSE"))
    assert wheel.read(file) == (ROOT / "LICENSE").read_bytes()
    assert "\nLicense-Expression: Apache-2.0\n" in _metadata(wheel)


def test_the_newest_release_in_the_changelog_is_the_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(project['version'])} - \d{{4}}-\d\d-\d\d", headings[1])


def test_the_manual_names_the_wheel_of_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    page = (ROOT / "docs" / "cli.md").read_text()
    assert re.findall(r"anchore_rescan-(.+?)-py3", page) == [project["version"]]


def test_lambda_gets_nothing_of_the_command() -> None:
    deployed = {name for name, _ in locked("functions/requirements.txt")}
    assert deployed & {"click", "httpx", "jinja2", "moto", "respx", "rich", "werkzeug"} == set()
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
