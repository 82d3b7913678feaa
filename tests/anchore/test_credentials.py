"""The secret's forms, its refusals, and that nothing of it is ever told."""

import base64
import json

import pytest
from requests import Request

from rescan.anchore.credentials import WITHHELD, AnchoreAuth, authorization_of, credentials_in
from rescan.kernel.errors import SecretUnusable


def basic(pair: str) -> str:
    """RFC 7617, section 2: base64 of user:password; UTF-8 is what Anchore reads."""
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


@pytest.mark.parametrize(
    ("secret", "header"),
    [
        pytest.param(
            {"username": "watcher", "password": "pass"}, "Basic d2F0Y2hlcjpwYXNz", id="password"
        ),
        pytest.param(
            {"username": "wächter", "password": "pässwörd€"},
            basic("wächter:pässwörd€"),
            id="not-ascii",
        ),
        pytest.param(
            {"username": "watcher", "password": "a:b:"}, basic("watcher:a:b:"), id="colons"
        ),
        pytest.param(
            {"username": "watcher", "password": " pass "},
            basic("watcher: pass "),
            id="spaces-are-part-of-a-password",
        ),
        pytest.param(
            {"username": "_api_key", "password": "key"}, basic("_api_key:key"), id="api-key"
        ),
        pytest.param({"token": "abc.def"}, "Bearer abc.def", id="token"),
        pytest.param({"token": " abc.def\n"}, "Bearer abc.def", id="token-with-space-around"),
        pytest.param({"authorization": "Basic eA=="}, "Basic eA==", id="authorization"),
        pytest.param(
            {"authorization": "\tBearer x\r\n"}, "Bearer x", id="authorization-with-space-around"
        ),
        pytest.param({"token": "abc", "expires": 3600}, "Bearer abc", id="further-fields"),
    ],
)
def test_each_form_gives_its_header(secret: dict[str, object], header: str) -> None:
    assert authorization_of(json.dumps(secret)) == header


PAIR = {"username": "watcher", "password": "pass"}


@pytest.mark.parametrize(
    ("secret", "header"),
    [
        pytest.param(
            {**PAIR, "token": "t", "authorization": "Basic eA=="},
            "Basic eA==",
            id="authorization-first",
        ),
        pytest.param({**PAIR, "token": "t"}, "Bearer t", id="token-before-password"),
        pytest.param(
            {**PAIR, "token": "  ", "authorization": ""},
            basic("watcher:pass"),
            id="empty-ones-do-not-count",
        ),
        pytest.param(
            {**PAIR, "token": None, "authorization": None}, basic("watcher:pass"), id="null-neither"
        ),
    ],
)
def test_the_more_explicit_form_wins(secret: dict[str, object], header: str) -> None:
    assert authorization_of(json.dumps(secret)) == header


NO_JSON = "The secret is not such JSON. Expected a JSON object"
NOTHING = "The secret holds no credentials. Expected a JSON object"
NO_HEADER = "The secret's authorization or token holds characters no header may."
WORD = "s3cr3t-w0rd"


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        pytest.param(WORD, NO_JSON, id="no-json"),
        pytest.param("", NO_JSON, id="empty"),
        pytest.param(f'{{"password": "{WORD}', NO_JSON, id="truncated"),
        pytest.param(f'"{WORD}"', NO_JSON, id="string"),
        pytest.param(f'["watcher", "{WORD}"]', NO_JSON, id="array"),
        pytest.param("null", NO_JSON, id="null"),
        pytest.param(f'{{"username": 5, "password": "{WORD}"}}', NO_JSON, id="number"),
        pytest.param(f'{{"token": ["{WORD}"]}}', NO_JSON, id="token-of-another-type"),
        pytest.param(f'{{"token": "{WORD}\ud800"}}', NO_JSON, id="half-a-character"),
        pytest.param("{}", NOTHING, id="empty-object"),
        pytest.param(f'{{"apiKey": "{WORD}"}}', NOTHING, id="other-names"),
        pytest.param(f'{{"password": "{WORD}"}}', NOTHING, id="password-alone"),
        pytest.param(f'{{"username": "{WORD}", "password": ""}}', NOTHING, id="empty-password"),
        pytest.param(f'{{"username": "", "password": "{WORD}"}}', NOTHING, id="empty-username"),
        pytest.param('{"token": " ", "authorization": "\\n"}', NOTHING, id="spaces-alone"),
        pytest.param(f'{{"token": "{WORD}\\r\\nX-A: b"}}', NO_HEADER, id="line-end"),
        pytest.param(f'{{"authorization": "Basic {WORD}\\u0000"}}', NO_HEADER, id="control"),
        pytest.param(f'{{"authorization": "Basic\\t{WORD}"}}', NO_HEADER, id="tab-within"),
        pytest.param(f'{{"token": "{WORD}ä"}}', NO_HEADER, id="not-ascii"),
        pytest.param(
            f'{{"username": "a:b", "password": "{WORD}"}}',
            "The secret's username holds a colon, which HTTP Basic cannot carry.",
            id="colon-in-the-username",
        ),
    ],
)
def test_a_refusal_says_what_is_wrong_and_quotes_nothing(secret: str, problem: str) -> None:
    with pytest.raises(SecretUnusable) as raised:
        authorization_of(secret)
    error = raised.value
    assert str(error).startswith(problem)
    assert WORD not in f"{error!r} {error.__cause__!r} {error.__context__!r}"


# --- the header that a session carries


def renewed(*secrets: dict[str, str]) -> AnchoreAuth:
    """Credentials that were read once; each further reading gives the next secret."""
    readings = map(json.dumps, secrets)
    auth = AnchoreAuth(lambda: next(readings))
    sent(auth)
    return auth


def sent(auth: AnchoreAuth) -> str | bytes:
    return auth(Request("GET", "https://anchore.example.com").prepare()).headers["Authorization"]


def test_the_secret_is_read_once_for_many_requests() -> None:
    auth = renewed({"token": "first"})
    assert [sent(auth), sent(auth)] == ["Bearer first", "Bearer first"]


def test_a_header_that_another_thread_has_renewed_is_not_read_again() -> None:
    auth = renewed({"token": "first"}, {"token": "second"})
    assert [auth.renew("Bearer first"), auth.renew("Bearer first")] == [True, True]
    assert sent(auth) == "Bearer second"


# --- what is shown of a server's text


PASSWORD = {"username": "watcher", "password": WORD}
LATER = "after the rotation"


@pytest.mark.parametrize(
    ("secret", "echo"),
    [
        pytest.param(PASSWORD, f"got {basic(f'watcher:{WORD}')}", id="basic-header"),
        pytest.param(PASSWORD, f"no user watcher:{WORD}", id="basic-decoded"),
        pytest.param(PASSWORD, f"{WORD} is wrong", id="password"),
        pytest.param({**PASSWORD, "password": f"a:{WORD}"}, f"a:{WORD}", id="colon-in-a-password"),
        pytest.param({**PASSWORD, "password": "abc"}, "watcher:abc", id="pair-of-a-short-password"),
        pytest.param({"token": WORD}, f"bad token {WORD}", id="token"),
        pytest.param({"authorization": f"Basic {WORD}"}, f"got {WORD}", id="basic-no-base64"),
        pytest.param({"authorization": basic(f"u:{WORD}")}, f"got {WORD}", id="basic-made-before"),
        pytest.param({"authorization": WORD}, f"got {WORD}", id="header-of-one-word"),
        pytest.param({**PASSWORD, "token": "tok-1"}, f"got {WORD}", id="field-that-is-not-sent"),
        pytest.param(PASSWORD, "got s3cr3t\u200b-w0\u00adrd", id="with-what-nobody-sees"),
        pytest.param(PASSWORD, f"{'x' * 297}{WORD}", id="cut-by-the-length-of-an-excerpt"),
        pytest.param(PASSWORD, f"{'x ' * 499}{WORD}", id="cut-by-what-an-excerpt-is-made-of"),
        pytest.param({"token": "t" * 2000}, f"bad token {'t' * 30}...", id="cut-by-the-server"),
        pytest.param(
            {**PASSWORD, "password": "two  words here"}, "two  words here", id="blanks-in-a-row"
        ),
    ],
)
def test_an_excerpt_that_holds_a_credential_is_withheld(secret: dict[str, str], echo: str) -> None:
    assert renewed(secret).excerpt(echo, 300) == WITHHELD


def test_the_credentials_before_a_rotation_are_withheld_too() -> None:
    auth = renewed(PASSWORD, {"token": LATER})
    auth.renew(f"{sent(auth)!s}")
    assert [auth.excerpt(f"got {word}", 300) for word in (WORD, LATER)] == [WITHHELD] * 2


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        pytest.param({**PASSWORD, "password": "abc"}, "no image abc", id="too-short-to-tell"),
        pytest.param(PASSWORD, "user watcher has no role", id="user"),
        pytest.param({"token": WORD}, "Bearer realm", id="scheme"),
    ],
)
def test_an_excerpt_without_a_credential_is_shown(secret: dict[str, str], text: str) -> None:
    assert renewed(secret).excerpt(text, 300) == text


def test_an_excerpt_is_one_line_of_bounded_length() -> None:
    auth = renewed(PASSWORD)
    assert auth.excerpt("<p>\n  no\x1b  such\tpage", 14) == "<p> no such..."
    assert len(auth.excerpt("x" * 1_000_000, 300)) == 300


def test_before_the_secret_is_read_every_excerpt_is_shown() -> None:
    assert AnchoreAuth(lambda: "").excerpt("any text", 80) == "any text"


def test_the_user_and_the_scheme_are_no_credentials() -> None:
    assert credentials_in(json.dumps(PASSWORD)) == (
        basic(f"watcher:{WORD}"), basic(f"watcher:{WORD}").split()[1], f"watcher:{WORD}", WORD,
    )  # fmt: skip
    assert credentials_in('{"token": "tok-123"}') == ("Bearer tok-123", "tok-123")
