"""linkify-it, which makes links of plain text in many programs, finds none of others in a mail."""

import re
from itertools import cycle, islice, product
from typing import Any

import pytest

from rescan.notice.links import unlinked
from tests.lab.conformance.npm_packages import answer_of, packages
from tests.support.notices.foreign_texts import in_foreign_texts, without_address
from tests.support.notices.rendered import CASES, mail, mail_notice

pytestmark = [pytest.mark.slow, pytest.mark.referee("Links in mails, linkify-it")]

DOMAINS = [
    "com", "example", "io", "sh", "py", "so", "zip", "рф", "xn--p1ai", "museum", "भारत", "香港",
    "cologne", "co.uk", "dev", "app", "coop", "ai",
]  # fmt: skip
STARTS = [
    "",
    "http://",
    "https:",
    "//",
    "mailto:a@",
    "a@",
    "www.",
    "ftp://u:p@",
    "(",
    "<",
    "x/",
    "=",
]
HOSTS = ["evil.", "a.b.", "x-1.jar.", "1.v2.", "зло.", "www.evil.", "_x.", "v1.evil\u3002"]
ENDS = ["", "/", ":80/x", "/login?a=b", "#x", ".", ")", "_x", ",", "-", "/a.b.com", "@c"]
NAMES = list(map("".join, product(STARTS, HOSTS, DOMAINS, ENDS)))
REGISTRIES = {"123456789012.dkr.ecr.eu-west-1.amazonaws.com"}
# Our own words, about names in Anchore.
OURS = "docker.io"


@pytest.fixture(autouse=True)
def _judge() -> None:
    """Skips before any text is made."""
    packages()


def links(texts: list[str]) -> list[list[str]]:
    found: list[list[str]] = answer_of("links.js", texts)
    return [[link for link in of_one if not link.startswith(OURS)] for of_one in found]


def test_no_name_is_a_link_once_it_is_broken() -> None:
    assert sum(map(bool, links(NAMES))) > len(NAMES) / 2
    broken = list(map(unlinked, NAMES))
    assert [it for it in zip(NAMES, broken, links(broken), strict=True) if it[2]] == []


@pytest.mark.parametrize("turn", range(5))
def test_no_text_of_others_in_a_mail_is_a_link(turn: int) -> None:
    """No full name begins with a paragraph sign, so none of them is left as it is."""
    texts = islice(cycle(NAMES), turn * 997, None, 101)
    said: list[Any] = [CASES[case]() for case in CASES]
    hostile = [in_foreign_texts(it, [f"§ {next(texts)}" for _ in range(7)]) for it in said]
    notices = list(map(mail_notice, hostile))
    found = links([f"{it.subject}\n{without_address(it.body)}" for it in notices])
    assert [it for it in zip(CASES, found, strict=True) if it[1]] == []


def test_of_an_ordinary_mail_nothing_but_registries_is_a_link() -> None:
    """An address of the web on a line of its own is meant as a link."""
    bodies = [re.sub(r"(?m)^(Anchore)? *https?://\S+$", "", mail(case).body) for case in CASES]
    found = [link for of_one in links(bodies) for link in of_one]
    assert {re.split("[:/]", link)[0] for link in found} == REGISTRIES
