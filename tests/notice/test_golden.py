"""Whole notices, as their readers get them; `rewrite_golden` writes the files anew."""

import json

import pytest

from rescan.news import EventType
from rescan.notice.notice_of import notice_of
from tests.notice.golden import EXAMPLES, EXAMPLES_FOLDER, FOLDER, files_of
from tests.notice.news_cases import GOLDEN
from tests.notice.summary_cases import GOLDEN_SUMMARIES
from tests.notice.test_result import errors


@pytest.mark.parametrize("case", GOLDEN)
def test_notice_is_the_golden_one(case: str) -> None:
    expected = files_of(case, notice_of(GOLDEN[case]()))
    assert {path: path.read_text(encoding="utf-8") for path in expected} == expected


def test_every_golden_file_belongs_to_a_case() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {*GOLDEN, *GOLDEN_SUMMARIES}
    assert set(EXAMPLES_FOLDER.glob("notice-*")) == set(EXAMPLES.values())


def test_each_event_type_has_one_example_beside_the_schema() -> None:
    examples = [json.loads(path.read_text(encoding="utf-8")) for path in EXAMPLES.values()]
    assert sorted(example["event_type"] for example in examples) == sorted(EventType)
    assert [errors(example) for example in examples] == [[]] * len(EXAMPLES)


@pytest.mark.parametrize("case", GOLDEN)
def test_line_is_longer_than_72_columns_only_for_a_name_that_is_to_be_copied(case: str) -> None:
    long = [line for line in notice_of(GOLDEN[case]()).body.split("\n") if len(line) > 72]
    assert [line for line in long if len(line.split()) > 2] == []
