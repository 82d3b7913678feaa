"""What changed since the notice before: rules of the paragraph that no golden notice shows."""

import pytest
from msgspec.structs import replace

from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Severity
from rescan.ledger.changes import Change, ChangedFinding, Changes
from rescan.ledger.news import News
from tests.support.notices.announced import changed, changes, recovered, reminder
from tests.support.notices.news_cases import FTPD
from tests.support.notices.outbox_texts import notice_of
from tests.support.notices.reports import OTHER_DIGEST, typical

SINCE = "2026-11-23 21:51 UTC"


def said(news: News) -> list[str]:
    """The lines about changes."""
    paragraphs = notice_of(news).body.rstrip("\n").split("\n\n")
    found = [text for text in paragraphs if text.startswith(("WHAT CHANGED", "Nothing has"))]
    return [line for text in found for line in text.split("\n")]


def told(told_changes: Changes | None, **fields: object) -> list[str]:
    return said(reminder(typical(), changes=told_changes, **fields))


def test_nothing_is_said_where_nothing_is_remembered() -> None:
    assert told(None) == []


def test_nothing_that_changed_is_said_to_be_nothing() -> None:
    assert told(changes()) == [f"Nothing has changed since {SINCE}."]


def test_moved_tag_alone_is_a_change() -> None:
    assert told(changes(), previous_digest=OTHER_DIGEST) == [
        f"WHAT CHANGED SINCE {SINCE}",
        "- The tag is on another image: both digests stand at the end.",
    ]


def test_kinds_stand_in_one_order_and_name_three_findings_at_most() -> None:
    every = [
        changed(f"CVE-{number}+lib", change, Severity.LOW)
        for change in reversed(Change)
        for number in range(5)
    ]
    raised = [replace(one, before=Severity.NEGLIGIBLE) for one in every]
    lines = told(changes(*raised, policy_changed=True, more=7))
    named = "CVE-0 lib, CVE-1 lib, CVE-2 lib and 2 more"
    assert " ".join(line.strip() for line in lines[1:]) == (
        "- The policy is another, or was edited."
        f" - 5 now known to be exploited: {named}"
        " - 5 added"
        " - 5 of a raised severity: CVE-0 lib (negligible to low), CVE-1 lib (negligible to low),"
        " CVE-2 lib (negligible to low) and 2 more"
        f" - 5 fixed: {named}"
        f" - 5 allowlisted, not fixed: {named}"
        f" - 5 cleared by a change of the policy: {named}"
        f" - 5 gone with the digest before: {named}"
        " - 7 more are gone, the less severe ones"
    )


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        pytest.param(FindingKey("r", "dockerfile", "user", "root"), "dockerfile/user", id="policy"),
        pytest.param(FindingKey("", "vulnerabilities", "x", ""), "a finding not named", id="none"),
        pytest.param(
            FindingKey("", "vulnerabilities", "x", "CVE-1+libstdc++6"),
            "CVE-1 libstdc++6",
            id="plus",
        ),
    ],
)
def test_finding_is_named_in_a_few_words(key: FindingKey, expected: str) -> None:
    gone = ChangedFinding(key, None, Change.FIXED)
    assert told(changes(gone))[1] == f"- 1 fixed: {expected}"


def test_recovered_does_not_repeat_what_it_lists() -> None:
    cleared = ChangedFinding(FTPD.key, Severity.CRITICAL, Change.FIXED)
    earlier = changed("CVE-1+lib", Change.FIXED)
    assert said(recovered(FTPD, changes=changes(cleared))) == []
    assert said(recovered(FTPD, changes=changes(cleared, earlier))) == [
        f"WHAT CHANGED SINCE {SINCE}",
        "- 1 fixed: CVE-1 lib",
    ]
