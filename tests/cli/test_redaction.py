"""What is replaced in a recording, and what is found before it is written."""

import base64
import codecs
import gzip
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rescan.anchore.credentials import credentials_in
from rescan.kernel.credential_detector import CredentialDetector
from rescan_cli.recording.json_text import change_values, is_json, texts_in
from rescan_cli.recording.names import Names, names_in
from rescan_cli.recording.redaction import Redactor
from tests.support.echoes import ENCODINGS

PASSWORD = "pa/ss+wörd&<7>"
SECRET = json.dumps({"username": "watcher", "password": PASSWORD})
TOKEN = "0pAqu3-t0ken-0f-0thers-and-l0ng-en0ugh-t0-be-cut"
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
    "names before the password": (
        f"watcher of platform: {PASSWORD}, platform",
        "user-1 of account-1: redacted, account-1",
    ),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_text_hides(case: str) -> None:
    text, expected = TEXTS[case]
    assert redactor().text(text) == expected


def test_a_secret_of_another_service_is_hidden_by_its_form() -> None:
    key = "AKIA" + "Z7QX" * 4
    assert redactor().text(f"key {key}, and so on") == "key redacted, and so on"


def test_without_names_nothing_of_a_text_is_one() -> None:
    plain = Redactor("https://anchore.corp.example.org/v2", [], Names((), ()))
    assert plain.text("platform watcher") == "platform watcher"
    assert plain.text("at anchore.corp.example.org:443/x") == "at anchore.example.com:443/x"


def test_names_of_one_length_that_overlap_are_each_found() -> None:
    hidden = redactor(names=Names(("eu", "eu-west-1", "eu-west"), ("eve", "bob")))
    assert hidden.text("eu-west-1 eu-west eu") == "account-1 account-2 account-3"
    assert hidden.text("bob, eve, bob") == "user-1, user-2, user-1"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/images", "/images"),
        ("/images?full_tag=a%3A1&x=", "/images?full_tag=a%3A1&x="),
        ("/images/sha256:ab@c", "/images/sha256:ab@c"),
        ("/accounts/platform", "/accounts/account-1"),
    ],
)
def test_a_url_keeps_its_shape(path: str, expected: str) -> None:
    assert redactor().url(URL + path) == f"https://anchore.example.com/v2{expected}"


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


def test_a_number_that_fits_a_pattern_becomes_another_number() -> None:
    changed = json.loads(redactor(r"\d{6}").body('{"employee": 482913, "size": 12}'))
    assert isinstance(changed["employee"], int)
    assert changed["employee"] != 482913
    assert (len(str(changed["employee"])), changed["size"]) == (6, 12)


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
    same = change_values(text, value=lambda s, _: s, key=str, number=lambda s, _: s)
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


# --- our own credentials, as a server may write them


# In these the password or the header stands as it is.
REPLACED = {"nothing", "JSON in UTF-8", "repr", "base64 behind a user", "the header"}
TWICE = {
    "JSON in JSON": ("JSON", "JSON"),
    "percent in percent": ("percent", "percent"),
    "HTML in HTML": ("HTML, decimal", "HTML"),
    "base64 in base64": ("base64", "base64 from a second byte"),
    "base64 in percent": ("base64", "percent"),
    "percent in base64": ("percent", "base64"),
    "JSON in base64": ("JSON", "base64 for URLs without padding"),
    "base64 in JSON": ("base64 in lines", "JSON"),
    "HTML in percent": ("HTML", "percent of a form"),
    "hex in base64": ("hex", "base64"),
    "base64 in hex": ("base64", "hex"),
    "percent in HTML": ("percent", "HTML, hex"),
}
ECHOES = {
    **{name: encode(PASSWORD) for name, encode in ENCODINGS.items()},
    **{name: ENCODINGS[o](ENCODINGS[i](PASSWORD)) for name, (i, o) in TWICE.items()},
    "the header": f"Basic {HEADER}",
    "the header, percent-encoded": quote(f"Basic {HEADER}", safe=""),
    "base64 of Latin-1": base64.b64encode(PASSWORD.encode("latin-1")).decode(),
    "the beginning of a long one": TOKEN[:30],
}


def became(echo: str, body: Callable[[str], str]) -> str:
    """What becomes of an echo in a body: replaced, refused, or left."""
    credentials = (*credentials_in(SECRET), TOKEN)
    hidden = Redactor(URL, credentials, NAMES)
    file = json.dumps({"log": {"entries": [{"text": hidden.body(body(echo))}]}})
    if CredentialDetector(credentials).finds_one_in("\n".join(texts_in(file))):
        return "refused"
    return "replaced" if "redacted" in file else "left"


def test_each_of_forty_echoes_is_replaced_or_refused() -> None:
    results = {
        name: became(echo, lambda text: json.dumps({"message": f"debug '{text}' is wrong"}))
        for name, echo in ECHOES.items()
    }
    assert len(results) >= 40
    assert results == {name: "replaced" if name in REPLACED else "refused" for name in ECHOES}


@pytest.mark.parametrize("body", ["<p>{}</p>", "{}", '{{"broken": "{}', "a, {}/456+789"])
def test_an_echo_in_what_is_no_json_is_not_left(body: str) -> None:
    assert [name for name, echo in ECHOES.items() if became(echo, body.format) == "left"] == []


def test_an_echo_in_keys_and_numbers_is_not_left() -> None:
    assert became(PASSWORD, lambda text: json.dumps({text: [1]})) == "replaced"
    hidden = Redactor(URL, ["12345678"], NAMES)
    file = hidden.body('{"pin": 12345678}')
    assert CredentialDetector(["12345678"]).finds_one_in("\n".join(texts_in(file)))


# docs/cli.md promises none of these.
LEFT = {
    "hashed": hashlib.sha256(PASSWORD.encode()).hexdigest(),
    "compressed": base64.b64encode(gzip.compress(f"{PASSWORD} and more".encode())).decode(),
    "reversed": PASSWORD[::-1],
    "in capitals": PASSWORD.upper(),
    "split": " ".join(PASSWORD),
    "rot13": codecs.encode(PASSWORD, "rot13"),
    "base32": base64.b32encode(PASSWORD.encode()).decode(),
    "base85": base64.b85encode(PASSWORD.encode()).decode(),
    "UTF-7": PASSWORD.encode("utf-7").decode(),
    "numbers": str(list(PASSWORD.encode())),
    "three encodings": quote(quote(quote(f"ö{PASSWORD}"))),
}


@pytest.mark.parametrize("echo", LEFT)
def test_what_is_not_promised_is_known(echo: str) -> None:
    assert became(LEFT[echo], json.dumps) == "left"


def test_what_holds_no_credential_may_be_written() -> None:
    innocent = json.dumps({"user": "watcher", "digest": f"sha256:{'ab' * 32}", "word": "password"})
    assert not CredentialDetector(credentials_in(SECRET)).finds_one_in(innocent)


@given(VALUES)
@QUIET
def test_the_texts_of_json_are_all_its_strings(value: Any) -> None:
    inner = json.dumps(value)
    found = set(texts_in(json.dumps({"text": inner})))
    assert strings(value) <= found | {"text"}


def strings(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(value, *map(strings, value.values()))
    if isinstance(value, list):
        return set().union(*map(strings, value))
    return {value} if isinstance(value, str) and not is_json(value) else set()


def test_a_body_is_json_or_not() -> None:
    assert is_json(" [1] ")
    assert not is_json("{")
    assert not is_json("[" * 100_000)
