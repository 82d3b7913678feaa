"""The artifacts that functions/build_artifact.py makes, built again only when their sources change.

The wheels are kept too, so that a change of the code needs no network.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import build_artifact
from tests.support.paths import ROOT

FUNCTIONS = ROOT / "functions"
REQUIREMENTS = FUNCTIONS / "requirements.txt"
CACHE = ROOT / ".build" / "tests"
PYTHON = f"cp{sys.version_info.major}{sys.version_info.minor}"


class PackagesUnavailable(Exception):
    """pip could not download the locked packages; the message holds its own."""


def host_artifact() -> Path:
    """The folder of the artifact for this interpreter and machine."""
    return _artifact("host")


def lambda_artifact() -> Path:
    """The folder of the artifact for python3.13 on arm64."""
    return _artifact("lambda")


def _artifact(target: str) -> Path:
    """Made by one process at a time: the tests run in several."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{target}-{PYTHON}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _fresh_artifact(target)


def _fresh_artifact(target: str) -> Path:
    wheels = _wheels(target)
    if _is_stale(wheels, REQUIREMENTS):
        _download(target, wheels)
    artifact = CACHE / f"{target}-{PYTHON}"
    sources = [REQUIREMENTS, *FUNCTIONS.glob("*.py"), *FUNCTIONS.glob("rescan/**/*.py")]
    if _is_stale(artifact, *sources):
        build_again(target, artifact)
        _mark_fresh(artifact, *sources)
    return artifact


def build_again(target: str, folder: Path) -> str:
    """Build what is there already into another folder; what the build says."""
    script = FUNCTIONS / "build_artifact.py"
    wheels = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(_wheels(target))}
    built = subprocess.run(
        [sys.executable, script, target, folder],
        env={**os.environ, **wheels},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return built.stdout


def installed_by_wheels(target: str) -> set[str]:
    """The paths below the artifact that its wheels hold, scripts apart."""
    names = {name for wheel in wheels_of(target) for name in ZipFile(wheel).namelist()}
    return {it for it in names if not it.endswith("/") and ".data/" not in it}


def wheels_of(target: str) -> list[Path]:
    """The wheels that the artifact was made of."""
    return sorted(_wheels(target).glob("*.whl"))


def _wheels(target: str) -> Path:
    return CACHE / f"wheels-{target}-{PYTHON}"


def _download(target: str, wheels: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes"]
    command += ["--requirement", str(REQUIREMENTS), "--dest", str(wheels)]
    pip = subprocess.run(
        [*command, *build_artifact.TARGETS[target]], capture_output=True, text=True, check=False
    )
    if pip.returncode:
        raise PackagesUnavailable(pip.stderr)
    _mark_fresh(wheels, REQUIREMENTS)


def _is_stale(folder: Path, *sources: Path) -> bool:
    """Whether the folder was made from other sources; it is removed then."""
    stamp = folder.with_suffix(".sources")
    if stamp.exists() and stamp.read_text() == _fingerprint(sources):
        return False
    stamp.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    return True


def _mark_fresh(folder: Path, *sources: Path) -> None:
    folder.with_suffix(".sources").write_text(_fingerprint(sources))


def _fingerprint(sources: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for source in sorted(sources):
        digest.update(f"{source.relative_to(ROOT)}\0".encode() + source.read_bytes())
    return digest.hexdigest()
