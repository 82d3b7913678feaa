"""Whole notices, as their readers get them; `rewrite_golden` writes the files anew."""

import json
import re
from pathlib import Path

import pytest

from rescan.ledger.news import EventType
from tests.support.notices.documents import MESSAGES, PICTURES, documents
from tests.support.notices.golden import EXAMPLES, EXAMPLES_FOLDER, FOLDER, files_of
from tests.support.notices.group_cases import GROUPS
from tests.support.notices.news_cases import GOLDEN
from tests.support.notices.rendered import CASES, mail
from tests.support.notices.schema import errors

DOCUMENTS = [MESSAGES, *PICTURES]


@pytest.mark.parametrize("case", CASES)
def test_notice_is_the_golden_one(case: str) -> None:
    expected = files_of(case, mail(case))
    assert {path: path.read_text(encoding="utf-8") for path in expected} == expected


def test_every_golden_file_belongs_to_a_case() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(CASES)
    assert set(EXAMPLES_FOLDER.glob("notice-*")) == set(EXAMPLES.values())


def test_each_event_type_has_one_example_beside_the_schema() -> None:
    examples = [json.loads(path.read_text(encoding="utf-8")) for path in EXAMPLES.values()]
    assert sorted(example["event_type"] for example in examples) == sorted(EventType)
    assert [errors(example) for example in examples] == [[]] * len(EventType)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_document_shows_the_golden_files_as_they_are(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == documents()[path]


def test_document_shows_each_kind_and_what_is_hard_to_show() -> None:
    shown = set(re.findall(r"<!-- golden: (\w+)\.txt -->", MESSAGES.read_text(encoding="utf-8")))
    assert {mail(case).attributes["event_type"] for case in shown} == set(EventType)
    hard = {"stop_no_fix", "stop_long_names", "stop_hostile_names", "stop_moved_tag", "stop_storm"}
    assert (hard | set(GROUPS)) - shown == set()


@pytest.mark.parametrize("case", GOLDEN)
def test_first_line_says_the_kind_and_how_bad_it_is(case: str) -> None:
    notice = mail(case)
    kind = str(notice.attributes["event_type"]).replace("_", " ")
    first = notice.body.split("\n", 1)[0]
    assert first.startswith(kind)
    if kind in ("STOP", "REMINDER") and notice.attributes["max_severity"] != "none":
        exploited = ", exploited" if "exploited" in notice.attributes["traits"] else ""
        assert first.startswith(f"{kind}, {notice.attributes['max_severity']}{exploited}: ")


@pytest.mark.parametrize("case", GOLDEN)
def test_whole_digest_stands_at_the_end_and_nowhere_else(case: str) -> None:
    lines = mail(case).body.rstrip("\n").split("\n")
    at = [number for number, line in enumerate(lines) if re.search("[0-9a-f]{64}", line)]
    last = len(lines) - lines[::-1].index("")
    assert all(number >= last for number in at)
    assert len({lines[number] for number in at}) == len(at)
    assert lines[last] == "Digests" or len(at) <= 2


@pytest.mark.parametrize("case", CASES)
def test_line_is_longer_than_72_columns_only_for_a_name_that_is_to_be_copied(case: str) -> None:
    long = [line for line in mail(case).body.split("\n") if len(line) > 72]
    assert [line for line in long if len(line.split()) > 2] == []
