"""The README shows docs/conformance.md in short, and says nothing else."""

import re

from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text()
PAGE = (ROOT / "docs" / "conformance.md").read_text()
HEAD = "| branch | Arazzo, as given | Arazzo, ours | OpenAPI, ours | OpenAPI, Anchore's |"


def verdicts(text: str) -> dict[str, list[str]]:
    """What each referee says of each branch, from the table below the heading."""
    rows = text.partition(HEAD)[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {branch: said for first, *said in cells for branch in re.findall(r"`(\w+)`", first)}


def test_the_readme_shows_what_the_referees_said():
    assert verdicts(README) == verdicts(PAGE)
    assert len(verdicts(PAGE)) > 10


def test_the_readme_states_the_inputs_that_were_tried():
    (tried,) = re.findall(r"^\| together \| ([\d,]+) \|", PAGE, re.MULTILINE)
    assert f" {tried} fuzzed inputs " in README
