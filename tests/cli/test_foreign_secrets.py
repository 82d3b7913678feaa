"""What is replaced in a recording though it is no credential of the connection."""

import json
from collections.abc import Callable

import pytest

from rescan_cli.recording.names import Names
from rescan_cli.recording.redaction import Redactor

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA75\n-----END RSA PRIVATE KEY-----"
FOREIGN = {
    "JWT": (f"bad token '{JWT}'", "bad token 'redacted'"),
    "JWT without signature": (f"got {JWT.rpartition('.')[0]}.", "got redacted"),
    "access key": ("key AKIAIOSFODNN7EXAMPLE is old", "key redacted is old"),
    "access key of a session": ("(ASIAIOSFODNN7EXAMPLE)", "(redacted)"),
    "PEM": (f"key:\n{PEM}\nend", "key:\nredacted\nend"),
    "PEM that is cut": (PEM[:50], "redacted"),
    "Basic": ("sent Basic dXNlcjpwYXNz to it", "sent Basic redacted to it"),
    "Bearer": ("sent bearer 0pAqu3.t0ken~x to it", "sent bearer redacted to it"),
    "another Authorization": ("Authorization: Digest a=b, c", "Authorization: redacted"),
    "an Authorization in a dictionary": (
        "{'Authorization': 'Token a b', 'Host': 'x'}",
        "{'Authorization': 'redacted', 'Host': 'x'}",
    ),
    "userinfo": ("pull https://bob:pw@reg.io/x@1", "pull https://redacted@reg.io/x@1"),
    "token in a URL": ("git+https://ghp_x@github.com", "git+https://redacted@github.com"),
    "cookie": ("Cookie: a=b; sid=1\nHost: x", "Cookie: redacted\nHost: x"),
    "a cookie that is set": ("Set-Cookie: sid=1; Path=/", "Set-Cookie: redacted"),
    "password": ("password=hunter2&page=1", "password=redacted&page=1"),
    "password in quotes": ("DB_PASSWORD = 'two words'", "DB_PASSWORD = 'redacted'"),
    "password of YAML": ("db_password: hunter2\nx: y", "db_password: redacted\nx: y"),
    "password of XML": ("<password>hunter2</password>", "<password>redacted</password>"),
    "password of Ruby": ('{"password"=>"hunter2"}', '{"password"=>"redacted"}'),
    "JSON that is escaped": (
        r'{\"token\": \"a b\", \"x\": 1}',
        r'{\"token\": \"redacted\", \"x\": 1}',
    ),
    "a signed URL": ("?X-Amz-Signature=ab12&x=1", "?X-Amz-Signature=redacted&x=1"),
    "secret": ("RUN CLIENT_SECRET=abc make", "RUN CLIENT_SECRET=redacted make"),
}  # fmt: skip


def hidden(body: str) -> str:
    return Redactor("https://anchore.corp.example.org/v2", (), Names((), ())).body(body)


@pytest.mark.parametrize("case", FOREIGN)
@pytest.mark.parametrize("inside", [str, lambda text: json.dumps({"message": text})])
def test_a_secret_of_others_is_replaced(case: str, inside: Callable[[str], str]) -> None:
    text, expected = FOREIGN[case]
    assert hidden(inside(text)) == inside(expected)


@pytest.mark.parametrize(
    "text",
    [
        "reg.io/token-service:2.4.1 and reg.io/secret/api:latest",
        "Basic or Bearer authentication is required",
        'Basic realm="Anchore Enterprise"',
        "the token has expired",
        "file=/etc/passwd regexp found in secret_scans",
        "see https://example.com/a@b and user@example.com",
        "sha256:6201b80463787cac0cd3b55ea5180ea588e188bc5ff2da74832cac8e4d4573f4",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert hidden(text) == text


MEMBERS = {
    "password": ({"password": "a b"}, {"password": "redacted"}),
    "any case": ({"dbPassword": "x", "API_KEY": ""}, {"dbPassword": "redacted", "API_KEY": ""}),
    "a number": ({"secret": 12345678}, {"secret": 0}),
    "nothing": ({"token": "", "cookie": None}, {"token": "", "cookie": None}),
    "everything below": (
        {"credentials": {"user": ["x", {"y": "z"}], "n": 1}, "tag": "t"},
        {"credentials": {"user": ["redacted", {"y": "redacted"}], "n": 0}, "tag": "t"},
    ),
    "nothing beside": (
        [{"a": {"token": ["x"], "b": "y"}, "c": "z"}, "w"],
        [{"a": {"token": ["redacted"], "b": "y"}, "c": "z"}, "w"],
    ),
    "no part of a value": ({"package": "token"}, {"package": "token"}),
}  # fmt: skip


@pytest.mark.parametrize("case", MEMBERS)
def test_a_member_whose_key_names_a_secret_is_replaced(case: str) -> None:
    document, expected = MEMBERS[case]
    assert json.loads(hidden(json.dumps(document))) == expected
