"""`make mutants`: every target, and docs/mutants.md. `make mutants MODULE=...`: one module."""

import sys
import time

from tests.lab.mutants.mutmut import mutated
from tests.lab.mutants.report import REPORT, complaints, reasons, score, written
from tests.lab.mutants.targets import chosen
from tests.support.commit import commit


def main(module: str | None) -> int:
    """1 when anything is to be mended; the page is written when all targets were run."""
    started, of = time.monotonic(), commit()
    verdicts = []
    for target in chosen(module):
        verdict = mutated(target)
        verdicts.append(verdict)
        found = f"{verdict.killed:,} of {verdict.mutants:,}, {score(verdict):.1f} %"
        sys.stdout.write(f"{target.name}: {found}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{time.monotonic() - started:.0f} s\n")
    known = reasons()
    page = written(verdicts, known, of)
    if module:
        sys.stdout.write(page)
    else:
        REPORT.write_text(page)
    wrong = complaints(verdicts, known)
    sys.stderr.writelines(f"{each}\n" for each in wrong)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(next(iter(filter(None, sys.argv[1:])), None)))
