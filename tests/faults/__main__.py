"""Runs the whole matrix, prints its tables and writes docs/faults.md.

    python -m tests.faults ["part of a case's name"]

It ends with 1 when a rule is broken; what the functions printed stays in .build/faults.
"""

import sys
from pathlib import Path

from tests.faults.cases import cases
from tests.faults.rules import broken_rules
from tests.faults.shares import outcomes_of
from tests.faults.table import document, one_line

_ROOT = Path(__file__).parents[2]


def main() -> None:
    """Run the cases whose names hold the argument; without one, all of them."""
    named = "".join(sys.argv[1:])
    wanted = [case for case in cases() if named in str(case)]
    outcomes = outcomes_of(wanted, _ROOT / ".build" / "faults")
    if named:
        said = "".join(f"{one_line(case, outcome)}\n" for case, outcome in outcomes.items())
    else:
        said = document(outcomes)
        (_ROOT / "docs" / "faults.md").write_text(said)
    sys.stdout.write(said)
    sys.exit(any(broken_rules(outcome, case.expected) for case, outcome in outcomes.items()))


if __name__ == "__main__":
    main()
