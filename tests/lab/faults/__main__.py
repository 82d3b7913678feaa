"""Runs the whole matrix, prints its tables and writes docs/faults.md.

    python -m tests.lab.faults ["part of a case's name"]

It ends with 1 when a rule is broken; what the functions printed stays in .build/faults.
"""

import sys

from tests.lab.faults.case import Case
from tests.lab.faults.matrix import every_case
from tests.lab.faults.outcome import Outcome
from tests.lab.faults.shares import outcomes_of
from tests.lab.faults.storm import StormOutcome
from tests.lab.faults.storm_cases import StormCase
from tests.lab.faults.table import document, lines
from tests.support.paths import ROOT


def main() -> None:
    """Run the cases whose names hold the argument; without one, all of them."""
    named = "".join(sys.argv[1:])
    wanted = [case for case in every_case() if named in str(case)]
    told = outcomes_of(wanted, ROOT / ".build" / "faults")
    outcomes = {c: o for c, o in told.items() if isinstance(c, Case) and isinstance(o, Outcome)}
    storms = {
        c: o for c, o in told.items() if isinstance(c, StormCase) and isinstance(o, StormOutcome)
    }
    each = lines(outcomes, storms)
    if named:
        said = "".join(f"{'; '.join([line, *broken])}\n" for line, broken in each)
    else:
        said = document(outcomes, storms)
        (ROOT / "docs" / "faults.md").write_text(said)
    sys.stdout.write(said)
    sys.exit(any(broken for _, broken in each))


if __name__ == "__main__":
    main()
