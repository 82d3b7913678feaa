"""Why an image stops: rows, ways out, and what an allowlist lets pass, until when."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from rescan_cli.allowlisted import Allowlisted, allowlisted
from tests.cli.command import run
from tests.cli.images import TAG, replayed


def explained(name: str) -> tuple[int, str]:
    with replayed(name) as variables:
        done = run("explain", TAG, variables=variables)
    return done.status, done.out


def test_a_finding_stands_beside_its_rows_and_its_way_out() -> None:
    status, out = explained("stop")
    assert status == 1
    assert (
        """
  2. HIGH  CVE-2018-15686  libsystemd0  vulnerabilities/package
    PACKAGE      INSTALLED      FIXED IN        WHERE  FROM
    libsystemd0  232-25+deb9u9  232-25+deb9u10  -      -
    To mend it: update libsystemd0 to 232-25+deb9u10, rebuild and push
"""
        in out
    )


def test_a_package_in_two_places_has_two_rows() -> None:
    _, out = explained("stop")
    finding = out.split("  4. HIGH", 1)[1].split("\n\n", 1)[0]
    assert [line.split()[:2] for line in finding.splitlines()[2:4]] == [["jdk", "1.4"]] * 2
    assert "To mend it: no fix: remove jdk, or ask for an allowlist entry" in finding


def test_a_finding_of_another_gate_says_what_the_policy_recommends() -> None:
    _, out = explained("stop")
    assert "  6. -  dockerfile/exposed_ports\n    Dockerfile exposes port (22) " in out
    assert "    The policy says: Remove SSH from the image; use the platform's own shell." in out


def test_what_is_allowlisted_is_named_with_its_end() -> None:
    _, out = explained("stop")
    row = out.split("Allowlisted: would count otherwise\n", 1)[1].splitlines()[1]
    assert row.split() == [
        "stop",
        "CVE-2017-17458+mercurial",
        "vulnerabilities/package",
        "Global",
        "Allowlist",
        "no",
        "end",
        "-",
    ]


@pytest.mark.parametrize(
    ("name", "status", "word"),
    [("go", 0, "GO"), ("pending", 2, "PENDING"), ("arazzo_stop", 1, "STOP")],
)
def test_other_outcomes_are_explained_too(name: str, status: int, word: str) -> None:
    with replayed(name) as variables:
        done = run("explain", TAG, variables=variables)
    assert (done.status, done.out.split()[0]) == (status, word)


# --- the reader of allowlists


END = "2026-12-31T00:00:00Z"


def check(match: Any, items: Any, **finding: Any) -> bytes:
    found = {
        "gate": "vulnerabilities",
        "trigger": "package",
        "trigger_id": "CVE-1+lib",
        "action": "stop",
        "allowlisted": True,
        "allowlist_match": match,
    } | finding
    details = {"findings": [found], "policy": {"allowlists": [{"id": "a", "items": items}]}}
    return json.dumps({"evaluations": [{"details": details}]}).encode()


def passed(**fields: Any) -> Allowlisted:
    usual: dict[str, Any] = {
        "rule": "vulnerabilities/package",
        "what": "CVE-1+lib",
        "action": "stop",
        "allowlist": "Ours",
        "entry_found": True,
    }
    return Allowlisted(**(usual | fields))


MATCH = {"id": "a", "name": "Ours", "matched_rule_id": "r"}
ITEM = {"id": "r", "gate": "vulnerabilities", "trigger_id": "CVE-1+lib"}
READ = [
    pytest.param(
        check(MATCH, [{**ITEM, "expires_on": END, "description": "accepted"}]),
        passed(until=datetime(2026, 12, 31, tzinfo=UTC), why="accepted"),
        id="an end",
    ),
    pytest.param(
        check(MATCH, [{**ITEM, "expires_on": "2026-12-31T00:00:00"}]),
        passed(until=datetime(2026, 12, 31, tzinfo=UTC)),
        id="an end without a zone is UTC",
    ),
    pytest.param(check(MATCH, [{**ITEM, "expires_on": None}]), passed(), id="no end"),
    pytest.param(
        check(MATCH, [{**ITEM, "expires_on": "soon"}]),
        passed(entry_found=False),
        id="an end that is none",
    ),
    pytest.param(
        check(MATCH, [{**ITEM, "expires_on": 1}]),
        passed(entry_found=False),
        id="an end of another type",
    ),
    pytest.param(
        check(MATCH, [{**ITEM, "id": "x"}]), passed(entry_found=False), id="another entry"
    ),
    pytest.param(check(MATCH, "none"), passed(entry_found=False), id="no list of entries"),
    pytest.param(check(None, []), passed(allowlist="", entry_found=False), id="no match"),
    pytest.param(
        check(7, []), passed(allowlist="", entry_found=False), id="a match of another type"
    ),
    pytest.param(
        check(MATCH, [ITEM], gate="dockerfile", trigger="user", message="root"),
        passed(rule="dockerfile/user", what="root"),
        id="another gate says its message",
    ),
]


@pytest.mark.parametrize(("body", "expected"), READ)
def test_an_allowlisted_finding_is_read(body: bytes, expected: Allowlisted) -> None:
    assert allowlisted(body) == (expected,)


NOTHING = [
    b"",
    b"<html>",
    b"[]",
    b"{}",
    b'{"evaluations": []}',
    b'{"evaluations": [{"details": 1}]}',
]


@pytest.mark.parametrize("body", [*NOTHING, check(MATCH, [ITEM], allowlisted=False)])
def test_what_is_not_allowlisted_or_not_readable_is_left_out(body: bytes) -> None:
    assert allowlisted(body) == ()
