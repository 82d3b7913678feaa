"""A scan that failed is answered with an empty list: it ends no STOP and is no GO."""

from datetime import timedelta

import pytest
from msgspec import Raw
from msgspec.structs import replace

from rescan.aws.ledger_items import entry_of, item_of
from rescan.gate.evaluation import Finding
from rescan.gate.model import Outcome, Vulnerability, VulnerabilityList
from rescan.gate.report import Report, Scan
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest
from rescan.ledger.empty_list import believed
from rescan.ledger.entry import Entry
from rescan.ledger.news import EventType
from rescan.ledger.platforms import believed_of_all
from rescan.ledger.transitions import after_verdict
from tests.support.entries import FRESH, HOUR, NEW, OLD, PACE, TAG, WORKING, finding, report
from tests.support.fakes import NOON

LISTED = VulnerabilityList([Vulnerability(vuln="CVE-1", severity="Low")], Raw(b"{}"))
NOTHING = VulnerabilityList([], Raw(b'{"vulnerabilities": []}'))
STOPPED = replace(report(Outcome.STOP, finding("CVE-1")), vulnerabilities=LISTED)
EMPTY_GO = replace(report(Outcome.GO), vulnerabilities=NOTHING, scans=WORKING)


def entry_after(*reports: Report) -> Entry:
    entry = FRESH
    for hours, result in enumerate(reports):
        entry, _ = after_verdict(entry, result, NOON + hours * HOUR, PACE)
    return entry


def kind_after(entry: Entry, result: Report, hours: float) -> tuple[Entry, EventType | None]:
    entry, news = after_verdict(entry, result, NOON + hours * HOUR, PACE)
    return entry, news.event_type if news else None


def test_an_empty_list_ends_no_stop() -> None:
    entry, kind = kind_after(entry_after(STOPPED), EMPTY_GO, 6)
    assert kind is not EventType.RECOVERED
    assert (entry.stopped, entry.evaluated_at) == (True, NOON)
    assert entry.failing is not None
    assert entry.failing.cause is FailureCause.SCAN_FAILED


def test_the_next_evaluation_that_agrees_ends_it() -> None:
    entry, _ = kind_after(entry_after(STOPPED), EMPTY_GO, 6)
    entry, kind = kind_after(entry, EMPTY_GO, 12)
    assert (kind, entry.verdict, entry.empty_list_at) == (EventType.RECOVERED, Outcome.GO, None)


MINUTE, DAY = HOUR / 60, 24 * HOUR


def seen(ago: timedelta, tag: str = "reg.io/other:1") -> tuple[Scan, ...]:
    """Such a scan, so long before the doubt began."""
    return (Scan(NOON + HOUR - ago, tag),)


@pytest.mark.parametrize(
    ("scans", "after", "is_believed"),
    [
        pytest.param(seen(-MINUTE), 29 * MINUTE, False, id="agrees-too-soon"),
        pytest.param(seen(-MINUTE), 30 * MINUTE, True, id="another-scan-has-found-some-since"),
        pytest.param(seen(0 * MINUTE), 29 * DAY, False, id="at-that-very-moment-is-not-since"),
        pytest.param(seen(MINUTE), 29 * DAY, False, id="others-find-nothing-any-more"),
        pytest.param(seen(MINUTE), 30 * DAY - MINUTE, True, id="the-others-are-gone"),
        pytest.param(seen(MINUTE, str(TAG)), 3 * DAY - MINUTE, False, id="alone-and-too-soon"),
        pytest.param(seen(MINUTE, str(TAG)), 3 * DAY, True, id="only-this-tag-ever-had-any"),
        pytest.param((), 3 * DAY, True, id="none-ever-had-any"),
        pytest.param((*seen(MINUTE), *seen(MINUTE, str(TAG))), 3 * DAY, False, id="not-alone"),
        pytest.param(None, 300 * DAY, False, id="the-ledger-refuses"),
    ],
)
@pytest.mark.parametrize("digest", [OLD, NEW])
def test_a_list_that_stays_empty_is_believed_by_what_other_scans_find(
    scans: tuple[Scan, ...] | None, after: timedelta, is_believed: bool, digest: Digest
) -> None:
    empty = replace(EMPTY_GO, image_digest=digest, scans=scans)
    entry, _ = kind_after(entry_after(STOPPED), empty, 1)
    _, kind = kind_after(entry, empty, 1 + after / HOUR)
    assert (kind is EventType.RECOVERED) is is_believed


@pytest.mark.parametrize(
    ("scans", "basis"),
    [
        (WORKING, ", and other scans have found some in the meantime"),
        ((), ", nor has any other scan found one: see that scans work in Anchore"),
    ],
)
def test_what_is_believed_says_on_what_it_rests(scans: tuple[Scan, ...], basis: str) -> None:
    entry, _ = kind_after(entry_after(STOPPED), EMPTY_GO, 6)
    result = believed(EMPTY_GO, entry, NOON + 10 * DAY, scans, ends_stop=True)
    since = f"{NOON + 6 * HOUR:%Y-%m-%d %H:%M} UTC"
    assert result.notes == (f"It has listed none of this image since {since}{basis}",)


def test_a_repetition_of_the_same_message_is_no_second_evaluation() -> None:
    entry, _ = kind_after(entry_after(STOPPED), EMPTY_GO, 6)
    entry, kind = kind_after(entry, EMPTY_GO, 6.3)
    assert (kind, entry.stopped) == (None, True)


def test_a_list_in_between_begins_anew() -> None:
    entry, _ = kind_after(entry_after(STOPPED), EMPTY_GO, 6)
    entry, _ = kind_after(entry, STOPPED, 12)
    entry, kind = kind_after(entry, EMPTY_GO, 18)
    assert (kind, entry.stopped) == (None, True)


def test_an_image_that_was_go_with_vulnerabilities_is_not_evaluated_either() -> None:
    before = replace(report(Outcome.GO), vulnerabilities=LISTED)
    result = believed(EMPTY_GO, entry_after(before), NOON + HOUR, WORKING)
    assert (result.outcome, result.final_action) == (Outcome.NOT_EVALUATED, None)


@pytest.mark.parametrize(
    ("entry", "result"),
    [
        pytest.param(FRESH, EMPTY_GO, id="nothing-remembered"),
        pytest.param(
            entry_after(STOPPED), replace(EMPTY_GO, image_digest=NEW), id="another-digest"
        ),
        pytest.param(entry_after(EMPTY_GO), EMPTY_GO, id="never-had-any"),
        pytest.param(entry_after(STOPPED), replace(EMPTY_GO, vtype="os"), id="another-kind"),
        pytest.param(
            entry_after(STOPPED), replace(EMPTY_GO, vulnerabilities=LISTED), id="a-real-list"
        ),
    ],
)
def test_what_contradicts_nothing_is_believed(entry: Entry, result: Report) -> None:
    assert believed(result, entry, NOON + HOUR, WORKING) is result


def test_findings_of_the_check_count_as_listed() -> None:
    suppressed = Finding(
        gate="vulnerabilities", trigger="package", trigger_id="CVE-1+zlib", allowlisted=True
    )
    named = replace(report(Outcome.GO, suppressed), vulnerabilities=None)
    assert believed(EMPTY_GO, entry_after(named), NOON + HOUR, WORKING).outcome is (
        Outcome.NOT_EVALUATED
    )


def test_a_stop_stays_a_stop_and_keeps_what_the_failed_scan_hid() -> None:
    other = Finding(gate="dockerfile", trigger="instruction", message="no USER", action="stop")
    before = replace(report(Outcome.STOP, finding("CVE-1"), other), vulnerabilities=LISTED)
    now = replace(report(Outcome.STOP, other), vulnerabilities=NOTHING)
    entry, kind = kind_after(entry_after(before), now, 1)
    assert (kind, entry.stopping.findings) == (None, entry_after(before).stopping.findings)
    _, kind = kind_after(entry, before, 2)
    assert kind is None


# --- another image


MOVED_GO = replace(EMPTY_GO, image_digest=NEW)


def test_an_image_whose_first_scan_fails_ends_no_stop_of_the_one_before() -> None:
    entry, kind = kind_after(entry_after(STOPPED), MOVED_GO, 6)
    assert (kind, entry.verdict, entry.digest) == (None, Outcome.STOP, OLD)
    assert (entry.listed, entry.empty_list_at, set(entry.digests)) == (("all",), None, {OLD})
    assert entry.failing is not None
    assert entry.failing.cause is FailureCause.SCAN_FAILED
    assert entry.failing.reason == (
        "Anchore answered go, which does not count: it lists no vulnerability, as after a failed"
        " scan, and would end a STOP"
    )


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(6.3, None), (6.5, EventType.RECOVERED), (12, EventType.RECOVERED)],
)
def test_one_that_really_has_none_ends_it_half_an_hour_later(
    hours: float, expected: EventType | None
) -> None:
    entry, _ = kind_after(entry_after(STOPPED), MOVED_GO, 6)
    entry, kind = kind_after(entry_of(item_of(entry)), MOVED_GO, hours)
    assert kind is expected
    if expected:
        assert (entry.verdict, entry.digest, entry.doubted) == (Outcome.GO, NEW, {})


def test_one_that_is_scanned_at_last_ends_it_or_goes_on_by_what_is_listed() -> None:
    entry, _ = kind_after(entry_after(STOPPED), MOVED_GO, 6)
    passes = replace(MOVED_GO, vulnerabilities=LISTED)
    after, kind = kind_after(entry, passes, 6.1)
    assert (kind, after.listed, after.doubted) == (EventType.RECOVERED, ("all",), {})
    stops = replace(STOPPED, image_digest=NEW)
    after, kind = kind_after(entry, stops, 6.1)
    assert (kind, after.stopped, after.digest, after.doubted) == (None, True, NEW, {})


def test_each_further_image_is_doubted_anew_and_only_the_last_one_is_remembered() -> None:
    entry, size = entry_after(STOPPED), 0
    for number in range(40):
        digest = Digest(f"sha256:{number:064}")
        entry, kind = kind_after(entry, replace(EMPTY_GO, image_digest=digest), 6 + number)
        assert kind in (None, EventType.NOT_EVALUATED)
        assert (entry.stopped, entry.digest, set(entry.doubted)) == (True, OLD, {digest})
        size = max(size, size or len(item_of(entry)["memory"]["B"]))
    assert len(item_of(entry)["memory"]["B"]) <= size + 20


def test_the_image_before_is_known_when_the_tag_moves_back_to_it() -> None:
    entry, _ = kind_after(entry_after(STOPPED), MOVED_GO, 6)
    entry, _ = kind_after(entry, EMPTY_GO, 6.4)
    assert (entry.empty_list_at, entry.doubted) == (NOON + 6.4 * HOUR, {})
    _, kind = kind_after(entry, MOVED_GO, 6.8)
    assert kind is None


def test_a_stop_without_rows_ends_by_no_empty_list_at_first_sight() -> None:
    """A rule about the Dockerfile stops it, say, and the scan may never have worked."""
    entry = entry_after(replace(report(Outcome.STOP), vulnerabilities=NOTHING))
    entry, kind = kind_after(entry, EMPTY_GO, 1)
    assert (kind, entry.empty_list_at) == (None, NOON + HOUR)
    assert kind_after(entry, EMPTY_GO, 2)[1] is EventType.RECOVERED


@pytest.mark.parametrize(
    ("entry", "result"),
    [
        pytest.param(entry_after(EMPTY_GO), MOVED_GO, id="was-go"),
        pytest.param(FRESH, EMPTY_GO, id="nothing-remembered"),
        pytest.param(
            entry_after(STOPPED), replace(MOVED_GO, vulnerabilities=None), id="not-read-at-all"
        ),
        pytest.param(
            entry_after(STOPPED),
            replace(
                report(Outcome.WARN, finding("CVE-9", action="warn"), digest=NEW),
                vulnerabilities=NOTHING,
                vtype="os",
            ),
            id="the-evaluation-names-some",
        ),
        pytest.param(
            entry_after(STOPPED),
            replace(report(Outcome.STOP, digest=NEW), vulnerabilities=NOTHING),
            id="a-stop",
        ),
    ],
)
def test_what_ends_no_stop_or_rests_on_something_counts_at_once(
    entry: Entry, result: Report
) -> None:
    assert believed_of_all(result, entry, NOON + HOUR) is result


def test_what_was_evaluated_is_told_apart_by_its_digest() -> None:
    moved = replace(STOPPED, image_digest=NEW)
    entry = entry_after(STOPPED, moved)
    assert (OLD, entry.digest, entry.listed) == (STOPPED.image_digest, NEW, ("all",))
