"""Lets functions with a planted bug live, and tells after how many lives the auditor finds it.

make lives-bugs                all of them; BUGS=name,name: these
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copytree, rmtree
from statistics import median

from tests.lab.lives.patches import names, patched, what
from tests.support.paths import ROOT

# Each start is hunted on its own; the median is of them.
STARTS = (1, 1_000_001, 2_000_001)
MOST_LIVES = 300
_SCRATCH = ROOT / ".build" / "lives"


@dataclass(frozen=True)
class Hunted:
    """A planted bug, after how many lives it was found from each start, and by which rule first.

    `lives` None: it was not found.
    """

    name: str
    what: str
    lives: tuple[int | None, ...]
    rule: str

    @property
    def is_found(self) -> bool:
        """From every start."""
        return None not in self.lives

    @property
    def median(self) -> float:
        """Of the lives that it took; those without an end count as the most."""
        return median(MOST_LIVES if lives is None else lives for lives in self.lives)


def hunt(every: Iterable[str], jobs: int, starts: int = len(STARTS)) -> Iterator[Hunted]:
    """Each bug as it is found, in their order; from so many of the starts."""
    with ThreadPoolExecutor(jobs) as hunters:
        yield from hunters.map(partial(_hunt, starts=STARTS[:starts]), every)


def _hunt(name: str, starts: tuple[int, ...]) -> Hunted:
    functions = _SCRATCH / name / "functions"
    rmtree(_SCRATCH / name, ignore_errors=True)
    copytree(ROOT / "functions", functions, ignore=lambda folder, found: {"__pycache__"})
    for path, text in patched(name).items():
        (_SCRATCH / name / path).write_text(text)
    found = list(map(partial(_lives, functions), starts))
    rmtree(_SCRATCH / name)
    rules = Counter(rule for _, rule in found if rule)
    (rule, _), *_ = rules.most_common(1) or [("", 0)]
    lives = tuple(number if by else None for number, by in found)
    return Hunted(name, what(name), lives, rule)


def _lives(functions: Path, first: int) -> tuple[int, str | None]:
    path = os.pathsep.join([str(functions), str(ROOT)])
    ended = subprocess.run(
        [sys.executable, "-m", "tests.lab.lives.hunt", str(first), str(MOST_LIVES)],
        cwd=_SCRATCH,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"the lives from {first} on ended: {ended.stderr[-1000:]}")
    answer = json.loads(ended.stdout)
    return answer["lives"], answer["rule"]


def main() -> int:
    """0 when all were found."""
    parser = argparse.ArgumentParser(prog="make lives-bugs", description=__doc__)
    parser.add_argument("--bugs", help="these alone, separated by commas")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--starts", type=int, default=len(STARTS), help="from so many seeds")
    asked = parser.parse_args()
    every = asked.bugs.split(",") if asked.bugs else names()
    missed = 0
    for hunted in hunt(every, asked.jobs, asked.starts):
        missed += not hunted.is_found
        lives = ", ".join("never" if n is None else str(n) for n in hunted.lives)
        sys.stdout.write(f"{hunted.name:36} {lives:>18}  {hunted.rule}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(every)} planted bugs, {missed} not found\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
