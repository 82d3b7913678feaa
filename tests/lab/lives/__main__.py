"""Lives from the command line: `make lives`, with SEED=, LIVES=, SECONDS= and JOBS=.

Without a seed they begin at one that nobody has seen; the same seed on the same commit gives the
same life. A life that breaks a rule is made short, and shown as a table.
"""

import argparse
import os
import sys
import time

from tests.lab.lives.auditor import judge
from tests.lab.lives.plan import Plan, planned
from tests.lab.lives.run import Tally, run
from tests.lab.lives.shrink import shortest
from tests.lab.lives.table import clock, rows
from tests.lab.lives.world import live

_MOST_SHOWN = 3


def main() -> int:
    """0 when no rule is broken."""
    asked = _arguments().parse_args()
    first = asked.seed if asked.seed is not None else time.time_ns() // 1000 % 10**12
    lives, seconds = asked.lives, asked.seconds
    if lives is None and seconds is None:
        lives = 1 if asked.seed is not None else 1000
    began, total = time.monotonic(), Tally()
    for tally in run(first, lives, seconds, asked.jobs):
        total.add(tally)
        if len(total.broken) >= _MOST_SHOWN and not asked.all:
            break
    took = time.monotonic() - began
    _say(
        f"{total.lives:,} lives from seed {first} on, {total.lives / took:.1f} a second:"
        f" {total.calls.total():,} calls, {total.faults.total():,} faults,"
        f" {total.messages.total():,} messages, {len(total.broken)} lives break a rule"
    )
    for seed in sorted(total.broken)[:_MOST_SHOWN]:
        _show(seed, total)
    if asked.show and not total.broken:
        _tell(planned(first))
    return 1 if total.broken else 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make lives", description=__doc__)
    parser.add_argument("--seed", type=int, help="the first seed; alone: that one life")
    parser.add_argument("--lives", type=int, help="so many lives (1,000)")
    parser.add_argument("--seconds", type=float, help="for so long instead")
    parser.add_argument("--jobs", type=int, default=1, help="processes, one a core")
    parser.add_argument("--all", action="store_true", help="go on behind lives that break rules")
    parser.add_argument("--show", action="store_true", help="show the trace of a life that is well")
    return parser


def _show(seed: int, total: Tally) -> None:
    rule = total.broken[seed][0].rule
    for broken in total.broken[seed][:5]:
        _say(f"seed {seed} breaks {broken.rule} at {clock(broken.at)}: {broken.what}")
    _say(f"\nThe shortest life that still breaks {rule}:")
    _tell(shortest(planned(seed), rule, live))


def _tell(plan: Plan) -> None:
    trace = live(plan)
    for broken in judge(trace):
        _say(f"  {broken.rule} at {clock(broken.at)}: {broken.what}")
    for row in rows(trace.seen):
        _say(row)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _piped() -> int:
    """What reads it may end first, as `head` does: then nobody asks for the rest."""
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


if __name__ == "__main__":
    sys.exit(_piped())
