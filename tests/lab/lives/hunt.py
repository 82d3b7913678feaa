"""How many lives it takes to find what is wrong with the tree that this process imports.

It is started with a tree that has a planted bug on its path, and answers as JSON.
"""

import json
import os
import sys

from tests.lab.lives.auditor import judge
from tests.lab.lives.plan import planned
from tests.lab.lives.run import pin
from tests.lab.lives.world import live


def main() -> None:
    first, most = map(int, sys.argv[1:3])
    pin(os.getpid())
    for number in range(most):
        if broken := judge(live(planned(first + number))):
            _say(number + 1, broken[0].rule)
            return
    _say(most, None)


def _say(lives: int, rule: str | None) -> None:
    sys.stdout.write(json.dumps({"lives": lives, "rule": rule}) + "\n")


if __name__ == "__main__":
    main()
