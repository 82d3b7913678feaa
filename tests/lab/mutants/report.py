"""`docs/mutants.md`: the score of each target, and why each survivor may live."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from tests.lab.mutants.mutmut import Survivor, Verdict
from tests.support.paths import ROOT

REASONS = Path(__file__).with_name("reasons.toml")
REPORT = ROOT / "docs" / "mutants.md"
GOAL = 95
_TOTAL = "| mutants |"
_NO_REASON = "**no reason yet**"
_HEAD = f"""\
# Mutants

Written by `make mutants`. Each mutant is the code with one small change; the tests of the code's
own folder must fail with it. A survivor shows a rule that these tests do not state, or a change
that makes no difference, and then says why. Goal: {GOAL} % of the mutants of each target are found.

mutmut changes the bodies and the default values of functions, neither constants nor classes. It
was taken since it forks a process for each mutant: cosmic-ray starts Python anew for each.

| | |
|---|---|
| commit | `{{commit}}` |
{{total}}

| target | its tests | mutants | found | survive | run by no test | score | seconds |
|---|---|---:|---:|---:|---:|---:|---:|
"""
_Reasons = Mapping[str, Mapping[str, str]]


def reasons() -> dict[str, dict[str, str]]:
    """Why survivors may live: by their function, then by a part of the mutant."""
    return tomllib.loads(REASONS.read_text())


def written(verdicts: Sequence[Verdict], known: _Reasons, commit: str) -> str:
    """The page."""
    lists = "".join(_survivors(verdict, known) for verdict in verdicts)
    head = _HEAD.format(commit=commit, total=_total(verdicts))
    return (head + "".join(map(_row, verdicts)) + lists).rstrip() + "\n"


def total_of(page: str) -> str:
    """The row of the page that tells all mutants and how many were found."""
    return next(line for line in page.splitlines() if line.startswith(_TOTAL))


def complaints(verdicts: Sequence[Verdict], known: _Reasons) -> list[str]:
    """What is wrong: targets below the goal, survivors without a reason, reasons without one."""
    low = [v for v in verdicts if score(v) < GOAL]
    every = [survivor for verdict in verdicts for survivor in verdict.survivors]
    return [
        *(f"{v.target.name} is below {GOAL} %: {score(v):.1f} %" for v in low),
        *(
            f"a survivor in {survivor.function} has no reason:\n{survivor.change}"
            for survivor in every
            if _reason(survivor, known) is None
        ),
        *_stale(verdicts, every, known),
    ]


def score(verdict: Verdict) -> float:
    """Of 100 mutants, how many were found."""
    return 100 * verdict.killed / verdict.mutants


def _stale(
    verdicts: Sequence[Verdict], every: Sequence[Survivor], known: _Reasons
) -> Iterator[str]:
    for function, parts in known.items():
        module = ".".join(function.split(".")[:3])
        if not any(verdict.target.holds(module) for verdict in verdicts):
            continue
        mutants = [survivor.mutant for survivor in every if survivor.function == function]
        for part in parts:
            if not any(part in mutant for mutant in mutants):
                yield f"no mutant of {function} survives with {part!r}: take its reason away"


def _reason(survivor: Survivor, known: _Reasons) -> str | None:
    parts = known.get(survivor.function, {})
    return next((why for part, why in parts.items() if part in survivor.mutant), None)


def _total(verdicts: Sequence[Verdict]) -> str:
    mutants, killed = sum(v.mutants for v in verdicts), sum(v.killed for v in verdicts)
    return f"{_TOTAL} {mutants:,}, of which {killed:,} were found |"


def _row(verdict: Verdict) -> str:
    untested = sum(not survivor.tested for survivor in verdict.survivors)
    tests = ", ".join(f"`{test}`" for test in verdict.target.tests)
    return (
        f"| {verdict.target.name} | {tests} | {verdict.mutants:,} | {verdict.killed:,}"
        f" | {len(verdict.survivors) - untested} | {untested} | {score(verdict):.1f} %"
        f" | {verdict.seconds:.0f} |\n"
    )


def _survivors(verdict: Verdict, known: _Reasons) -> str:
    if not verdict.survivors:
        return ""
    by_module = groupby(verdict.survivors, key=lambda survivor: survivor.module)
    modules = (f"### `{module}`\n\n" + _module(list(of), known) for module, of in by_module)
    return f"\n## {verdict.target.name}\n\n" + "".join(modules)


def _module(survivors: Iterable[Survivor], known: _Reasons) -> str:
    alike = defaultdict(list)
    for survivor in survivors:
        name = survivor.function.removeprefix(survivor.module + ".")
        alike[name, _reason(survivor, known) or _NO_REASON].append(_change(survivor))
    return "".join(
        f"`{name}`: {why}\n\n```diff\n" + "\n\n".join(changes) + "\n```\n\n"
        for (name, why), changes in alike.items()
    )


def _change(survivor: Survivor) -> str:
    return survivor.change if survivor.tested else f"# run by no test\n{survivor.change}"
