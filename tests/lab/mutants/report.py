"""`docs/mutants.md`: the score of each target, and why each survivor may live."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.lab.mutants.mutmut import Survivor, Verdict
from tests.support.paths import ROOT

REASONS = Path(__file__).with_name("reasons.toml")
REPORT = ROOT / "docs" / "mutants.md"
GOAL = 95
_NO_REASON = "**no reason yet**"
_HEAD = f"""\
# Mutants

Written by `make mutants`. Each mutant is the code with one small change; the tests of the code's
own folder must fail with it. A survivor shows a rule that these tests do not state, or a change
that makes no difference. Goal: {GOAL} % of the mutants of each target are found.

mutmut changes the bodies and the default values of functions, neither constants nor classes. It
was taken since it forks a process for each mutant: cosmic-ray starts Python anew for each.

| target | its tests | mutants | found | survive | run by no test | score |
|---|---|---:|---:|---:|---:|---:|
"""


def reasons() -> dict[str, str]:
    """Why survivors may live, by the name of their function."""
    return tomllib.loads(REASONS.read_text())


def written(verdicts: Sequence[Verdict]) -> str:
    """The page."""
    known = reasons()
    lists = "".join(_survivors(verdict, known) for verdict in verdicts)
    return _HEAD + "".join(map(_row, verdicts)) + lists


def score(verdict: Verdict) -> float:
    """Of 100 mutants, how many were found."""
    return 100 * verdict.killed / verdict.mutants


def _row(verdict: Verdict) -> str:
    untested = sum(not survivor.tested for survivor in verdict.survivors)
    tests = ", ".join(f"`{test}`" for test in verdict.target.tests)
    return (
        f"| {verdict.target.name} | {tests} | {verdict.mutants:,} | {verdict.killed:,}"
        f" | {len(verdict.survivors) - untested} | {untested} | {score(verdict):.1f} % |\n"
    )


def _survivors(verdict: Verdict, known: Mapping[str, str]) -> str:
    if not verdict.survivors:
        return ""
    return f"\n## {verdict.target.name}\n\n" + "".join(_functions(verdict.survivors, known))


def _functions(survivors: Iterable[Survivor], known: Mapping[str, str]) -> Iterator[str]:
    by_function = defaultdict(list)
    for survivor in survivors:
        by_function[survivor.function].append(survivor)
    for function, several in by_function.items():
        yield f"`{function}`: {known.get(function, _NO_REASON)}\n\n```diff\n"
        yield "\n\n".join(_change(survivor) for survivor in several) + "\n```\n\n"


def _change(survivor: Survivor) -> str:
    return survivor.change if survivor.tested else f"# run by no test\n{survivor.change}"
