"""Runs the whole matrix, prints its tables and writes docs/faults.md.

    python -m tests.faults ["part of a case's name"]

It ends with 1 when a rule is broken; what the functions printed stays in .build/faults.
"""

import sys
from pathlib import Path

from tests.faults.cases import Case
from tests.faults.matrix import every_case
from tests.faults.outcome import Outcome
from tests.faults.shares import outcomes_of
from tests.faults.storm import StormOutcome
from tests.faults.storm_cases import StormCase
from tests.faults.table import document, lines

_ROOT = Path(__file__).parents[2]


def main() -> None:
    """Run the cases whose names hold the argument; without one, all of them."""
    named = "".join(sys.argv[1:])
    wanted = [case for case in every_case() if named in str(case)]
    told = outcomes_of(wanted, _ROOT / ".build" / "faults")
    outcomes = {c: o for c, o in told.items() if isinstance(c, Case) and isinstance(o, Outcome)}
    storms = {
        c: o for c, o in told.items() if isinstance(c, StormCase) and isinstance(o, StormOutcome)
    }
    each = lines(outcomes, storms)
    if named:
        said = "".join(f"{'; '.join([line, *broken])}\n" for line, broken in each)
    else:
        said = document(outcomes, storms)
        (_ROOT / "docs" / "faults.md").write_text(said)
    sys.stdout.write(said)
    sys.exit(any(broken for _, broken in each))


if __name__ == "__main__":
    main()
