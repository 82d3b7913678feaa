"""Whole notices, as their readers get them; `rewrite_golden` writes the files anew."""

import pytest

from rescan.notice.stop_notice import stop_notice
from tests.notice.golden import FOLDER, files_of
from tests.notice.reports import GOLDEN


@pytest.mark.parametrize("case", GOLDEN)
def test_notice_is_the_golden_one(case: str) -> None:
    expected = files_of(case, stop_notice(GOLDEN[case]()))
    assert {path: path.read_text(encoding="utf-8") for path in expected} == expected


def test_every_golden_file_belongs_to_a_case() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(GOLDEN)


@pytest.mark.parametrize("case", GOLDEN)
def test_line_is_longer_than_72_columns_only_for_a_name_that_is_to_be_copied(case: str) -> None:
    long = [line for line in stop_notice(GOLDEN[case]()).body.split("\n") if len(line) > 72]
    assert [line for line in long if len(line.split()) > 2] == []
