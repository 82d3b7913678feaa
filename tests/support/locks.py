"""The two lock files and pyproject.toml, read for comparison."""

import re
import tomllib
from itertools import chain

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.paths import ROOT


def locked(lock: str) -> dict[tuple[str, str], str]:
    """What the lock says of each package and version: the marker and the hashes, as one text."""
    entry = re.compile(r"^([a-z0-9-]+)==(\S+) ?((?:.*\\\n)+.*)$", re.MULTILINE)
    entries = entry.findall((ROOT / lock).read_text())
    return {(name, version): " ".join(said.split()) for name, version, said in entries}


def declared() -> tuple[list[Requirement], list[Requirement]]:
    """What pyproject.toml asks for: to be deployed, and for tests, tools and the command."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    deployed = project["project"]["dependencies"]
    extras = project["project"]["optional-dependencies"].values()
    tools = [*chain(*extras), *project["dependency-groups"]["dev"]]
    others = [tool for tool in map(Requirement, tools) if tool.name != project["project"]["name"]]
    return [*map(Requirement, deployed)], others


def unmet(requirements: list[Requirement], lock: str) -> list[str]:
    """The requirements for which the lock holds no version that they allow."""
    pins = {(canonicalize_name(name), version) for name, version in locked(lock)}
    return [str(it) for it in requirements if not any(_meets(pin, it) for pin in pins)]


def _meets(pin: tuple[str, str], requirement: Requirement) -> bool:
    name, version = pin
    return name == canonicalize_name(requirement.name) and requirement.specifier.contains(version)
