"""Severities, and what a list of vulnerabilities counts."""

import pytest

from rescan.gate.model import Severity, Vulnerability, VulnerabilityList, present


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("Critical", Severity.CRITICAL),
        ("high", Severity.HIGH),
        ("None", Severity.UNKNOWN),
        ("", Severity.UNKNOWN),
        (None, Severity.UNKNOWN),
    ],
)
def test_a_word_that_anchore_does_not_know_is_unknown(word: str | None, severity: Severity) -> None:
    assert Severity.parse(word) is severity


def test_a_severity_reads_as_anchore_writes_it() -> None:
    assert [str(severity) for severity in sorted(Severity, reverse=True)] == [
        "critical", "high", "medium", "low", "negligible", "unknown",
    ]  # fmt: skip


def test_rows_are_counted_by_severity_the_worst_first() -> None:
    words = ("Low", "High", "LOW", None, "nonsense", "high", "Low")
    listed = VulnerabilityList([Vulnerability(severity=word) for word in words], bytearray())
    counts = listed.by_severity()
    assert list(counts.items()) == [("high", 2), ("low", 3), ("unknown", 2)]


@pytest.mark.parametrize(
    ("written", "value"), [(None, None), ("", None), ("None", None), ("none", "none"), ("1", "1")]
)
def test_an_absent_value_may_be_a_word(written: str | None, value: str | None) -> None:
    assert present(written) == value
