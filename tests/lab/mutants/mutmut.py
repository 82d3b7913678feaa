"""mutmut on one target, in a tree of its own, and what it says of each mutant.

mutmut puts every mutant of a function beside the original and forks a process for each, so a
mutant costs its tests and no start of Python. It expects the sources in `src`.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.lab.mutants.targets import Target
from tests.support.paths import ROOT

_SCRATCH = ROOT / ".build" / "mutants"
_MUTMUT = _SCRATCH / "venv" / "bin" / "mutmut"
_BESIDE = ("docs", "events", "functions", "template.yaml", "README.md")
_CONFTEST = Path(__file__).with_name("in_the_tree.py")
_SURVIVED, _NO_TESTS = 0, 33
# Characters of what mutmut says of tests that fail by themselves.
_MOST_SHOWN = 4_000
# As mutmut has them: skipped by a pragma, of which there are none, and not checked.
_NOT_RUN = (34, None)
_CONFIGURATION = """\
[tool.pytest.ini_options]
pythonpath = ["src", ".", "functions"]
addopts = ["-q", "-n", "0", "--strict-markers", "--allow-hosts=127.0.0.1,::1"]
markers = ["referee(name): a judge", "slow: takes long"]

[tool.mutmut]
source_paths = ["src"]
only_mutate = {sources}
also_copy = {beside}
pytest_add_cli_args = ["-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = {tests}
use_git_change_detection = false
"""


class Survivor(NamedTuple):
    """`function` is its dotted name, `change` the lines that differ; `tested`: a test ran it."""

    function: str
    change: str
    tested: bool

    @property
    def module(self) -> str:
        """E.g. rescan.gate.model."""
        return ".".join(self.function.split(".")[:3])

    @property
    def mutant(self) -> str:
        """What stands there instead; of what is only left out, that."""
        lines = self.change.splitlines()
        return "\n".join([line for line in lines if line.startswith("+")] or lines)


class Verdict(NamedTuple):
    """What became of the mutants of one target."""

    target: Target
    mutants: int
    survivors: list[Survivor]
    seconds: float

    @property
    def killed(self) -> int:
        """How many were found."""
        return self.mutants - len(self.survivors)


def mutated(target: Target) -> Verdict:
    """Run all mutants; CalledProcessError, its reason printed, when the tests fail without any."""
    started = time.monotonic()
    tree = _laid_out(target)
    ran = subprocess.run([_MUTMUT, "run"], cwd=tree, check=False, stdout=subprocess.PIPE, text=True)
    if ran.returncode:
        sys.stderr.write(ran.stdout[-_MOST_SHOWN:])
        ran.check_returncode()
    codes = dict(_exit_codes(tree))
    unrun = [name for name, code in codes.items() if code in _NOT_RUN]
    if unrun or not codes:
        raise AssertionError(f"Mutants of {target.name} that were not run: {unrun[:5]}")
    left = [name for name, code in codes.items() if code in (_SURVIVED, _NO_TESTS)]
    survivors = [
        Survivor(_function_of(name), _change(tree, name), codes[name] == _SURVIVED) for name in left
    ]
    return Verdict(target, len(codes), survivors, time.monotonic() - started)


def _laid_out(target: Target) -> Path:
    tree = _SCRATCH / target.name.replace(" ", "-")
    shutil.rmtree(tree, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("tests", *(each for each in _BESIDE if (ROOT / each).is_dir())):
        shutil.copytree(ROOT / name, tree / name, ignore=ignored)
    for name in (each for each in _BESIDE if (ROOT / each).is_file()):
        shutil.copy(ROOT / name, tree / name)
    for package in ("rescan", "rescan_cli"):
        shutil.copytree(ROOT / "functions" / package, tree / "src" / package, ignore=ignored)
    shutil.copy(_CONFTEST, tree / "conftest.py")
    words = {
        "sources": json.dumps([f"src/{source}" for source in target.sources]),
        "beside": json.dumps([*_BESIDE, "conftest.py"]),
        "tests": json.dumps(target.tests),
    }
    (tree / "pyproject.toml").write_text(_CONFIGURATION.format(**words))
    return tree


def _exit_codes(tree: Path) -> Iterator[tuple[str, int | None]]:
    for meta in sorted((tree / "mutants" / "src").rglob("*.meta")):
        yield from json.loads(meta.read_text())["exit_code_by_key"].items()


def _function_of(mutant: str) -> str:
    """E.g. rescan.gate.model.Severity.parse, of rescan.gate.model.xǁSeverityǁparse__mutmut_1."""
    module, _, name = mutant.partition("__mutmut_")[0].rpartition(".")
    *owners, function = name.removeprefix("x").lstrip("ǁ").split("ǁ")
    return ".".join((module, *owners, function if owners else function.removeprefix("_")))


def _change(tree: Path, mutant: str) -> str:
    shown = subprocess.run(
        [_MUTMUT, "show", mutant], cwd=tree, check=True, capture_output=True, text=True
    )
    lines = shown.stdout.splitlines()
    changed = [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in changed)
