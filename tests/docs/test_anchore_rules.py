"""docs/anchore-rules.md: a line for each request and parameter, and each test that it names is."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.contract.asked import every_request
from tests.support.paths import ROOT
from tests.support.rule_book import check_whole, concerns_of, named_tests, rows_of

PAGE = "anchore-rules.md"
RESCAN = ROOT / "functions" / "rescan"


def test_there_are_enough_rules_and_each_is_whole() -> None:
    assert len(rows_of(PAGE)) >= 20
    check_whole(PAGE)


def test_every_request_of_ours_has_a_rule_and_so_has_each_of_its_parameters() -> None:
    asked = set(_asked())
    assert {"GET /images", "POST /images", "full_tag", "x-anchore-account"} < asked
    assert asked == concerns_of(PAGE)


def _asked() -> Iterator[str]:
    """Operations as the descriptions write them, parameters of the query, and our own header."""
    for request in (request for requests in every_request().values() for request in requests):
        url = urlsplit(str(request.url))
        path = re.sub("sha256:[0-9a-f]{64}", "{image_digest}", url.path.removeprefix("/v2"))
        yield f"{request.method} {re.sub('/vuln/.*', '/vuln/{vuln_type}', path)}"
        yield from parse_qs(url.query)
        yield from (name for name in request.headers if name.startswith("x-"))


def test_what_keeps_a_rule_is_there() -> None:
    files = {file for row in rows_of(PAGE) for file in re.findall(r"`([\w/]+\.py)`", row[4])}
    assert len(files) > 10
    assert [file for file in files if not (RESCAN / file).exists()] == []


@pytest.mark.parametrize("row", rows_of(PAGE), ids=lambda row: row[2][:40])
def test_a_name_that_a_rule_is_kept_in_is_in_one_of_its_files(row: list[str]) -> None:
    texts = [(RESCAN / file).read_text() for file in re.findall(r"`([\w/]+\.py)`", row[4])]
    names = re.findall(r"`(_?[A-Za-z]\w+)`", row[4])
    assert [name for name in names if not any(name in text for text in texts)] == []


@pytest.mark.parametrize("held", [row[-1] for row in rows_of(PAGE)])
def test_a_rule_is_held_by_tests_that_exist(held: str) -> None:
    assert named_tests(held)
