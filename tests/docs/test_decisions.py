"""docs/decisions and the glossary name what there is."""

import re

from rescan.app import RESERVE_SECONDS
from tests.support.paths import ROOT

DOCS = ROOT / "docs"
INDEX = (DOCS / "decisions" / "README.md").read_text()
GLOSSARY = (DOCS / "glossary.md").read_text()
CODE = "".join(file.read_text() for file in (ROOT / "functions").rglob("*.py"))


def test_every_decision_is_in_the_index() -> None:
    files = {file.name for file in (DOCS / "decisions").iterdir()} - {"README.md"}
    assert set(re.findall(r"\((\S+\.md)\)", INDEX)) == files


def test_the_reserve_that_pages_state_is_the_handler_s() -> None:
    for page in ("architecture.md", "decisions/deadlines-in-the-socket.md"):
        assert f" {RESERVE_SECONDS:.0f} s " in (DOCS / page).read_text()


def test_a_type_of_the_glossary_is_one_of_the_code() -> None:
    named = set(re.findall(r"`([A-Z][a-z]\w+)`", GLOSSARY))
    assert len(named) > 20
    assert (
        named - set(re.findall(r"^(?:class )?(\w+)(?:\(| = NewType|:)", CODE, re.MULTILINE))
        == set()
    )


def test_a_word_stands_in_the_glossary_once() -> None:
    words = re.findall(r"^\| (.+?) \|", GLOSSARY, re.MULTILINE)
    terms = [word for word in words if word not in ("word", "---")]
    assert len(terms) == len(set(terms))
