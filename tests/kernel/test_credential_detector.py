"""A credential is found in whichever two encodings it comes back, and nothing else is."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rescan.kernel.credential_detector import CredentialDetector
from tests.support.echoes import ENCODINGS, in_base64

PASSWORD = "pa/ss+wörd&<7>"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ3YXRjaGVyIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
# Nothing that cannot be typed: HTML's control characters stand for others.
SECRETS = st.text(
    alphabet=st.characters(categories=["L", "M", "N", "P", "S"], include_characters=" "),
    min_size=4,
    max_size=40,
)
# Nothing that could itself be the beginning of an escape.
AROUND = st.sampled_from(["", " ", "Authorization: ", '{"message": "', "/", "no user 'é' "])
# UTF-16 in base64 is two encodings already, unless what it holds is ASCII.
OUTER = st.sampled_from(sorted(ENCODINGS.keys() - {"base64 of UTF-16"}))
# Load of the machine is no defect.
QUIET = settings(deadline=None, database=None)


def finds(secret: str, inner: str, outer: str, near: str = "", far: str = "") -> bool:
    echo = far + ENCODINGS[outer](near + ENCODINGS[inner](secret) + near) + far
    return CredentialDetector([secret]).finds_one_in(echo)


@pytest.mark.parametrize("outer", ENCODINGS)
@pytest.mark.parametrize("secret", [PASSWORD, TOKEN], ids=["password", "token"])
def test_a_credential_is_found_in_any_two_encodings(outer: str, secret: str) -> None:
    missed = [inner for inner in ENCODINGS if not finds(secret, inner, outer, "got ", "<>")]
    assert missed == []


@pytest.mark.parametrize("encoding", sorted(ENCODINGS.keys() - {"quoted-printable"}))
def test_a_credential_is_found_as_a_parameter(encoding: str) -> None:
    echo = f"GET /v2/images?limit=1&password={ENCODINGS[encoding](PASSWORD)}&page=1 is not allowed"
    assert CredentialDetector([PASSWORD]).finds_one_in(echo)


@given(SECRETS, st.sampled_from(list(ENCODINGS)), OUTER, AROUND, AROUND)
@QUIET
def test_any_credential_is_found_in_any_two_encodings(
    secret: str, inner: str, outer: str, near: str, far: str
) -> None:
    assert finds(secret, inner, outer, near, far)


@given(st.binary(max_size=40), st.binary(max_size=40))
@QUIET
def test_a_credential_is_found_wherever_it_stands_in_base64(before: bytes, after: bytes) -> None:
    echo = base64.b64encode(before + PASSWORD.encode() + after).decode()
    assert CredentialDetector([PASSWORD]).finds_one_in(f'{{"text": "{echo}"}}')


@pytest.mark.parametrize("characters", ["latin-1", "utf-8", "utf-16-le", "utf-16-be"])
def test_a_credential_is_found_in_other_characters(characters: str) -> None:
    echo = in_base64(f"watcher:{PASSWORD}", characters)
    assert CredentialDetector([PASSWORD]).finds_one_in(echo)


def test_utf_8_that_was_taken_for_latin_1_is_found() -> None:
    assert CredentialDetector([PASSWORD]).finds_one_in(PASSWORD.encode().decode("latin-1"))


@pytest.mark.parametrize("length", [1_000, 64 * 1024 - 7, 64 * 1024 + 3, 200_000])
def test_a_credential_is_found_wherever_it_stands_in_a_long_text(length: int) -> None:
    echo = "x" * length + quote(json.dumps(PASSWORD)) + "y" * 100_000
    assert CredentialDetector([PASSWORD]).finds_one_in(echo)


def test_the_beginning_of_a_long_credential_is_enough() -> None:
    detector = CredentialDetector([TOKEN])
    assert detector.finds_one_in(f"bad token {TOKEN[:24]}...")
    assert not detector.finds_one_in(f"bad token {TOKEN[:23]}...")


@pytest.mark.parametrize("credentials", [[], [""], ["abc"], ["öü", "123"]])
def test_what_is_too_short_is_not_looked_for(credentials: list[str]) -> None:
    assert not CredentialDetector(credentials).finds_one_in("abc 123 öü")


# --- what is no credential


BODIES = [
    "image data not found in DB",
    "image is not analyzed - analysis_status: analyzing",
    "could not get image record from anchore",
    "The server encountered an internal error and was unable to complete your request.",
    "Access denied. Basic or Bearer authentication is required; user watcher has no role.",
    "Unauthorized: token expired at 2026-11-24T21:50:58Z (iat 1795557058, kid 7f3a9c02)",
    '{"detail": "None is not of type \'string\'", "title": "Bad Request", "type": "about:blank"}',
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway"
    "</h1></center>\r\n<hr><center>nginx/1.25.3</center>\r\n</body>\r\n</html>\r\n",
    "<!DOCTYPE html><title>Sign in &middot; SSO</title><form action=\"/login?next=%2Fv2%2Fimages%3F"
    'full_tag%3Dreg.example.com%252Fpayments%252Fapi%253A2.4.1&amp;rd=1">',
    "upstream connect error or disconnect/reset before headers. reset reason: connection timeout",
    "The requested URL was rejected. Please consult with your administrator. Your support ID is:"
    " 4367210845771630312",
    "sqlalchemy.exc.TimeoutError: QueuePool limit of size 30 overflow 100 reached, connection timed"
    ' out, timeout 30.00 (Background on this error at: https://sqlalche.me/e/20/3o7r)\\n  File "/u'
    'sr/lib/python3.11/site-packages/anchore_enterprise/db/session.py", line 1, in \\u003cmodule>',
    "sha256:6201b80463787cac0cd3b55ea5180ea588e188bc5ff2da74832cac8e4d4573f4 is unknown",
    "X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678; etag W/\"0815-Y29uZmln\"",
    f"{in_base64('an innocent text, only encoded')} {'4d5a' * 40}",
]  # fmt: skip
CREDENTIALS = [
    "Basic d2F0Y2hlcjpUaWdlci1MaWx5LTI3", "d2F0Y2hlcjpUaWdlci1MaWx5LTI3", "watcher:Tiger-Lily-27",
    "Tiger-Lily-27", TOKEN, "hX7$", "0815!", "p4ss", "correct horse battery staple",
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_a_real_error_stays_readable(body: str) -> None:
    detector = CredentialDetector(CREDENTIALS)
    assert not detector.finds_one_in(body)
    assert not detector.finds_one_in(json.dumps({"message": body}))


@given(st.text(max_size=300))
@QUIET
def test_a_text_without_the_credential_is_shown(text: str) -> None:
    assert not CredentialDetector(["Tiger-Lily-27"]).finds_one_in(text)
