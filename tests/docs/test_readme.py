"""README.md is short; the links of every document lead somewhere, and its make targets exist."""

import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def test_the_readme_stays_short():
    assert len(README.splitlines()) <= 120


PAGES = ["*.md", "docs/**/*.md", "tests/**/*.md"]
DOCUMENTS = [document for pages in PAGES for document in sorted(ROOT.glob(pages))]
LINKS = {
    f"{document.relative_to(ROOT)}: {target}": (document, *target.partition("#")[::2])
    for document in DOCUMENTS
    for target in re.findall(r"\]\((?!http)([^)]+)\)", document.read_text())
}


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", it.lower()).replace(" ", "-") for it in headings}


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_to_a_file_and_to_a_heading_of_it(link: str):
    document, file, anchor = LINKS[link]
    target = document.parent / file if file else document
    assert target.exists()
    assert not anchor or anchor in anchors(target.read_text())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_make_target_exists(document: Path):
    named = set(re.findall(r"(?:`|^    )make ([a-z-]+)", document.read_text(), re.MULTILINE))
    assert named - set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)) == set()
