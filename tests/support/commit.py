"""The commit that a written page is of."""

import subprocess

from tests.support.paths import ROOT


def commit() -> str:
    """The commit, and whether the tree has changed since; the page itself apart."""
    told = subprocess.run(
        ["git", "describe", "--always", "--abbrev=12", "--dirty= and what is not committed"],  # noqa: S607 - whichever git there is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip()
