"""Whose image it is, by the name of its repository."""

import re

import pytest

from rescan.kernel.image_tag import ImageTag
from rescan.kernel.team import Teams, team_name

TEAMS = "payments/*=payments, */web-*=front end,reg.example.com:5000/*=old,payments/api=never"


@pytest.mark.parametrize(
    ("tag", "team"),
    [
        pytest.param("reg.io/payments/api:1", "payments", id="repository"),
        pytest.param("payments/a/b:1", "payments", id="a-star-takes-slashes"),
        pytest.param("reg.io/shop/web-cart:1", "front end", id="repository-in-the-middle"),
        pytest.param("reg.io/web-cart:1", "front end", id="registry-and-repository"),
        pytest.param("reg.example.com:5000/batch:1", "old", id="registry-with-a-port"),
        pytest.param("reg.io/payments/web-api:1", "payments", id="the-first-that-matches"),
        pytest.param("reg.io/Payments/api:1", "unrouted", id="letter-by-letter"),
        pytest.param("reg.io/my-payments/api:1", "unrouted", id="the-whole-name"),
        pytest.param("nginx:1", "unrouted", id="none"),
    ],
)
def test_the_first_pattern_of_the_repository_gives_the_team(tag: str, team: str) -> None:
    assert Teams.parse(TEAMS).of(ImageTag.parse(tag)) == team


@pytest.mark.parametrize("text", ["", " , "])
def test_without_a_mapping_nobody_is_routed(text: str) -> None:
    assert Teams.parse(text).of(ImageTag.parse("nginx:1")) == "unrouted"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param("payments/*", "pattern=team in each entry, not 'payments/*'", id="no-team"),
        pytest.param("payments/*=", "pattern=team in each entry, not 'payments/*='", id="empty"),
        pytest.param("=payments", "pattern=team in each entry, not '=payments'", id="no-pattern"),
        pytest.param(
            "pay ments/?=payments",
            "a pattern of repositories, not 'pay ments/?', which holds [' ', '?']",
            id="no-repository",
        ),
        pytest.param(
            "payments/api:1.4=payments",
            "a pattern of repositories, not 'payments/api:1.4', which names a tag",
            id="tag",
        ),
        pytest.param(
            f"a={'x' * 101}",
            f"a team of at most 100 characters on one line, not {'x' * 101!r}",
            id="long-team",
        ),
    ],
)
def test_a_wrong_entry_is_named_with_what_was_expected(entry: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        Teams.parse(f"good/*=good,{entry}")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param(" payments\n team\u202e ", "payments team", id="one-line"),
        pytest.param("x" * 101, "x" * 97 + "...", id="cut"),
        pytest.param("", None, id="empty"),
        pytest.param("\x00 \u200b\n", None, id="nothing-left"),
    ],
)
def test_the_name_of_a_team_is_one_safe_line(text: str, name: str | None) -> None:
    assert team_name(text) == name
