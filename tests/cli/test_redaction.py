"""What is replaced in a recording, and what is found before it is written."""

import base64
import json
import re
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rescan_cli.recording.json_text import change_values, is_json
from rescan_cli.recording.leaks import credentials_in, leaks
from rescan_cli.recording.names import Names, names_in
from rescan_cli.recording.redaction import Redactor

PASSWORD = "pa/ss+wörd"
SECRET = json.dumps({"username": "watcher", "password": PASSWORD})
HEADER = base64.b64encode(f"watcher:{PASSWORD}".encode()).decode()
URL = "https://anchore.corp.example.org:8443/behind/v2"
# Load of the machine is no defect.
QUIET = settings(deadline=None, database=None, derandomize=True)
NAMES = Names(("platform", "platform-eu"), ("watcher",))


def redactor(*patterns: str, names: Names = NAMES, url: str = URL) -> Redactor:
    return Redactor(url, credentials_in(SECRET), names, map(re.compile, patterns))


# --- texts


TEXTS = {
    "the account": ("account platform not found", "account account-1 not found"),
    "an account that begins with another": ("platform-eu, platform", "account-1, account-2"),
    "the user": ("user 'watcher' has no role", "user 'user-1' has no role"),
    "a longer word": ("platforms of watchers", "platforms of watchers"),
    "the host": (
        "see https://anchore.corp.example.org:8443/x",
        "see https://anchore.example.com/x",
    ),
    "the host in capitals": ("ANCHORE.corp.example.org", "anchore.example.com"),
    "another host": ("my-anchore.corp.example.org", "my-anchore.corp.example.org"),
    "a deeper host": ("anchore.corp.example.org.net", "anchore.corp.example.org.net"),
    "the password": (f"got {PASSWORD}!", "got redacted!"),
    "the header": (f"Basic {HEADER}", "redacted"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_text_hides(case: str) -> None:
    text, expected = TEXTS[case]
    assert redactor().text(text) == expected


def test_the_same_original_has_the_same_replacement_and_another_another() -> None:
    hidden = redactor(r"team-\w+")
    texts = [hidden.text(text) for text in ("team-a", "x team-b", "team-a/team-b")]
    assert texts == ["redacted-1", "x redacted-2", "redacted-1/redacted-2"]


def test_no_replacement_is_replaced_again() -> None:
    hidden = redactor("account", "red", names=Names(("user",), ("account-1",)))
    assert hidden.text("user account-1") == "account-1 user-1"


def test_a_word_of_the_protocol_keeps_its_meaning() -> None:
    hidden = redactor(names=Names(("active", "stop"), ("high",)))
    assert [hidden.text(word) for word in ("active", "stop", "High")] == ["active", "stop", "High"]
    assert hidden.text("account active of high") == "account account-1 of user-1"


@given(
    st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True),
    st.sampled_from([r"\d{4}", "[0-9a-f]{12}", r"sha256:\w+"]),
)
@QUIET
def test_a_digest_stays_a_digest_and_the_same_one(digest: str, pattern: str) -> None:
    hidden = redactor(pattern)
    changed = hidden.text(digest)
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", changed)
    assert changed == hidden.text(digest)
    assert len(changed) == len(digest)


def test_an_account_of_aws_stays_one_everywhere() -> None:
    hidden = redactor(r"\d{12}")
    tag = hidden.text("123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:1")
    account = tag.partition(".")[0]
    assert re.fullmatch(r"[1-9]\d{11}", account)
    assert account != "123456789012"
    assert (
        hidden.text("arn:aws:sns:eu-central-1:123456789012:x")
        == f"arn:aws:sns:eu-central-1:{account}:x"
    )


# --- JSON


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
@QUIET
def test_json_that_holds_nothing_to_hide_stays_byte_for_byte(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1)
    same = change_values(text, value=lambda s: s, key=lambda s: s, number=lambda s: s)
    assert same == text


@given(VALUES)
@QUIET
def test_json_stays_json_of_the_same_shape(value: Any) -> None:
    hidden = redactor(r"\d+", "[a-m]+", '"', r"\\")
    changed = json.loads(hidden.body(json.dumps(value)))
    assert shape(changed) == shape(value)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return [shape(inner) for inner in value.values()]
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
@QUIET
def test_a_name_is_found_however_json_escapes_it(around: str) -> None:
    hidden = redactor(names=Names(("größe/1",), ()))
    body = json.dumps({"note": f"{around} größe/1 {around}"}).replace("/", "\\/")
    assert "größe/1" not in json.loads(hidden.body(body))["note"]


def test_keys_keep_their_names_but_hold_no_secret() -> None:
    hidden = redactor("team-a", names=Names(("items",), ()))
    body = hidden.body(json.dumps({"items": 1, "team-a": 2, PASSWORD: 3}))
    assert json.loads(body) == {"items": 1, "redacted-1": 2, "redacted": 3}


def test_what_is_no_json_is_text() -> None:
    assert redactor().body("<p>platform") == "<p>account-1"


# --- names


def test_names_come_from_fields_and_from_the_connection() -> None:
    body = {"items": [{"account_name": "a"}, {"x": {"username": "u", "userId": "v"}, "tag": "t"}]}
    bodies = [json.dumps(body), "<html>", "[" * 100_000]
    assert names_in(bodies, "mine", SECRET) == Names(("mine", "a"), ("watcher", "u", "v"))


def test_the_user_of_an_api_key_is_no_name() -> None:
    assert names_in([], None, '{"username": "_api_key", "password": "k"}') == Names((), ())


# --- URLs


def test_a_url_stands_at_the_root_of_a_host_of_no_meaning() -> None:
    hidden = redactor("corp/app")
    url = hidden.url(f"{URL}/images/sha256:ab/check?tag=r.io%2Fcorp%2Fapp%3A1&full_tag=platform&x=")
    parts = urlsplit(url)
    assert (parts.netloc, parts.path) == ("anchore.example.com", "/v2/images/sha256:ab/check")
    assert unquote(parts.query) == "tag=r.io/redacted-1:1&full_tag=account-1&x="


# --- the last look


def twice(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ENCODINGS = {
    "plain": PASSWORD,
    "percent-encoded": quote(PASSWORD, safe=""),
    "percent-encoded twice": quote(quote(PASSWORD, safe=""), safe=""),
    "percent-encoded letter by letter": "".join(f"%{b:02x}" for b in PASSWORD.encode()),
    "as a form": quote(PASSWORD).replace("%20", "+"),
    "JSON in ASCII": json.dumps(PASSWORD),
    "JSON in JSON": json.dumps(json.dumps(PASSWORD)),
    "JSON with escaped slashes": json.dumps(PASSWORD).replace("/", "\\/"),
    "HTML": "pa&#47;ss&#43;w&ouml;rd",
    "the header": f"Basic {HEADER}",
    "the header, percent-encoded": quote(f"Basic {HEADER}", safe=""),
    "base64": base64.b64encode(PASSWORD.encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(f"?>{PASSWORD}?>".encode()).decode(),
    "base64 without padding": base64.b64encode(PASSWORD.encode()).decode().rstrip("="),
    "base64, percent-encoded": quote(base64.b64encode(PASSWORD.encode()).decode(), safe=""),
    "base64 of latin-1": base64.b64encode(PASSWORD.encode("latin-1")).decode(),
    "base64 in lines": "\r\n".join(re.findall(".{1,4}", twice(f"{'x' * 50}{PASSWORD}{'y' * 50}"))),
    "base64 in lines in JSON": json.dumps("\n".join(re.findall(".{1,4}", twice(f"xx{PASSWORD}")))),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("around", ["", '{"message": "', "lots of other words, 0123/456+789 "])
def test_a_credential_is_found(encoding: str, around: str) -> None:
    assert leaks(f"{around}{ENCODINGS[encoding]}{around}", credentials_in(SECRET))


@given(st.binary(max_size=40), st.binary(max_size=40))
@QUIET
def test_a_credential_is_found_wherever_it_stands_in_base64(before: bytes, after: bytes) -> None:
    text = base64.b64encode(before + PASSWORD.encode() + after).decode()
    assert leaks(f'{{"text": "{text}"}}', credentials_in(SECRET))


@given(st.text(min_size=4), st.text(), st.booleans())
@QUIET
def test_any_password_is_found_in_a_har(password: str, around: str, ascii_only: bool) -> None:
    credentials = (password,)
    inner = json.dumps({"message": f"{around}{password}{around}"}, ensure_ascii=ascii_only)
    assert leaks(json.dumps({"text": inner}), credentials)


def test_what_holds_no_credential_may_be_written() -> None:
    innocent = json.dumps({"user": "watcher", "digest": f"sha256:{'ab' * 32}", "word": "password"})
    assert not leaks(innocent, credentials_in(SECRET))


def test_the_user_and_a_scheme_are_no_credentials() -> None:
    assert credentials_in(SECRET) == (f"Basic {HEADER}", HEADER, PASSWORD)
    assert credentials_in('{"token": "tok-123"}') == ("Bearer tok-123", "tok-123")


def test_a_body_is_json_or_not() -> None:
    assert is_json(" [1] ")
    assert not is_json("{")
    assert not is_json("[" * 100_000)
