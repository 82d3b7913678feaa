"""Judges from npm, each at the version and hash that `npm/package-lock.json` pins."""

import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

_PINNED = Path(__file__).with_name("npm")
_SECONDS = 300
_FILES = ("package.json", "package-lock.json")


class PackagesMissing(Exception):
    """They cannot be installed here: `str()` says why."""


def install(folder: Path) -> Path:
    """The folder below it where they are; npm installs them there unless it has already."""
    lock = (_PINNED / "package-lock.json").read_bytes()
    place = folder / f"npm-{sha256(lock).hexdigest()[:12]}"
    if (place / "installed").is_file():
        return place
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise PackagesMissing(
            "npm is not installed: fauxqs, iam-simulate and linkify-it come from there"
        )
    place.mkdir(parents=True, exist_ok=True)
    for file in _FILES:
        shutil.copy(_PINNED / file, place)
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or "it does not say why").splitlines()[:2]
        raise PackagesMissing(
            f"npm cannot install fauxqs, iam-simulate and linkify-it: {' '.join(said)}"
        )
    (place / "installed").touch()
    return place


def packages() -> Path:
    """Where `make conformance` has installed them; the test is skipped where it has not."""
    folder = os.environ.get("NPM_PACKAGES")
    if not folder:
        why = os.environ.get("NPM_PACKAGES_MISSING")
        pytest.skip(why or "make conformance installs fauxqs, iam-simulate and linkify-it")
    return Path(folder)


def answer_of(script: str, question: object) -> Any:
    """What a script beside the lock answers, in a process of its own; both are JSON."""
    done = subprocess.run(
        [shutil.which("node") or "node", _PINNED / script, packages()],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=True,
    )
    return json.loads(done.stdout)


def versions() -> dict[str, str]:
    """The version of each judge by its name."""
    pinned: dict[str, str] = json.loads((_PINNED / "package.json").read_text())["dependencies"]
    return {name.rpartition("/")[2]: pinned[name] for name in pinned}
