"""Redocly CLI: lints Arazzo documents, and runs them (its command `respect`)."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

VERSION = "2.77.0"
# Nothing is sent home, and nothing is said of newer versions.
_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_SECONDS = 120


class RedoclyMissing(Exception):
    """It cannot be installed here: `str()` says why."""


class Finished(Struct, frozen=True):
    """How a command ended: whether it was content, and what it printed, colours left out."""

    passed: bool
    said: str


class Redocly(Struct, frozen=True):
    """The executable, and what it is asked."""

    executable: Path

    def lint(self, document: Path) -> Finished:
        """Whether the document is valid, in Redocly's recommended rules."""
        return self._run("lint", document.name, folder=document.parent)

    def respect(
        self, document: Path, servers: Mapping[str, str], inputs: Mapping[str, str]
    ) -> Finished:
        """Run every workflow of the document; passed: each step met its criteria."""
        options = [option for name in servers for option in ("--server", f"{name}={servers[name]}")]
        # As JSON: name=value would be cut at the padding of base64.
        options += ["--input", json.dumps(dict(inputs))]
        return self._run("respect", document.name, *options, folder=document.parent)

    def _run(self, *arguments: str, folder: Path) -> Finished:
        done = subprocess.run(
            [self.executable, *arguments],
            cwd=folder,
            env=os.environ | _QUIET,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return Finished(done.returncode == 0, _COLOURS.sub("", done.stdout + done.stderr))


def install(folder: Path) -> Path:
    """The executable of VERSION below the folder, installed there by npm unless it is already."""
    package = folder / f"redocly-{VERSION}"
    executable = package / "node_modules" / ".bin" / "redocly"
    if executable.is_file():
        return executable
    npm = shutil.which("npm")
    if npm is None:
        raise RedoclyMissing("npm is not installed: Redocly CLI comes from there")
    package.mkdir(parents=True, exist_ok=True)
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(package)]
    command = [npm, "install", *options, f"@redocly/cli@{VERSION}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not executable.is_file():
        said = (done.stderr.strip() or "it does not say why").splitlines()[:2]
        raise RedoclyMissing(f"npm cannot install @redocly/cli@{VERSION}: {' '.join(said)}")
    return executable
