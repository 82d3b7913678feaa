"""An empty list ends a STOP once other scans show that Anchore's scanner works."""

from datetime import timedelta

import pytest
from msgspec import Raw
from msgspec.structs import replace

from rescan.gate.model import Outcome, Vulnerability, VulnerabilityList
from rescan.gate.report import Report, Scan
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.metrics import Metric, Tally
from rescan.work.scanner_seen import ScannerSeen
from tests.support.cluster import HOUR, Cluster
from tests.support.entries import report
from tests.support.fakes import NOON, FakeLedger

A, B = (ImageTag.parse(f"reg.io/payments/{name}:1") for name in "ab")
OLD, NEW, OTHER = (Digest(f"sha256:{letter * 64}") for letter in "abc")
DAYS = 24 * HOUR
MINUTE = timedelta(minutes=1)


@pytest.fixture
def cluster() -> Cluster:
    """Two tags, of which one is stopped; the inventory sees both."""
    cluster = Cluster({"NOT_EVALUATED_HOURS": "24"})
    for tag, digest, verdict in ((A, OLD, "stop"), (B, OTHER, "go")):
        cluster.push(tag, digest, verdict)
        cluster.start("prod/payments", tag, digest)
    cluster.sweep()
    return cluster


def fix(cluster: Cluster) -> None:
    """The tag that is stopped moves to an image that passes, and of which Anchore lists nothing."""
    cluster.push(A, NEW, "go")
    cluster.stop("prod/payments", A, OLD)
    cluster.start("prod/payments", A, NEW)
    cluster.rows.clear()
    cluster.empty.add(NEW)


def kinds(cluster: Cluster) -> list[str]:
    return [result["event_type"] for result in cluster.results]


def outcome(cluster: Cluster, tag: ImageTag) -> Outcome | None:
    entry = cluster.entry(tag)
    assert entry is not None
    return entry.verdict if entry.failing is None else Outcome.NOT_EVALUATED


def test_a_scanner_that_fails_for_days_ends_no_stop(cluster: Cluster) -> None:
    cluster.verdicts[OLD] = "go"
    cluster.empty |= {OLD, OTHER}
    for _ in range(4 * 7):
        cluster.sweep()
        assert {outcome(cluster, tag) for tag in (A, B)} == {Outcome.NOT_EVALUATED}
    assert "RECOVERED" not in kinds(cluster)
    cluster.empty.clear()
    cluster.sweep()
    assert kinds(cluster)[-1] == "RECOVERED"
    assert {outcome(cluster, tag) for tag in (A, B)} == {Outcome.GO}


def test_nor_does_it_where_the_tag_has_moved_on(cluster: Cluster) -> None:
    fix(cluster)
    cluster.empty.add(OTHER)
    for _ in range(4 * 7):
        cluster.sweep()
    assert "RECOVERED" not in kinds(cluster)


def test_an_image_without_any_ends_it_once_another_scan_found_something(cluster: Cluster) -> None:
    fix(cluster)
    cluster.sweep()
    cluster.sweep()  # all of it is of one moment, so the other scan was not after the doubt began
    assert kinds(cluster) == ["STOP"]
    cluster.sweep()
    assert kinds(cluster) == ["STOP", "RECOVERED"]
    assert "other scans have found some in the meantime" in " ".join(
        cluster.notices[-1].body.split()
    )


def test_where_no_other_image_has_any_it_ends_after_three_days_and_says_so() -> None:
    cluster = Cluster()
    cluster.push(A, OLD, "stop")
    cluster.start("prod/payments", A, OLD)
    cluster.sweep()
    fix(cluster)
    cluster.sweep()
    cluster.sweep(later=3 * DAYS - MINUTE * 10)
    assert "RECOVERED" not in kinds(cluster)
    cluster.sweep()
    assert kinds(cluster)[-1] == "RECOVERED"
    assert "see that scans work in Anchore" in " ".join(cluster.notices[-1].body.split())


# --- what is noted

ROWS = VulnerabilityList([Vulnerability(vuln="CVE-1", severity="Low")], Raw(b"{}"))
NOTHING = VulnerabilityList([], Raw(b"{}"))
LISTED = replace(report(Outcome.GO), vulnerabilities=ROWS, scanned=True)
EMPTY = replace(report(Outcome.GO), vulnerabilities=NOTHING, scanned=True)


@pytest.mark.parametrize(
    ("said", "is_noted"),
    [
        pytest.param(LISTED, True, id="a-scan-that-lists"),
        pytest.param(replace(LISTED, scanned=False), False, id="a-stored-report"),
        pytest.param(EMPTY, False, id="an-empty-list"),
        pytest.param(replace(EMPTY, platforms=(EMPTY, LISTED)), True, id="one-of-two-platforms"),
    ],
)
def test_only_a_scan_that_lists_something_shows_that_scans_work(
    said: Report, is_noted: bool
) -> None:
    ledger = FakeLedger()
    ScannerSeen(ledger, Tally(), lambda: NOON).told(said)
    assert ledger.scans() == ((Scan(NOON, str(said.tag)),) if is_noted else ())


def test_it_is_noted_once_in_five_minutes_and_read_for_an_empty_list() -> None:
    ledger, now = FakeLedger(), [NOON]
    seen = ScannerSeen(ledger, Tally(), lambda: now[0])
    for minutes in (0, 4, 5):
        now[0] = NOON + minutes * MINUTE
        assert seen.told(LISTED) == LISTED
    assert ledger.calls == ["note_scan", "note_scan"]
    assert seen.told(EMPTY).scans == (Scan(NOON + 5 * MINUTE, str(LISTED.tag)),)


def test_a_ledger_that_refuses_keeps_no_image_from_its_verdict() -> None:
    ledger, tally = FakeLedger(refuses={"note_scan", "scans"}), Tally()
    seen = ScannerSeen(ledger, tally, lambda: NOON)
    assert (seen.told(LISTED), seen.told(EMPTY)) == (LISTED, EMPTY)
    assert tally.take()[Metric.LEDGER_ERRORS] == 2


# --- an old digest that is back under its tag


def test_an_empty_list_under_its_tag_ends_no_stop_of_an_old_digest(cluster: Cluster) -> None:
    cluster.now += MINUTE
    cluster.push(A, NEW, "go")
    cluster.sweep()
    assert sorted(kinds(cluster)) == ["RECOVERED", "STOP", "STOP"]
    cluster.now += MINUTE
    cluster.verdicts[OLD] = "go"
    cluster.empty |= {OLD, OTHER}
    cluster.push(A, OLD, "go")
    for _ in range(3):
        cluster.sweep()
    assert "ENDED" not in kinds(cluster)
    cluster.verdicts[OLD] = "stop"
    cluster.empty.clear()
    cluster.sweep()
    cluster.sweep()
    assert outcome(cluster, A) is Outcome.STOP
    assert {"STOP", "ENDED"} <= set(kinds(cluster)[3:])
