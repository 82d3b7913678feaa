"""Which kinds of vulnerabilities were listed of a digest, and what is kept of each platform."""

import pytest
from msgspec import Raw
from msgspec.structs import replace

from rescan.gate.model import Outcome, RescanRequest, Step, Vulnerability, VulnerabilityList
from rescan.gate.report import Report
from rescan.gate.workflow import rescan
from rescan.kernel.failure_cause import FailureCause
from rescan.ledger.empty_list import believed, listed_after
from rescan.ledger.entry import Entry, Refresh
from rescan.ledger.platforms import with_facts
from rescan.ledger.transitions import after_verdict
from tests.support.entries import (
    FRESH,
    HOUR,
    NEW,
    OLD,
    PACE,
    TAG,
    TRIGGER,
    WORKING,
    finding,
    report,
)
from tests.support.fakes import NOON
from tests.support.several_platforms import Platforms, digest_of

ROWS = VulnerabilityList([Vulnerability(vuln="CVE-1", severity="Low")], Raw(b"{}"))
NOTHING = VulnerabilityList([], Raw(b'{"vulnerabilities": []}'))
HAD_OS = replace(FRESH, digest=OLD, listed=("os",))
OTHER_STOP = finding("CVE-1", gate="dockerfile", message="no USER")


def listing(rows: VulnerabilityList, vtype: str = "all", outcome: Outcome = Outcome.GO) -> Report:
    found = (OTHER_STOP,) if outcome is Outcome.STOP else ()
    said = replace(report(outcome, *found), vulnerabilities=rows, vtype=vtype)
    return replace(said, final_action=outcome.value)


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        pytest.param(listing(ROWS, "non-os"), ("non-os", "os"), id="another-kind"),
        pytest.param(listing(NOTHING, "os"), (), id="a-list-that-is-believed-to-be-empty"),
        pytest.param(listing(NOTHING, "os", Outcome.STOP), ("os",), id="a-stop-in-spite-of-it"),
        pytest.param(
            replace(listing(ROWS, "non-os"), image_digest=NEW), ("non-os",), id="another-image"
        ),
        pytest.param(
            replace(listing(NOTHING, "os", Outcome.STOP), image_digest=NEW),
            (),
            id="a-stop-of-another-image",
        ),
    ],
)
def test_kinds_that_were_listed_are_remembered_of_the_same_image(
    said: Report, kinds: tuple[str, ...]
) -> None:
    assert listed_after(HAD_OS, said) == kinds


@pytest.mark.parametrize(
    ("vtype", "is_believed"), [("all", False), ("os", False), ("non-os", True)]
)
def test_a_list_of_all_kinds_is_doubted_when_any_kind_was_listed(
    vtype: str, is_believed: bool
) -> None:
    empty = listing(NOTHING, vtype)
    assert (believed(empty, HAD_OS, NOON, WORKING) is empty) is is_believed


def test_a_doubted_list_is_a_scan_that_failed_and_no_final_action() -> None:
    doubted = believed(listing(NOTHING), HAD_OS, NOON, WORKING)
    assert (doubted.outcome, doubted.final_action) == (Outcome.NOT_EVALUATED, None)
    assert (doubted.cause, doubted.failed_step) == (
        FailureCause.SCAN_FAILED,
        Step.REFRESH_VULNERABILITIES,
    )
    assert "answered go, which does not count: it lists no vulnerability" in doubted.reason


# --- of each platform

ARM, AMD = digest_of("arm64"), digest_of("amd64")
REQUEST = RescanRequest(TAG, TRIGGER, feeds="today")
GO = {"arm64": "go", "amd64": "go"}


def after(entry: Entry, anchore: Platforms, hours: int) -> Entry:
    said = replace(rescan(anchore, REQUEST), scans=WORKING)
    return after_verdict(entry, said, NOON + hours * HOUR, PACE)[0]


def test_the_second_platform_is_doubted_by_itself_and_keeps_what_it_had() -> None:
    entry, empty = after(FRESH, Platforms(GO), 0), Platforms(GO, empty=frozenset({"amd64"}))
    doubted = after(entry, empty, 1)
    assert (doubted.evaluated_at, doubted.empty_list_at) == (NOON, None)
    assert doubted.refresh is not None
    second = doubted.platforms[AMD]
    assert (second.listed, second.empty_list_at) == (("all",), NOON + HOUR)
    assert second.refresh == Refresh(AMD, "today", NOON)
    agreed = after(doubted, empty, 2)
    assert (agreed.failing, agreed.platforms[AMD].empty_list_at) == (None, None)


def test_an_image_all_of_whose_lists_are_empty_is_doubted() -> None:
    entry = after(FRESH, Platforms(GO), 0)
    doubted = after(entry, Platforms(GO, empty=frozenset(GO)), 1)
    assert (doubted.evaluated_at, doubted.failing is not None) == (NOON, True)


def test_a_platform_that_fails_lists_nothing_and_is_not_doubted() -> None:
    entry = after(FRESH, Platforms(GO), 0)
    failed = after(entry, Platforms({"arm64": "doubt", "amd64": "go"}), 1)
    assert failed.failing is not None
    assert failed.empty_list_at is None
    assert failed.refresh == Refresh(ARM, "today", NOON)


def test_an_entry_keeps_the_facts_of_its_own_digest_when_nothing_is_said_of_it() -> None:
    refresh = Refresh(OLD, "today", NOON)
    entry = replace(HAD_OS, empty_list_at=NOON, refresh=refresh)
    assert with_facts(entry, {}) == entry
