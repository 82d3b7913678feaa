"""Since when each finding is known, and under which name what is no finding is remembered."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from rescan.gate.evaluation import FindingKey, Problem
from rescan.gate.model import Outcome, Severity
from rescan.ledger.announced_findings import AnnouncedFindings, Blocking, Reported
from rescan.ledger.changes import Change, ChangedFinding
from rescan.ledger.transitions import after_verdict
from tests.support.entries import HOUR, PACE, finding, key, report, stopped
from tests.support.fakes import NOON

TODAY = NOON.date()
FIRST_STOP = TODAY - timedelta(days=9)
ONE, TWO, THREE = key("CVE-1"), key("CVE-2"), key("CVE-3")


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        (("denylist", "denylisted"), {"final_action_reason": "denylisted"}),
        (("evaluation_problem", "feeds"), {"problems": (Problem("error", "feeds", "none"),)}),
    ],
)
def test_a_cause_that_an_entry_names_is_no_news_after_an_upgrade(
    name: tuple[str, str], cause: dict[str, Any]
) -> None:
    """Entries keep these names, so they never change."""
    before = stopped(("CVE-1", None))
    known = {ONE: None, FindingKey("", "image", *name): None}
    again = report(Outcome.STOP, finding("CVE-1"), **cause)
    entry = replace(before, stopping=AnnouncedFindings(known, len(known)))
    after, news = after_verdict(entry, again, NOON + HOUR, PACE)
    assert (news, after.stopping.findings) == (None, known)


def test_what_is_new_comes_worst_first_and_says_how_severe_it_is() -> None:
    known = AnnouncedFindings({ONE: Severity.HIGH}, 1, {ONE: Reported(TODAY, exploited=False)})
    found = known.new_in(
        {
            TWO: Blocking(),
            THREE: Blocking(Severity.NEGLIGIBLE),
            ONE: Blocking(Severity.HIGH, exploited=True),
        }
    )
    assert found == (
        ChangedFinding(ONE, Severity.HIGH, Change.EXPLOITED),
        ChangedFinding(THREE, Severity.NEGLIGIBLE, Change.ADDED),
        ChangedFinding(TWO, None, Change.ADDED),
    )


def test_a_finding_that_was_not_read_keeps_its_day() -> None:
    before = TODAY - timedelta(days=3)
    known = AnnouncedFindings({ONE: Severity.HIGH}, 1, {ONE: Reported(before)})
    after = known.followed_by({}, is_whole=False, today=TODAY, first_stop=FIRST_STOP)
    assert after.first_days(FIRST_STOP) == {ONE: {"high": before}}


@pytest.mark.parametrize(
    ("severity", "since"),
    [
        pytest.param(Severity.HIGH, TODAY, id="would-have-been-kept"),
        pytest.param(Severity.LOW, FIRST_STOP, id="may-have-been-cut"),
    ],
)
def test_what_may_have_been_cut_counts_from_the_first_stop(severity: Severity, since: Any) -> None:
    cut = AnnouncedFindings({ONE: Severity.MEDIUM}, 900)
    after = cut.followed_by(
        {TWO: Blocking(severity)}, is_whole=True, today=TODAY, first_stop=FIRST_STOP
    )
    assert after.first_days(FIRST_STOP) == {TWO: {str(severity): since}}


def test_a_finding_of_no_known_severity_has_no_day_under_a_term() -> None:
    assert AnnouncedFindings({ONE: None}, 1).first_days(FIRST_STOP) == {ONE: {}}
