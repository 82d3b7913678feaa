"""The ledger's contract, on the table (moto) and on the fake that other tests use."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws
from msgspec.structs import replace

from rescan.aws.ledger_items import LARGEST_MEMORY_BYTES
from rescan.aws.ledger_table import LedgerTable
from rescan.errors import LedgerConflict, LedgerUnavailable
from rescan.image_tag import ImageTag
from rescan.memory import KnownFindings
from rescan.model import FindingKey, Outcome, Severity
from rescan.news import Failing
from rescan.notice.notice import Notice
from rescan.ports import Glance, Ledger, Page, SweepRecord
from tests.queue.fakes import NOON, FakeLedger
from tests.queue.test_memory import FRESH, stopped

NOTICE = Notice("STOP: 1 finding", "body", {"event_type": "STOP", "result": "{}"})
SECOND = timedelta(seconds=1)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        client.create_table(
            TableName="ledger",
            KeySchema=[{"AttributeName": "subject", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "subject", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


@pytest.fixture(params=["table", "fake"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    if request.param == "fake":
        return FakeLedger()
    return LedgerTable(request.getfixturevalue("client"), "ledger")


FULL = replace(
    stopped(("CVE-1", Severity.CRITICAL), ("CVE-2", None)),
    failing=Failing(NOON, "regate", "HTTP 500"),
    failing_said_at=NOON,
    sweep=NOON,
)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(Page(replace(FRESH, version=1, result_at=NOON)), id="least"),
        pytest.param(Page(FULL), id="full"),
        pytest.param(Page(FULL, (NOTICE, NOTICE)), id="with-notices"),
    ],
)
def test_what_is_written_is_read_back(ledger: Ledger, page: Page) -> None:
    ledger.write(page)
    assert ledger.read(page.entry.subject) == page


def test_nothing_is_remembered_at_first(ledger: Ledger) -> None:
    assert ledger.read(FRESH.subject) is None


@pytest.mark.parametrize("versions", [(1, 1), (1, 3), (1, 2, 2)])
def test_a_write_on_another_version_is_a_conflict(
    ledger: Ledger, versions: tuple[int, ...]
) -> None:
    for version in versions[:-1]:
        ledger.write(Page(replace(FRESH, version=version)))
    with pytest.raises(LedgerConflict):
        ledger.write(Page(replace(FRESH, version=versions[-1])))


def test_the_outbox_is_cleared_and_the_entry_stays(ledger: Ledger) -> None:
    ledger.write(Page(FULL, (NOTICE,)))
    ledger.clear_outbox(FULL)
    assert ledger.read(FULL.subject) == Page(FULL)
    assert [glance.unsaid for glance in ledger.glances()] == [False]


def test_an_outbox_that_was_written_meanwhile_is_not_cleared(ledger: Ledger) -> None:
    ledger.write(Page(FULL, (NOTICE,)))
    newer = Page(replace(FULL, version=2), (NOTICE, NOTICE))
    ledger.write(newer)
    ledger.clear_outbox(FULL)
    assert ledger.read(FULL.subject) == newer


def test_a_sweep_sees_every_entry_and_nothing_else(ledger: Ledger) -> None:
    go = replace(
        FRESH, subject="other", tag=ImageTag.parse("reg.io/b:1"), version=1, verdict=Outcome.GO
    )
    ledger.write(Page(FULL, (NOTICE,)))
    ledger.write(Page(go))
    ledger.record_sweep(SweepRecord(NOON, 2))
    ledger.claim_slot(NOON, SECOND)
    ledger.mark_swept("other", NOON + SECOND)
    assert sorted(ledger.glances(), key=lambda g: g.tag) == [
        Glance(FULL.tag, True, True, NOON, NOON),
        Glance(go.tag, False, False, None, NOON + SECOND),
    ]


@pytest.mark.parametrize("seconds", [-1, 0, 1, 1.5])
def test_the_mark_of_a_sweep_never_goes_back(ledger: Ledger, seconds: float) -> None:
    ledger.write(Page(FULL))
    other = NOON + timedelta(seconds=seconds)
    ledger.mark_swept(FULL.subject, other)
    assert [glance.sweep for glance in ledger.glances()] == [max(NOON, other)]


def test_the_last_sweep_is_remembered(ledger: Ledger) -> None:
    assert ledger.last_sweep() is None
    ledger.record_sweep(SweepRecord(NOON, 2))
    ledger.record_sweep(SweepRecord(NOON + SECOND, 3))
    assert ledger.last_sweep() == SweepRecord(NOON + SECOND, 3)


# --- the pace


def test_slots_are_four_a_second_and_given_once(ledger: Ledger) -> None:
    slots = [ledger.claim_slot(NOON, 2 * SECOND) for _ in range(10)]
    assert slots[:8] == [NOON + n * SECOND / 4 for n in range(8)]
    assert slots[9] is None


def test_a_quiet_time_gives_no_credit(ledger: Ledger) -> None:
    ledger.claim_slot(NOON, SECOND)
    later = NOON + timedelta(hours=1)
    slots = [ledger.claim_slot(later, SECOND) for _ in range(3)]
    assert slots == [later + n * SECOND / 4 for n in range(3)]


def test_a_slot_is_never_in_the_past(ledger: Ledger) -> None:
    now = NOON + timedelta(milliseconds=130)
    slot = ledger.claim_slot(now, SECOND)
    assert slot is not None
    assert now <= slot <= now + SECOND / 4


# --- the table alone


def test_a_huge_memory_keeps_the_worst_and_stays_small(client: Any) -> None:
    names = [f"CVE-{n}-{n * 7919 % 1_000_003:x}" for n in range(20_000)]
    known = {
        FindingKey("p", "vulnerabilities", "package", name): Severity(n % 6)
        for n, name in enumerate(names)
    }
    entry = replace(FULL, stopping=KnownFindings(known, len(known)))
    table = LedgerTable(client, "ledger")
    table.write(Page(entry))
    item = client.get_item(TableName="ledger", Key={"subject": {"S": entry.subject}})["Item"]
    page = table.read(entry.subject)
    assert len(item["memory"]["B"]) <= LARGEST_MEMORY_BYTES
    assert page is not None
    kept = page.entry.stopping
    assert kept.total == 20_000
    assert 1_000 < len(kept.findings) < 20_000
    dropped = [severity for key, severity in known.items() if key not in kept.findings]
    assert min(s for s in kept.findings.values() if s is not None) >= max(dropped)


@pytest.mark.parametrize(
    ("page", "expires"),
    [
        pytest.param(Page(replace(FULL, verdict=Outcome.GO)), True, id="not-stopped"),
        pytest.param(Page(FULL), False, id="stopped"),
        pytest.param(Page(FULL, (NOTICE,)), False, id="stopped-and-unsaid"),
    ],
)
def test_only_what_is_not_stopped_expires(client: Any, page: Page, expires: bool) -> None:
    LedgerTable(client, "ledger").write(page)
    item = client.get_item(TableName="ledger", Key={"subject": {"S": page.entry.subject}})["Item"]
    expected = int((NOON + timedelta(days=90)).timestamp())
    assert ("expires_at" in item, int(item.get("expires_at", {"N": expected})["N"])) == (
        expires,
        expected,
    )


def test_an_entry_that_only_a_sweep_marked_is_written_over(client: Any) -> None:
    table = LedgerTable(client, "ledger")
    table.mark_swept(FRESH.subject, NOON)
    assert table.read(FRESH.subject) is None
    table.write(Page(replace(FRESH, version=1)))
    assert table.read(FRESH.subject) == Page(replace(FRESH, version=1))


def test_a_scan_of_many_pages_is_followed_to_its_end(client: Any) -> None:
    def page(tag: str, **more: Any) -> dict[str, Any]:
        return {"Items": [{"tag": {"S": tag}, "stopped": {"BOOL": False}}], **more}

    last = {"subject": {"S": "s1"}}
    with Stubber(client) as stub:
        stub.add_response("scan", page("reg.io/a:1", LastEvaluatedKey=last))
        stub.add_response("scan", page("reg.io/b:1"))
        tags = [str(glance.tag) for glance in LedgerTable(client, "ledger").glances()]
    assert tags == ["reg.io/a:1", "reg.io/b:1"]


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        pytest.param(lambda t: t.read("s"), "get_item", id="read"),
        pytest.param(lambda t: t.write(Page(FULL)), "put_item", id="write"),
        pytest.param(lambda t: t.clear_outbox(FULL), "update_item", id="clear"),
        pytest.param(lambda t: t.mark_swept("s", NOON), "update_item", id="mark"),
        pytest.param(lambda t: list(t.glances()), "scan", id="scan"),
        pytest.param(lambda t: t.last_sweep(), "get_item", id="last-sweep"),
        pytest.param(lambda t: t.record_sweep(SweepRecord(NOON, 1)), "put_item", id="record"),
        pytest.param(lambda t: t.claim_slot(NOON, SECOND), "update_item", id="slot"),
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
