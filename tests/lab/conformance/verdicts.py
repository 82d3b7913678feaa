"""What the referees said, test by test, and as the tables of docs/conformance.md."""

import re
from collections import defaultdict
from collections.abc import Collection, Generator, Iterable
from importlib.metadata import version

import pytest
from msgspec import Struct

from tests.lab.conformance import npm_packages, redocly

# The referees that judge branch by branch; the others are counted.
_COLUMNS = ("Arazzo, as given", "Arazzo, ours", "OpenAPI, ours", "OpenAPI, Anchore's")
_FAULTS, _FUZZING = "Faults of the given document", "Fuzzing"
_WORDS = {"passed": "agrees", "failed": "**differs**", "skipped": "not run"}
_TRIED = re.compile(r"(\d+) passing")


class Verdict(Struct, frozen=True):
    """One test: `branch` is a recording's or a case's name, `tried` counts a fuzzer's inputs."""

    referee: str
    branch: str
    outcome: str
    tried: int = 0


class Verdicts:
    """A plugin of pytest that listens to the tests which bear the mark `referee`."""

    def __init__(self) -> None:
        self.heard: list[Verdict] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Function
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        mark = item.get_closest_marker("referee")
        if mark and (report.when == "call" or (report.when == "setup" and not report.passed)):
            statistics = getattr(item, "hypothesis_statistics", "")
            tried = sum(int(number) for number in _TRIED.findall(statistics))
            self.heard.append(Verdict(mark.args[0], _branch(item), report.outcome, tried))
        return report


def _branch(item: pytest.Function) -> str:
    if not hasattr(item, "callspec"):
        return item.name.removeprefix("test_").replace("_", " ")
    return str(item.callspec.params.get("branch", item.callspec.id.replace("-", " ")))


def as_markdown(verdicts: Iterable[Verdict], apart: Collection[str] = ()) -> str:
    """The tables, each only when its referees were heard; `apart` have tables of their own."""
    heard: defaultdict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        heard[verdict.referee].append(verdict)
    counted = [name for name in heard if name not in (*_COLUMNS, _FAULTS, _FUZZING, *apart)]
    return "\n\n".join(
        [
            "## Branch by referee",
            table(["branch", *_COLUMNS], _branches(heard)),
            "## Other referees",
            table(["referee", "cases", "agree"], [_counted(name, heard[name]) for name in counted]),
            f"## {_FAULTS}",
            "\n".join(f"- {v.branch}: {_shown(v)}" for v in heard[_FAULTS]),
            "## Fuzzing",
            table(["whatever arrives", "inputs tried", ""], _fuzzed(heard[_FUZZING])),
        ]
    )


def _branches(heard: dict[str, list[Verdict]]) -> list[list[str]]:
    cells: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for referee in _COLUMNS:
        for verdict in heard[referee]:
            worst = min(_WORDS[verdict.outcome], cells[verdict.branch].get(referee, "~"))
            cells[verdict.branch][referee] = worst
    return [[f"`{name}`", *(row.get(c, "") for c in _COLUMNS)] for name, row in cells.items()]


def _counted(name: str, verdicts: list[Verdict]) -> list[str]:
    agree = sum(verdict.outcome == "passed" for verdict in verdicts)
    return [name, str(len(verdicts)), str(agree)]


def _shown(verdict: Verdict) -> str:
    return {"passed": "shown", "failed": "**not shown**", "skipped": "not run"}[verdict.outcome]


def _fuzzed(verdicts: list[Verdict]) -> list[list[str]]:
    rows = [
        [v.branch, f"{v.tried:,}", "holds" if v.outcome == "passed" else "**broken**"]
        for v in verdicts
    ]
    return [*rows, ["together", f"{sum(v.tried for v in verdicts):,}", ""]]


def table(head: list[str], rows: list[list[str]]) -> str:
    """As Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def referees() -> str:
    """Who the referees are, and in which version."""
    python = ("openapi-core", "aws-lambda-powertools", "hypothesis")
    npm = npm_packages.versions()
    named = [f"Redocly Respect {redocly.VERSION}", *(f"{name} {npm[name]}" for name in npm)]
    named += [f"{name} {version(name)}" for name in python]
    return ", ".join(named)
