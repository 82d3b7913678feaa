"""Why an image stops: rows, ways out, and what an allowlist lets pass, until when."""

import pytest

from tests.support.replayed_image import TAG, replayed
from tests.support.run_command import run


def explained(name: str) -> tuple[int, str]:
    with replayed(name) as variables:
        done = run("explain", TAG, variables=variables)
    return done.status, done.out


def test_a_finding_stands_beside_its_rows_and_its_way_out() -> None:
    status, out = explained("stop")
    assert status == 1
    assert (
        """
  1. HIGH, EXPLOITED  CVE-2018-15686  libsystemd0  vulnerabilities/package
    PACKAGE      INSTALLED      FIXED IN        WHERE  FROM
    libsystemd0  232-25+deb9u9  232-25+deb9u10  -      -
    EPSS 94 %; https://security-tracker.debian.org/tracker/CVE-2018-15686
    To do: update libsystemd0 to 232-25+deb9u10, rebuild and push
"""
        in out
    )


def test_a_package_in_two_places_has_two_rows() -> None:
    _, out = explained("stop")
    finding = out.split("  4. HIGH", 1)[1].split("\n\n", 1)[0]
    assert [line.split()[:2] for line in finding.splitlines()[2:4]] == [["jdk", "1.4"]] * 2
    assert "To do: no fix: remove jdk, or ask for an allowlist entry" in finding


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
