"""The secret's forms, its refusals, and that nothing of it is ever told."""

import base64
import json

import pytest
from requests import Request

from rescan.anchore.credentials import AnchoreAuth, authorization_of
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


@pytest.mark.parametrize(
    ("secret", "said", "told"),
    [
        pytest.param(
            {"username": "watcher", "password": WORD},
            f"got {basic(f'watcher:{WORD}')}",
            "got ***",
            id="basic-header",
        ),
        pytest.param(
            {"username": "watcher", "password": WORD},
            f"{basic(f'watcher:{WORD}').removeprefix('Basic ')} watcher:{WORD} {WORD}",
            "*** *** ***",
            id="basic-in-parts",
        ),
        pytest.param(
            {"username": "watcher", "password": f"a:{WORD}"},
            f"password a:{WORD} is wrong",
            "password *** is wrong",
            id="colon-in-the-password",
        ),
        pytest.param({"token": WORD}, f"bad token {WORD}", "bad token ***", id="token"),
        pytest.param(
            {"authorization": f"Basic {WORD}"}, f"got {WORD}", "got ***", id="basic-no-base64"
        ),
        pytest.param({"authorization": WORD}, f"got {WORD}", "got ***", id="header-of-one-word"),
        pytest.param(
            {"username": "watcher", "password": "abc"},
            "no image abc",
            "no image abc",
            id="too-short-to-be-told-from-other-words",
        ),
    ],
)
def test_what_a_server_echoes_is_struck_out(secret: dict[str, str], said: str, told: str) -> None:
    assert renewed(secret).scrub(said) == told


def test_before_the_secret_is_read_there_is_nothing_to_strike_out() -> None:
    assert AnchoreAuth(lambda: "").scrub("any text") == "any text"
