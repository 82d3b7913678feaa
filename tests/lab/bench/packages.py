"""What the artifact is held against: its packages as they are locked, alone or beside `rescan`."""

import shutil
import sys
from pathlib import Path
from zipfile import ZipFile

import rescan
from compile_artifact import compile_artifact
from tests.support.artifacts import wheels_of


def compiled_packages(folder: Path) -> Path:
    """The folder with all of the packages and their bytecode."""
    _unpack(folder)
    compile_artifact(folder, sys.executable)
    return folder


def plain_artifact(folder: Path) -> Path:
    """The folder as a build leaves it that only installs: all of the packages, no bytecode."""
    _unpack(folder)
    without_bytecode = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(rescan.__file__).parent, folder / "rescan", ignore=without_bytecode)
    return folder


def megabytes(folder: Path) -> float:
    """10^6 bytes of all files below the folder."""
    return sum(it.stat().st_size for it in folder.rglob("*") if it.is_file()) / 1e6


def _unpack(folder: Path) -> None:
    """A wheel of these is a folder as it is to be installed; its scripts are left out."""
    for wheel in wheels_of("host"):
        ZipFile(wheel).extractall(folder)
    for scripts in folder.glob("*.data"):
        shutil.rmtree(scripts)
