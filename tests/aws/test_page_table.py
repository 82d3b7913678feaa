"""The contract of a sweep's pages, on the table (moto) and in memory."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from rescan.aws.ledger_table import LedgerTable
from rescan.aws.page_table import LARGEST_PART_BYTES, PageTable
from rescan.gate.inventory import Inventory, InventoryRecord, RunningImage
from rescan.gate.model import Outcome, Trigger, TriggerKind
from rescan.kernel.errors import LedgerUnavailable
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.tag_pages import Boundary
from rescan.memory.ledger import MemoryLedger
from rescan.notice.summary import Coverage, Unwatched
from rescan.work.coverage import Counted
from rescan.work.page_ports import Page, SweepPages, SweepPlan
from rescan.work.ports import EntrySnapshot, Ledger, SweepRecord
from tests.support.entries import FRESH
from tests.support.fakes import NOON
from tests.support.memory_pages import MemoryPages
from tests.support.running import places, running

CONTEXTS = InventoryRecord(None, {"prod": NOON})
RECORD = SweepRecord(NOON, 20_000, inventory=CONTEXTS, enqueuing=True, by_pages=True)
TRIGGER = Trigger(TriggerKind.SCHEDULE, NOON)
PLAN = SweepPlan(record=RECORD, trigger=TRIGGER, measured=SweepRecord(NOON, 3), feeds="f")
DIGEST = Digest("sha256:" + "a" * 64)
COUNTED = Counted(3, 2, 1, NOON, NOON - timedelta(hours=9))
STOPPED = replace(
    FRESH,
    subject="own|reg.io/a:1|active",
    tag=ImageTag("reg.io", "a", "1"),
    version=1,
    verdict=Outcome.STOP,
    evaluated_at=NOON,
    first_stop_at=NOON,
    running=running("prod"),
)
PAGE = Page(
    next="tags",
    number=4,
    after=Boundary(499, ("reg.io/a:1", "reg.io/b:1"), "reg.io/b:1", 500),
    counted=COUNTED,
    unwatched=Unwatched(1, ("no tag",)),
    enqueued=b"\x00\xff345678" * 9,
    listed=b"12345678",
    old=(EntrySnapshot.of(replace(STOPPED, old_digest=DIGEST)),),
    lost=(RunningImage("reg.io/a:1", DIGEST, places("prod"), 1),),
)


@pytest.fixture(params=["table", "memory"])
def both(request: pytest.FixtureRequest) -> tuple[SweepPages, Ledger]:
    if request.param == "memory":
        ledger = MemoryLedger()
        return MemoryPages(ledger), ledger
    client = request.getfixturevalue("client")
    return PageTable(client, "ledger"), LedgerTable(client, "ledger")


@pytest.fixture
def pages(both: tuple[SweepPages, Ledger]) -> SweepPages:
    return both[0]


def test_a_plan_is_read_as_it_was_kept(pages: SweepPages) -> None:
    assert pages.plan(NOON) is None
    pages.keep_plan(PLAN)
    assert pages.plan(NOON) == PLAN


def test_a_page_belongs_to_the_message_that_claims_it_first(pages: SweepPages) -> None:
    assert pages.claim(NOON, 3, "one") == (True, None, None)
    assert not pages.claim(NOON, 3, "another").is_held
    assert pages.claim(NOON, 3, "one").is_held
    assert pages.claim(NOON, 4, "another").is_held
    assert pages.claim(NOON + timedelta(hours=1), 3, "another").is_held


def test_what_was_kept_first_stays_and_who_holds_the_page_sees_it(pages: SweepPages) -> None:
    pages.claim(NOON, 3, "one")
    assert pages.count(NOON, 3, COUNTED) == COUNTED
    assert pages.count(NOON, 3, Counted()) == COUNTED
    assert pages.keep(NOON, 3, PAGE) == PAGE
    assert pages.keep(NOON, 3, replace(PAGE, next="rest")) == PAGE
    assert pages.claim(NOON, 3, "one") == (True, COUNTED, PAGE)


def test_pages_that_are_only_claimed_or_missing_are_left_out(pages: SweepPages) -> None:
    pages.claim(NOON, 1, "one")
    numbers = range(120)
    for number in numbers[2:]:
        pages.keep(NOON, number, replace(PAGE, number=number))
    assert {page.number for page in pages.read(NOON, numbers)} == set(numbers[2:])


def test_entries_come_in_parts_each_once(both: tuple[SweepPages, Ledger]) -> None:
    pages, ledger = both
    for number in range(5):
        ledger.write(replace(STOPPED, subject=f"own|{number}"))
    pages.keep_plan(PLAN)
    found: list[EntrySnapshot] = []
    after: str | None = None
    while True:
        some, after = pages.entries(after, 2)
        found += some
        if after is None:
            break
    assert sorted(one.subject for one in found) == [f"own|{number}" for number in range(5)]


def test_a_record_is_amended_until_another_sweep_has_one(both: tuple[SweepPages, Ledger]) -> None:
    pages, ledger = both
    ledger.record_sweep(RECORD)
    ledger.note_notice(NOON, NOON + timedelta(minutes=5))
    before = Coverage(NOON - timedelta(hours=6), 5, 4, 3, 1, Unwatched(), enqueuing=True)
    measured = replace(RECORD, before=before)
    pages.amend(measured)
    noticed = {"noticed_at": NOON + timedelta(minutes=5)}
    assert ledger.last_sweep() == replace(measured, **noticed)
    ended = replace(measured, expected=19_876, unwatched=Unwatched(1, ("x",)), enqueuing=False)
    pages.amend(ended)
    pages.amend(measured)
    assert ledger.last_sweep() == replace(ended, **noticed)
    later = SweepRecord(NOON + timedelta(hours=1), 7)
    ledger.record_sweep(later)
    pages.amend(ended)
    assert ledger.last_sweep() == later


def test_a_plan_that_is_larger_than_an_item_is_written_in_parts(client: Any) -> None:
    images = tuple(
        RunningImage(f"reg.io/{n:x}:1", Digest(f"sha256:{hash((n, 'x')) % 2**256:064x}"), (), 1)
        for n in range(40_000)
    )
    plan = replace(PLAN, inventory=Inventory(images, {"prod": NOON}))
    table = PageTable(client, "ledger")
    table.keep_plan(plan)
    parts = client.scan(TableName="ledger")["Items"]
    sizes = [len(item["part"]["B"]) for item in parts]
    assert len(sizes) > 1
    assert max(sizes) == LARGEST_PART_BYTES
    assert table.plan(NOON) == plan


def test_what_is_kept_goes_away_by_itself(client: Any) -> None:
    table = PageTable(client, "ledger")
    table.keep_plan(PLAN)
    table.claim(NOON, 1, "one")
    table.keep(NOON, 2, PAGE)
    end = NOON + timedelta(days=18)
    items = client.scan(TableName="ledger")["Items"]
    assert {item["expires_at"]["N"] for item in items} == {str(int(end.timestamp()))}


def test_a_table_that_is_gone_is_a_ledger_that_is_down(client: Any) -> None:
    with pytest.raises(LedgerUnavailable, match="nowhere"):
        PageTable(client, "nowhere").claim(NOON, 1, "one")
