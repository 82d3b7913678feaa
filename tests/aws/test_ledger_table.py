"""The ledger's contract, on the table (moto) and in memory."""

import json
import zlib
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from msgspec.structs import replace

from rescan.aws.ledger_items import LARGEST_MEMORY_BYTES, item_of
from rescan.aws.ledger_table import LedgerTable
from rescan.aws.outbox_table import OutboxTable
from rescan.gate.data_version import DataVersion
from rescan.gate.evaluation import FindingKey
from rescan.gate.inventory import InventoryRecord
from rescan.gate.model import Outcome, Severity
from rescan.gate.report import Scan
from rescan.kernel.errors import LedgerConflict, LedgerUnavailable
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.ledger.announced_findings import AnnouncedFindings, Reported
from rescan.ledger.entry import Entry, UnknownPush
from rescan.ledger.failing import Failing
from rescan.memory.ledger import MemoryLedger
from rescan.memory.outbox import MemoryOutbox
from rescan.notice.summary import Coverage, Unwatched
from rescan.work.ports import EntrySnapshot, Ledger, Outbox, SweepRecord
from tests.support.entries import FRESH, key, stopped
from tests.support.fakes import NOON
from tests.support.outbox_items import OUTBOX_ITEM
from tests.support.running import running

SECOND = timedelta(seconds=1)
FAILING = Failing(NOON, "regate", "HTTP 500", FailureCause.DOWN)


@pytest.fixture(params=["table", "memory"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    if request.param == "memory":
        return MemoryLedger()
    return LedgerTable(request.getfixturevalue("client"), "ledger")


STOPPED = stopped(("CVE-1", Severity.CRITICAL), ("CVE-2", None))
FIRST_DAY = NOON.date() - timedelta(days=3)
REPORTED = {
    key("CVE-1"): Reported(FIRST_DAY, exploited=True, exploited_day=NOON.date()),
    key("CVE-2"): Reported(FIRST_DAY),
}
FULL = replace(
    STOPPED,
    stopping=replace(STOPPED.stopping, reported=REPORTED),
    team="payments",
    failing=FAILING,
    failure_notice_at=NOON,
    sweep=NOON,
    unknown_push=UnknownPush(NOON - SECOND, Digest(f"sha256:{'d' * 64}")),
    held_until=NOON + timedelta(days=9),
    running=replace(running("prod-eu/payments"), digests=(Digest(f"sha256:{'a' * 64}"),)),
)


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(replace(FRESH, version=1, result_at=NOON), id="least"),
        pytest.param(FULL, id="full"),
    ],
)
def test_what_is_written_is_read_back(ledger: Ledger, entry: Entry) -> None:
    ledger.write(entry)
    assert ledger.read(entry.subject) == entry


def test_nothing_is_remembered_at_first(ledger: Ledger) -> None:
    assert ledger.read(FRESH.subject) is None


@pytest.mark.parametrize("versions", [(1, 1), (1, 3), (1, 2, 2)])
def test_a_write_on_another_version_is_a_conflict(
    ledger: Ledger, versions: tuple[int, ...]
) -> None:
    for version in versions[:-1]:
        ledger.write(replace(FRESH, version=version))
    with pytest.raises(LedgerConflict):
        ledger.write(replace(FRESH, version=versions[-1]))


@pytest.mark.parametrize("notices", [0, 1])
def test_a_write_that_met_a_conflict_leaves_neither_entry_nor_notice(
    ledger: Ledger, notices: int
) -> None:
    ledger.write(FULL)
    with pytest.raises(LedgerConflict):
        ledger.write(replace(FULL, verdict=Outcome.GO), [OUTBOX_ITEM] * notices)
    assert ledger.read(FULL.subject) == FULL
    assert _outbox_of(ledger).waiting(10) == []


def _outbox_of(ledger: Ledger) -> Outbox:
    if isinstance(ledger, LedgerTable):
        return OutboxTable(ledger._client, "ledger")  # noqa: SLF001 - the same table
    assert isinstance(ledger, MemoryLedger)
    return MemoryOutbox(ledger)


def test_a_sweep_sees_every_entry_and_nothing_else(ledger: Ledger) -> None:
    go = replace(
        FRESH, subject="other", tag=ImageTag.parse("reg.io/b:1"), version=1, verdict=Outcome.GO
    )
    ledger.write(FULL, [OUTBOX_ITEM])
    ledger.write(go)
    ledger.record_sweep(SweepRecord(NOON, 2))
    ledger.mark_swept("other", NOON + SECOND)
    assert sorted(ledger.snapshots(), key=lambda g: g.tag) == [
        EntrySnapshot(
            FULL.tag,
            stopped=True,
            evaluated_at=NOON,
            sweep=NOON,
            result_at=NOON,
            first_stop_at=NOON,
            failing=FAILING,
            unknown_push_at=NOON - SECOND,
            held_until=NOON + timedelta(days=9),
            subject=FULL.subject,
            team="payments",
            first_days={"critical": FIRST_DAY, "exploited": NOON.date()},
            digest=FULL.digest,
            running=FULL.running,
        ),
        EntrySnapshot(go.tag, False, None, NOON + SECOND, subject="other"),
    ]


@pytest.mark.parametrize("sweep", [None, NOON])
def test_a_write_never_sets_back_the_mark_of_a_sweep_that_came_between(
    ledger: Ledger, sweep: datetime | None
) -> None:
    ledger.write(replace(FULL, sweep=sweep))
    ledger.mark_swept(FULL.subject, NOON + SECOND)
    later = replace(FULL, version=FULL.version + 1, sweep=sweep)
    with pytest.raises(LedgerConflict):
        ledger.write(later)
    marked = replace(later, sweep=NOON + SECOND)
    ledger.write(marked)
    assert ledger.read(FULL.subject) == marked


@pytest.mark.parametrize("seconds", [-1, 0, 1, 1.5])
def test_the_mark_of_a_sweep_never_goes_back(ledger: Ledger, seconds: float) -> None:
    ledger.write(FULL)
    other = NOON + timedelta(seconds=seconds)
    ledger.mark_swept(FULL.subject, other)
    assert [snapshot.sweep for snapshot in ledger.snapshots()] == [max(NOON, other)]


def test_the_last_sweep_is_remembered(ledger: Ledger) -> None:
    assert ledger.last_sweep() is None
    ledger.record_sweep(SweepRecord(NOON, 2))
    before = Coverage(NOON, 2, 2, 1, 1, Unwatched(1, ("a+b",)))
    data = DataVersion("c1", "default 2026-11-20T00:00:00Z", NOON)
    inventory = InventoryRecord("HTTP 403", {"prod-eu/\u202e": NOON})
    unwatched = Unwatched(3, ("<none>", "\u202e"))
    later = SweepRecord(NOON + SECOND, 3, before, unwatched, data, inventory)
    ledger.record_sweep(later)
    assert ledger.last_sweep() == later


def test_when_a_stop_of_the_last_sweep_was_published_is_known_until_the_next(
    ledger: Ledger,
) -> None:
    ledger.note_notice(NOON, NOON)
    assert ledger.last_sweep() is None
    ledger.record_sweep(SweepRecord(NOON, 3))
    ledger.note_notice(NOON, NOON + SECOND)
    ledger.note_notice(NOON - SECOND, NOON + 2 * SECOND)
    assert ledger.last_sweep() == SweepRecord(NOON, 3, noticed_at=NOON + SECOND)
    ledger.record_sweep(SweepRecord(NOON + SECOND, 3))
    assert ledger.last_sweep() == SweepRecord(NOON + SECOND, 3)


def test_the_last_scan_of_each_slot_is_known(ledger: Ledger) -> None:
    assert ledger.scans() == ()
    for slot, at in ((3, NOON), (5, NOON), (3, NOON + SECOND)):
        ledger.note_scan(slot, Scan(at, f"reg.io/{slot}:1"))
    noted = {Scan(NOON + SECOND, "reg.io/3:1"), Scan(NOON, "reg.io/5:1")}
    assert set(ledger.scans()) == noted
    assert list(ledger.snapshots()) == []


# --- the table alone


def test_a_sweep_does_not_begin_while_another_has_just_begun(ledger: Ledger) -> None:
    later = NOON + SECOND
    assert ledger.begin_sweep(NOON, unless_since=NOON - SECOND)
    # As after a lost answer.
    assert ledger.begin_sweep(NOON, unless_since=NOON - SECOND)
    assert not ledger.begin_sweep(later, unless_since=NOON)
    assert ledger.begin_sweep(later, unless_since=NOON + SECOND / 2)
    assert ledger.begin_sweep(later + SECOND)
    assert not ledger.begin_sweep(later + 2 * SECOND, unless_since=later + SECOND)
    assert ledger.last_sweep() is None


def test_a_sweep_of_version_0_1_0_is_read_without_the_one_before_it(client: Any) -> None:
    def sweep(at: str, expected: str) -> dict[str, Any]:
        return {"sweep": {"S": at}, "expected": {"N": expected}}

    before = sweep("2026-11-24T06:00:00+00:00", "2")
    item = {"subject": {"S": "sweep"}, **sweep("2026-11-24T12:00:00+00:00", "3")}
    client.put_item(TableName="ledger", Item=item | {"before": {"M": before}})
    assert LedgerTable(client, "ledger").last_sweep() == SweepRecord(NOON, 3)


def test_a_failure_that_was_stored_without_a_cause_has_another_reason(client: Any) -> None:
    """As it was written before causes were stored: in the snapshot, and in the entry itself."""
    ledger = LedgerTable(client, "ledger")
    item = item_of(FULL)
    del item["failing_cause"]
    memory = json.loads(zlib.decompress(item["memory"]["B"]))
    del memory["entry"]["failing"]["cause"]
    item["memory"] = {"B": zlib.compress(json.dumps(memory).encode())}
    client.put_item(TableName="ledger", Item=item)
    expected = replace(FAILING, cause=FailureCause.OTHER)
    assert [snapshot.failing for snapshot in ledger.snapshots()] == [expected]
    entry = ledger.read(FULL.subject)
    assert entry is not None
    assert entry.failing == expected


def test_a_huge_memory_keeps_the_worst_and_stays_small(client: Any) -> None:
    names = [f"CVE-{n}-{n * 7919 % 1_000_003:x}" for n in range(20_000)]
    known = {
        FindingKey("p", "vulnerabilities", "package", name): Severity(n % 6)
        for n, name in enumerate(names)
    }
    reported = {
        name: Reported(FIRST_DAY + timedelta(days=n % 7), exploited=n % 50 == 0 or None)
        for n, name in enumerate(known)
    }
    entry = replace(FULL, stopping=AnnouncedFindings(known, len(known), reported))
    table = LedgerTable(client, "ledger")
    table.write(entry)
    item = client.get_item(TableName="ledger", Key={"subject": {"S": entry.subject}})["Item"]
    read = table.read(entry.subject)
    assert len(item["memory"]["B"]) <= LARGEST_MEMORY_BYTES
    assert read is not None
    kept = read.stopping
    assert kept.total == 20_000
    assert 1_000 < len(kept.findings) < 20_000
    exploited = {name for name, known_as in reported.items() if known_as.exploited}
    assert exploited <= kept.findings.keys()
    dropped = [severity for name, severity in known.items() if name not in kept.findings]
    others = [known[name] for name in kept.findings if name not in exploited]
    assert min(others) >= max(dropped)
    assert kept.reported == {name: reported[name] for name in kept.findings}


@pytest.mark.parametrize("findings", [0, 1])
def test_an_entry_whose_reason_is_huge_is_written_with_a_short_one(
    client: Any, findings: int
) -> None:
    reason = "".join(f"problem {n * 7919 % 1_000_003:x}; " for n in range(40_000))
    known = {FindingKey("p", "vulnerabilities", "package", "CVE-1"): Severity.HIGH}
    stopping = AnnouncedFindings(known, 1) if findings else AnnouncedFindings()
    entry = replace(FULL, failing=replace(FAILING, reason=reason), stopping=stopping)
    table = LedgerTable(client, "ledger")
    table.write(entry)
    read = table.read(entry.subject)
    assert read is not None
    assert read.failing is not None
    assert read.failing.reason == reason[:997] + "..."
    assert read.stopping == stopping


def test_an_entry_that_cannot_be_cut_is_an_error_that_says_so(client: Any) -> None:
    digest = Digest("".join(f"{n * 7919 % 1_000_003:x}" for n in range(40_000)))
    with pytest.raises(LedgerUnavailable, match=r"takes [\d,]+ bytes without its findings"):
        LedgerTable(client, "ledger").write(replace(FULL, digest=digest))


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        pytest.param(lambda t: t.write(FULL), "put_item", id="write"),
        pytest.param(lambda t: t.mark_swept("s", NOON), "update_item", id="mark"),
    ],
)
def test_a_plain_write_that_meets_a_transaction_is_a_conflict(
    client: Any, call: Any, operation: str
) -> None:
    with Stubber(client) as stub:
        stub.add_client_error(operation, "TransactionConflictException", "under way")
        with pytest.raises(LedgerConflict):
            call(LedgerTable(client, "ledger"))


@pytest.mark.parametrize(
    ("entry", "expires"),
    [
        pytest.param(replace(FULL, verdict=Outcome.GO), True, id="not-stopped"),
        pytest.param(FULL, False, id="stopped"),
    ],
)
def test_only_what_is_not_stopped_expires(client: Any, entry: Entry, expires: bool) -> None:
    LedgerTable(client, "ledger").write(entry)
    item = client.get_item(TableName="ledger", Key={"subject": {"S": entry.subject}})["Item"]
    expected = int((NOON + timedelta(days=90)).timestamp())
    assert ("expires_at" in item, int(item.get("expires_at", {"N": expected})["N"])) == (
        expires,
        expected,
    )


def test_an_entry_that_only_a_sweep_marked_is_written_over(client: Any) -> None:
    table = LedgerTable(client, "ledger")
    table.mark_swept(FRESH.subject, NOON)
    assert table.read(FRESH.subject) is None
    table.write(replace(FRESH, version=1))
    assert table.read(FRESH.subject) == replace(FRESH, version=1)


def test_a_scan_of_many_pages_is_followed_to_its_end(client: Any) -> None:
    def page(tag: str, **more: Any) -> dict[str, Any]:
        item = {"subject": {"S": tag}, "tag": {"S": tag}, "stopped": {"BOOL": False}}
        return {"Items": [item], **more}

    last = {"subject": {"S": "s1"}}
    with Stubber(client) as stub:
        stub.add_response("scan", page("reg.io/a:1", LastEvaluatedKey=last))
        stub.add_response("scan", page("reg.io/b:1"))
        tags = [str(snapshot.tag) for snapshot in LedgerTable(client, "ledger").snapshots()]
    assert tags == ["reg.io/a:1", "reg.io/b:1"]


class Segmented:
    """A table of so many segments with so many pages each, one entry a page.

    What is asked for behind so many answers is throttled.
    """

    def __init__(self, pages: int, throttled_after: int | None = None) -> None:
        self.asked: list[tuple[int, int]] = []
        self._pages = pages
        self._throttled_after = throttled_after

    def scan(self, **asked: Any) -> dict[str, Any]:
        segment, start = asked["Segment"], asked.get("ExclusiveStartKey")
        number = int(start["subject"]["S"]) + 1 if start else 0
        if self._throttled_after is not None and len(self.asked) >= self._throttled_after:
            error: Any = {"Error": {"Code": "ThrottlingException"}}
            raise ClientError(error, "Scan")
        self.asked.append((segment, number))
        tag = {"S": f"reg.io/a{segment}-{number}:1"}
        last = {"subject": {"S": str(number)}}
        more = {"LastEvaluatedKey": last} if number + 1 < self._pages else {}
        return {"Items": [{"subject": tag, "tag": tag, "stopped": {"BOOL": False}}], **more}


def test_segments_are_each_followed_to_their_end_and_every_entry_comes_once() -> None:
    client: Any = Segmented(pages=3)
    found = [str(one.tag) for one in LedgerTable(client, "t").snapshots(side_by_side=True)]
    assert sorted(client.asked) == [(segment, page) for segment in range(4) for page in range(3)]
    assert sorted(found) == [
        f"reg.io/a{segment}-{page}:1" for segment, page in sorted(client.asked)
    ]


@pytest.mark.parametrize("after", [0, 3, 7, 11])
def test_a_segment_that_is_throttled_on_its_way_fails_the_whole_scan(after: int) -> None:
    client: Any = Segmented(pages=3, throttled_after=after)
    with pytest.raises(LedgerUnavailable, match="ThrottlingException"):
        list(LedgerTable(client, "t").snapshots(side_by_side=True))


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        pytest.param(lambda t: t.read("s"), "get_item", id="read"),
        pytest.param(lambda t: t.write(FULL), "put_item", id="write"),
        pytest.param(
            lambda t: t.write(FULL, [OUTBOX_ITEM]), "transact_write_items", id="write-with-news"
        ),
        pytest.param(lambda t: t.add([OUTBOX_ITEM]), "put_item", id="add"),
        pytest.param(lambda t: t.mark_swept("s", NOON), "update_item", id="mark"),
        pytest.param(lambda t: list(t.snapshots()), "scan", id="scan"),
        pytest.param(lambda t: t.last_sweep(), "get_item", id="last-sweep"),
        pytest.param(lambda t: t.begin_sweep(NOON), "update_item", id="begin-sweep"),
        pytest.param(lambda t: t.record_sweep(SweepRecord(NOON, 1)), "put_item", id="record"),
        pytest.param(lambda t: t.note_notice(NOON, NOON), "update_item", id="notice"),
        pytest.param(lambda t: t.note_scan(1, Scan(NOON, "a")), "update_item", id="scan-noted"),
        pytest.param(lambda t: t.scans(), "get_item", id="scans"),
    ],
)
def test_what_dynamodb_refuses_is_one_error_that_names_the_table(
    client: Any, call: Any, operation: str
) -> None:
    with Stubber(client) as stub:
        stub.add_client_error(operation, "ProvisionedThroughputExceededException", "too fast")
        with pytest.raises(LedgerUnavailable, match=r"ledger failed at .*ThroughputExceeded"):
            call(LedgerTable(client, "ledger"))


def test_no_answer_is_the_same_error() -> None:
    unreachable = boto3.client(
        "dynamodb",
        region_name="eu-central-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(LedgerUnavailable, match="no answer"):
        LedgerTable(unreachable, "ledger").read("s")
