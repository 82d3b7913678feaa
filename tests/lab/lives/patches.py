"""Planted bugs: unified diffs against the tree, each a step of a protocol that is done wrong.

A hunk is found by its lines, not by their numbers: it applies as long as the code that it changes
is there once.
"""

import re
from pathlib import Path

from tests.support.paths import ROOT

BUGS = Path(__file__).parent / "bugs"
_FILE = re.compile(r"^\+\+\+ b/(\S+)$", re.MULTILINE)


class DoesNotApply(Exception):
    """What a hunk changes is not there, or not once."""


def names() -> list[str]:
    """Of all planted bugs, in order."""
    return sorted(path.stem for path in BUGS.glob("*.patch"))


def what(name: str) -> str:
    """What is wrong with it: the line before the diff."""
    return (BUGS / f"{name}.patch").read_text().partition("\n")[0]


def patched(name: str) -> dict[str, str]:
    """The files that the bug changes, by their paths in the tree, with their text after it."""
    return changed_by((BUGS / f"{name}.patch").read_text(), name)


def changed_by(text: str, name: str) -> dict[str, str]:
    """The same for the text of a patch."""
    changed: dict[str, str] = {}
    for part in re.split(r"^--- ", text, flags=re.MULTILINE)[1:]:
        found = _FILE.search(part)
        assert found is not None, name
        path = found[1]
        changed[path] = _applied(part, changed.get(path) or (ROOT / path).read_text(), name)
    return changed


def _applied(part: str, source: str, name: str) -> str:
    for hunk in re.split(r"^@@.*@@.*\n", part, flags=re.MULTILINE)[1:]:
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        if source.count(before) != 1:
            raise DoesNotApply(f"{name}: its hunk is there {source.count(before)} times:\n{before}")
        source = source.replace(before, after)
    return source
