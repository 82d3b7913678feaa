"""Makes the long run, and writes docs/proof.md from it: `make proof`; LIVES=, SEED=, JOBS=."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.lab.lives.patches import names
from tests.lab.lives.planted import MOST_LIVES, STARTS, Hunted, hunt
from tests.lab.lives.run import Tally, run
from tests.lab.lives.scope import Exhausted, exhaust
from tests.lab.mutants.report import REPORT as MUTANTS
from tests.lab.mutants.report import total_of
from tests.support.commit import commit
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "proof.md"
MENDED = Path(__file__).parent / "mended.md"


@dataclass(frozen=True)
class Proof:
    """What the long run came to; `seconds` is how long the lives took, in so many processes.

    Of the small scope each so-manieth order was run (`every`), and each bug was hunted from so many
    `starts`.
    """

    commit: str
    first: int
    jobs: int
    lives: Tally
    seconds: float
    scope: Exhausted
    bugs: list[Hunted]
    every: int = 1
    starts: int = len(STARTS)

    @property
    def holds(self) -> bool:
        """Whether no promise was broken, and every bug was found."""
        return (
            not self.lives.broken and not self.scope.broken and all(b.is_found for b in self.bugs)
        )


def page(proof: Proof) -> str:
    """The page, in Markdown."""
    lives, scope = proof.lives, proof.scope
    last = proof.first + lives.lives - 1
    found = [bug for bug in proof.bugs if bug.is_found]
    middle = f"{median(bug.median for bug in found):g}" if found else "-"
    lines = [
        "# Proof",
        "",
        "Written by `make proof`, from a run of its own. What a life is, and what it leaves out:",
        "[Whole lives under a seed](decisions/lives.md). What it is held to:",
        "[promises](promises.md). The mutants are of a run of their own:",
        "[mutants](mutants.md).",
        "",
        "| | |",
        "|---|---|",
        f"| commit | `{proof.commit}` |",
        f"| seeds | {proof.first:,} to {last:,} |",
        f"| lives | {lives.lives:,}, of {lives.hours:,.0f} hours in all |",
        f"| lives that break a promise | {_broken(lives)} |",
        f"| invocations | {lives.invocations:,} |",
        f"| calls | {lives.calls.total():,} |",
        f"| faults | {lives.faults.total():,} |",
        f"| messages that SNS took | {lives.messages.total():,} |",
        f"| lives a second | {lives.lives / proof.seconds:.1f}, in {proof.jobs} processes |",
        f"| schedules of two runs and a publisher | {scope.schedules:,}, {_share(proof.every)} |",
        f"| schedules that break a promise | {len(scope.broken)} |",
        f"| planted bugs | {len(proof.bugs)}, of which {len(found)} were found |",
        f"| lives until one is found, median of all | {middle} |",
        total_of(MUTANTS.read_text()),
        "",
        "## Calls and faults, by kind",
        "",
        *_counted("called", lives.calls),
        "",
        *_counted("fault", lives.faults),
        "",
        *_counted("message", lives.messages),
        "",
        "## Planted bugs",
        "",
        f"Each is hunted from {_seeds(proof.starts)} on, for {MOST_LIVES} lives at most.",
        "",
        "| bug | median of lives | the rule that found it |",
        "|---|---|---|",
        *(f"| {bug.what} | {_median(bug)} | `{bug.rule}` |" for bug in proof.bugs),
        "",
        "## Found on the way, and mended",
        "",
        MENDED.read_text().strip(),
        "",
    ]
    return "\n".join(lines)


def _share(every: int) -> str:
    return "all there are" if every == 1 else f"of each {every}th order of calls"


def _seeds(number: int) -> str:
    return "one seed" if number == 1 else f"each of {number} seeds"


def _broken(lives: Tally) -> str:
    """How many, and of the first ones what each breaks first."""
    each = (f"{seed} (`{broken[0].rule}`)" for seed, broken in sorted(lives.broken.items())[:20])
    return f"{len(lives.broken)}: seeds {', '.join(each)}" if lives.broken else "0"


def _median(bug: Hunted) -> str:
    return f"{bug.median:g}" if bug.is_found else f"not found in {MOST_LIVES}"


def _counted(what: str, counts: Mapping[str, int]) -> list[str]:
    rows = [f"| {name} | {number:,} |" for name, number in Counter(counts).most_common()]
    return [f"| {what} | number |", "|---|---|", *rows]


def main() -> int:
    """0 when the proof holds."""
    parser = argparse.ArgumentParser(prog="make proof", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lives", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, help="of the small scope each so-manieth")
    parser.add_argument("--starts", type=int, default=len(STARTS), help="of each bug's hunt")
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args()
    began, lives = time.monotonic(), Tally()
    for tally in run(asked.seed, asked.lives, None, asked.jobs):
        lives.add(tally)
        if lives.lives % 1000 == 0:
            _say(f"{lives.lives:,} lives, of which break a promise: {_broken(lives)}")
    seconds = time.monotonic() - began
    scope = exhaust(asked.jobs, asked.every)
    _say(f"{scope.schedules:,} schedules, {len(scope.broken)} break a promise")
    bugs = list(hunt(names(), asked.jobs, asked.starts))
    ran = (lives, seconds, scope, bugs, asked.every, asked.starts)
    proof = Proof(commit(), asked.seed, asked.jobs, *ran)
    asked.page.write_text(page(proof), encoding="utf-8")
    return 0 if proof.holds else 1


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
