"""What a notice tells of what happened since the one before, and what is kept until then."""

import pytest
from msgspec.structs import replace

from rescan.aws.ledger_items import LARGEST_MEMORY_BYTES, entry_of, item_of
from rescan.gate.evaluation import Finding, FindingKey
from rescan.gate.model import Outcome, Severity
from rescan.gate.report import Report
from rescan.ledger.changes import Change, Changes, ClearedBy, ClearedFinding
from rescan.ledger.news import ComparedNews, News, ReminderNews, StopNews
from rescan.ledger.transitions import after_verdict
from rescan.ledger.unreported import UnreportedChanges
from tests.support.entries import FRESH, HOUR, NEW, OLD, PACE, finding, key, report, stopped
from tests.support.fakes import NOON

DAY = 24 * HOUR
BEFORE = stopped(("CVE-1", Severity.HIGH), ("CVE-2", Severity.LOW))


def changes(news: News | None) -> Changes:
    assert isinstance(news, ComparedNews)
    assert news.changes is not None
    return news.changes


def told(said: Changes) -> list[tuple[str, Change]]:
    return [(found.key.what.partition("+")[0], found.change) for found in said.findings]


def stops(*cves: str, **fields: object) -> Report:
    return report(Outcome.STOP, *map(finding, cves), **fields)  # type: ignore[arg-type]


def test_first_evaluation_has_nothing_to_compare_with() -> None:
    _, news = after_verdict(FRESH, stops("CVE-1"), NOON, PACE)
    assert isinstance(news, StopNews)
    assert news.changes is None


def test_flip_to_stop_is_compared_with_the_evaluation_before() -> None:
    go, _ = after_verdict(FRESH, report(Outcome.GO), NOON, PACE)
    go, _ = after_verdict(go, report(Outcome.GO), NOON + HOUR, PACE)
    edited = stops("CVE-1", policy_digest="policy-2")
    said = changes(after_verdict(go, edited, NOON + 2 * HOUR, PACE)[1])
    assert (said.since, said.policy_changed, told(said)) == (
        NOON + HOUR,
        True,
        [("CVE-1", Change.ADDED)],
    )


def test_stop_tells_added_and_raised_worst_first_and_what_is_gone() -> None:
    now = stops("CVE-2", "CVE-3", severities={"CVE-2": "Medium", "CVE-3": "Critical"})
    said = changes(after_verdict(BEFORE, now, NOON + HOUR, PACE)[1])
    assert told(said) == [
        ("CVE-3", Change.ADDED),
        ("CVE-2", Change.SEVERITY_RAISED),
        ("CVE-1", Change.FIXED),
    ]
    raised = said.findings[1]
    assert (raised.before, raised.severity) == (Severity.LOW, Severity.MEDIUM)


@pytest.mark.parametrize(
    ("now", "how"),
    [
        pytest.param(stops("CVE-1"), Change.FIXED, id="fixed"),
        pytest.param(
            report(Outcome.STOP, finding("CVE-1"), finding("CVE-2", allowlisted=True)),
            Change.ALLOWLISTED,
            id="allowlisted",
        ),
        pytest.param(
            report(Outcome.STOP, finding("CVE-1"), finding("CVE-2", action="warn")),
            Change.POLICY_CHANGED,
            id="only-warns-now",
        ),
        pytest.param(stops("CVE-1", digest=NEW), Change.NEW_DIGEST, id="rebuilt"),
    ],
)
def test_what_went_without_a_notice_is_told_by_the_next_one(now: Report, how: Change) -> None:
    entry, silent = after_verdict(BEFORE, now, NOON + HOUR, PACE)
    _, news = after_verdict(entry, now, NOON + DAY, PACE)
    assert silent is None
    assert (changes(news).since, told(changes(news))) == (NOON, [("CVE-2", how)])


def test_moves_and_edits_while_stopped_are_told_by_the_next_notice() -> None:
    moved = stops("CVE-1", "CVE-2", digest=NEW, policy_digest="policy-2")
    entry, silent = after_verdict(BEFORE, moved, NOON + HOUR, PACE)
    entry, news = after_verdict(entry, moved, NOON + DAY, PACE)
    assert silent is None
    assert isinstance(news, ReminderNews)
    assert (news.previous_digest, changes(news).policy_changed) == (OLD, True)
    _, quiet = after_verdict(entry, moved, NOON + 2 * DAY, PACE)
    assert isinstance(quiet, ReminderNews)
    assert (quiet.previous_digest, changes(quiet)) == (None, Changes(NOON + DAY))


def test_policy_of_which_anchore_does_not_tell_the_state_has_not_changed() -> None:
    same = stops("CVE-1", "CVE-2", policy_digest=None)
    assert not changes(after_verdict(BEFORE, same, NOON + DAY, PACE)[1]).policy_changed


def test_finding_that_went_and_came_back_is_added_alone() -> None:
    entry, _ = after_verdict(BEFORE, stops("CVE-1"), NOON + HOUR, PACE)
    _, news = after_verdict(entry, stops("CVE-1", "CVE-2"), NOON + 2 * HOUR, PACE)
    assert told(changes(news)) == [("CVE-2", Change.ADDED)]


def test_findings_that_were_not_read_have_not_gone() -> None:
    unread = stops("CVE-1", findings_problem="1 of 2 not readable")
    assert told(changes(after_verdict(BEFORE, unread, NOON + DAY, PACE)[1])) == []


def test_recovered_tells_what_it_cleared_and_what_went_before() -> None:
    entry, _ = after_verdict(BEFORE, stops("CVE-1"), NOON + HOUR, PACE)
    go = report(Outcome.GO, finding("CVE-1", allowlisted=True))
    after, news = after_verdict(entry, go, NOON + 2 * HOUR, PACE)
    assert told(changes(news)) == [("CVE-1", Change.ALLOWLISTED), ("CVE-2", Change.FIXED)]
    assert after.unreported == UnreportedChanges()


def test_recovered_counts_what_was_not_remembered() -> None:
    cut = replace(BEFORE, stopping=replace(BEFORE.stopping, total=100))
    assert changes(after_verdict(cut, report(Outcome.GO), NOON + HOUR, PACE)[1]).more == 98


def long_finding(number: int) -> Finding:
    text = "".join(chr(0x10000 + (number * 7919 + i * 104729) % 0xFFFF) for i in range(2_000))
    return Finding(gate=text, trigger=text, message=f"{text}{number}", action="stop", rule_id=text)


def test_what_is_kept_stays_small_and_the_worst() -> None:
    """However long the names: the entry of an image that is stopped still fits the ledger."""
    entry, _ = after_verdict(
        FRESH, report(Outcome.STOP, *map(long_finding, range(60)), finding("CVE-1")), NOON, PACE
    )
    entry, news = after_verdict(entry, stops("CVE-1"), NOON + HOUR, PACE)
    assert news is None
    assert (len(entry.unreported.cleared), entry.unreported.more) == (30, 30)
    item = item_of(entry)
    assert len(item["memory"]["B"]) <= LARGEST_MEMORY_BYTES
    assert entry_of(item).unreported == entry.unreported


def test_of_more_than_can_be_kept_the_worst_stay() -> None:
    gone = [ClearedFinding(key(f"CVE-{n}"), Severity(n % 6), ClearedBy.FIXED) for n in range(40)]
    kept = UnreportedChanges().plus(gone[:20]).plus(gone[20:])
    assert (len(kept.cleared), kept.more) == (30, 10)
    assert min(one.severity or Severity.UNKNOWN for one in kept.cleared) is Severity.NEGLIGIBLE


def test_key_that_is_kept_is_cut() -> None:
    long = FindingKey("r" * 300, "g" * 300, "t" * 300, "w" * 300)
    (kept,) = UnreportedChanges().plus([ClearedFinding(long, None, ClearedBy.FIXED)]).cleared
    assert [len(text) for text in (kept.key.rule, kept.key.gate, kept.key.trigger)] == [80, 40, 40]
    assert len(kept.key.what) == 240
