"""The pages of rules, docs/aws-rules.md and docs/anchore-rules.md: their lines and their tests.

A line has part or service, concerns, rule, source, kept in, held by.
"""

import re
from functools import cache

from tests.support.paths import ROOT

_COLUMNS = 6


@cache
def rows_of(page: str) -> list[list[str]]:
    """The cells of each line."""
    lines = (ROOT / "docs" / page).read_text().splitlines()
    rows = [line for line in lines if line.startswith("| ")][1:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def concerns_of(page: str) -> set[str]:
    """All that the lines say they concern."""
    return {name for row in rows_of(page) for name in re.findall(r"`([^`]+)`", row[1])}


def check_whole(page: str) -> None:
    """Each line has all cells (but what it concerns) and a rule of its own; they are sorted."""
    rows = rows_of(page)
    assert [row for row in rows if len(row) != _COLUMNS] == []
    assert [row for row in rows if not all((row[0], *row[2:]))] == []
    assert len({row[2] for row in rows}) == len(rows)
    first = [row[0].lower() for row in rows]
    assert first == sorted(first)


def named_tests(held: str) -> list[str]:
    """The tests and files of tests that a cell names; AssertionError when one is not there."""
    named: list[str] = re.findall(r"`(test_\w+|tests/[\w/]+\.py)`", held)
    assert [name for name in named if name not in _tests()] == []
    return named


@cache
def _tests() -> set[str]:
    files = {
        str(file.relative_to(ROOT)): file.read_text()
        for file in (ROOT / "tests").rglob("test_*.py")
    }
    text = "\n".join(files.values())
    return files.keys() | set(re.findall(r"^ *def (test_\w+)", text, re.MULTILINE))
