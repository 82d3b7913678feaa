"""`make mutants`: every target, and docs/mutants.md. `make mutants MODULE=...`: one module."""

import sys
import time

from tests.lab.mutants.mutmut import mutated
from tests.lab.mutants.report import GOAL, REPORT, score, written
from tests.lab.mutants.targets import chosen


def main(module: str | None) -> int:
    """1 when a target is below the goal; a page is written of all targets alone."""
    started = time.monotonic()
    verdicts = []
    for target in chosen(module):
        verdict = mutated(target)
        verdicts.append(verdict)
        found = f"{verdict.killed:,} of {verdict.mutants:,}, {score(verdict):.1f} %"
        sys.stdout.write(f"{target.name}: {found}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{time.monotonic() - started:.0f} s\n")
    page = written(verdicts)
    if module:
        sys.stdout.write(page)
    else:
        REPORT.write_text(page)
    return int(any(score(verdict) < GOAL for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main(next(iter(filter(None, sys.argv[1:])), None)))
